"""Named places at which a drill kills the process, to show that a crash there loses nothing.

Off unless `OMNI_FAILPOINT` names one, or several: `OMNI_FAILPOINT=landing.before_commit,audit.before_write`.
The process dies by SIGKILL the first `OMNI_FAILPOINT_TIMES` times (default 1) at each, counted in a file
under `OMNI_VAR/failpoints/` because a killed process remembers nothing.
"""

import os
import signal

from include import settings


def failpoint(name: str) -> None:
    """Die here if a drill asks for it; otherwise do nothing."""
    if name not in os.environ.get("OMNI_FAILPOINT", "").split(","):
        return
    counter = settings.load().var / "failpoints" / name
    counter.parent.mkdir(parents=True, exist_ok=True)
    died = int(counter.read_text()) if counter.exists() else 0
    if died >= int(os.environ.get("OMNI_FAILPOINT_TIMES", "1")):
        return
    counter.write_text(str(died + 1))
    os.kill(os.getpid(), signal.SIGKILL)
