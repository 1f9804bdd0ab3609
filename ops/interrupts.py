"""Ctrl-C, SIGTERM and a closed terminal: what they end, and what they must not break halfway."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_as_interrupted() -> None:
    """Let SIGTERM and a closed terminal end this command as Ctrl-C does: what it started is stopped."""
    for sign in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(sign) is not signal.SIG_IGN:  # as under nohup
            signal.signal(sign, _interrupt)


@contextmanager
def patience() -> Iterator[None]:
    """Be deaf to further interrupts meanwhile; a closing terminal sends SIGHUP more than once."""
    handlers = {sign: signal.signal(sign, signal.SIG_IGN) for sign in INTERRUPTS}
    try:
        yield
    finally:
        for sign, handler in handlers.items():
            signal.signal(sign, handler)


@contextmanager
def undivided() -> Iterator[None]:
    """Let an interrupt wait until what was begun is done; then it does what it would have done.

    Handlers and no signal mask: a process started meanwhile would inherit the mask, and another thread of
    ours would take the signal in spite of it.
    """
    came: list[int] = []
    heard = [sign for sign in INTERRUPTS if signal.getsignal(sign) is not signal.SIG_IGN]
    handlers = {sign: signal.signal(sign, lambda number, _: came.append(number)) for sign in heard}
    try:
        yield
    finally:
        for sign, handler in handlers.items():
            signal.signal(sign, handler)
    if came:
        signal.raise_signal(came[0])


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
