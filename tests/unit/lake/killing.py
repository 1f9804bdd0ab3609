"""Landing, to be killed in a process of its own."""

import io
import os
import resource
import signal
import sys
from datetime import date
from pathlib import Path
from typing import Any


def land_orders(var: Path, port: int, d: date, failpoint: str) -> None:
    """Land the shop's orders in this process, killed twice at `failpoint`."""
    from include.settings import Settings
    from include.sources.land import land_stream
    from tests.unit.sources.api import Api

    _arm(var, failpoint)
    land_stream("shop", "orders", d, Api(port=port).connection(), Settings(var=var))


def land_orders_on_a_full_disk(var: Path, port: int, d: date, size: int) -> None:
    """Land the shop's orders where no file may grow beyond `size` bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    sys.stderr = io.StringIO()
    land_orders(var, port, d, "")


def replay(var: Path, rows: list[dict[str, Any]], d: date, failpoint: str) -> None:
    """Replay repaired orders in this process, killed twice at `failpoint`."""
    from include.lake.replay import replay as bring_back
    from include.settings import Settings

    _arm(var, failpoint)
    bring_back(Settings(var=var), "shop", "orders", d, rows)


def _arm(var: Path, failpoint: str) -> None:
    os.environ.update(OMNI_VAR=str(var), OMNI_FAILPOINT=failpoint, OMNI_FAILPOINT_TIMES="2")
