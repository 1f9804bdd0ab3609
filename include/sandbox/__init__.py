"""The sandbox company: a retailer with a known population, whose channel systems answer on loopback.

`python -m include.sandbox start|stop|status|advance`, or these functions.
"""

from include.sandbox.lifecycle import Status, advance, clear_faults, set_fault, start, status, stop
from include.sandbox.parameters import SandboxError

__all__ = ["SandboxError", "Status", "advance", "clear_faults", "set_fault", "start", "status", "stop"]
