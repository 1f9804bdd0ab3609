"""Ending a process that need not be our child, and knowing when it has ended."""

import signal
import time

import psutil


def runs(process: psutil.Process) -> bool:
    """Whether it is still at work; one that has ended but was not collected yet is not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def end(process: psutil.Process, number: signal.Signals, patience: float) -> None:
    """Send `number` and wait; what has not ended after `patience` seconds is killed."""
    for asked, seconds in ((number, patience), (signal.SIGKILL, 5.0)):
        if runs(process):
            try:
                process.send_signal(asked)
            except psutil.NoSuchProcess:
                return
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if not runs(process):
                return
            time.sleep(0.02)
