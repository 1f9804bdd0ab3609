"""`make up` and `make down`: the same services and sandbox as a night's, kept running."""

import argparse
import sys

from include import sandbox, settings
from ops import bring_up, services


def main(arguments: list[str] | None = None) -> int:
    """Start or stop; 0 when all is healthy or stopped, 2 when a service did not come up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("--port", type=int, default=8080)
    asked = parser.parse_args(arguments)
    house = bring_up.sandbox_settings(settings.load().var)
    if asked.what == "down":
        was_up = services.running(house)
        bring_up.take_down(house)
        print(f"Airflow at {was_up.url} and the sandbox are stopped" if was_up else "nothing is left running")
        return 0
    bring_up.end_as_interrupted()
    try:
        up = services.running(house) or bring_up.bring_up(house, bring_up.WorldChoice(), asked.port)
    except KeyboardInterrupt:
        return 130
    except (services.StartFailed, sandbox.SandboxError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Airflow is up at {up.url}\n  user admin, password {up.password}\n  stop it with: make down")
    return 0


if __name__ == "__main__":
    sys.exit(main())
