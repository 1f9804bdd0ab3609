"""`make airflow`: Airflow's own command line, told where the local installation is."""

import os
import sys

from include import settings
from include.settings import ROOT
from ops import bring_up, services
from ops.installation import environment


def main(arguments: list[str]) -> int:
    """Become `airflow <arguments>`; 2 if nothing is up."""
    house = bring_up.sandbox_settings(settings.load_for_command().var)
    up = services.running(house)
    if up is None:
        print("Airflow is not up; start it with: make up", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    command = [sys.executable, "-m", "airflow", *arguments]
    os.execve(sys.executable, command, environment(house, up.port))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
