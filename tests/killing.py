"""Kill whole nights at a random moment, and hold what comes of them against an undisturbed one."""

import contextlib
import os
import random
import signal
import sqlite3
import time
from datetime import datetime, timedelta

import psutil

from include.sandbox.adplatform import members
from include.settings import Settings
from tests.night import House

ORDERS = ("child first", "parent first", "all at once")
YESTERDAY = str(datetime.now(Settings().zone).date() - timedelta(days=1))
SYNC = "lapsed_buyers_to_meta_ads"


def processes(house: House) -> list[psutil.Process]:
    """Every process of an installation, parents first: services, tasks, dbt, sandbox, its database."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and _is_of(process, str(house.var)):
                found |= {p.pid: p for p in [process, *process.children(recursive=True)]}
    return sorted(found.values(), key=_depth)


def kill(house: House, order: str, chance: random.Random) -> int:
    """SIGKILL them all, in an order; how many there were.

    One after another leaves the survivors a moment to take note; all at once stops them first.
    """
    doomed = processes(house)
    if order == "child first":
        doomed.reverse()
    if order == "all at once":
        for process in doomed:
            _send(process, signal.SIGSTOP)
    for process in doomed:
        _send(process, signal.SIGKILL)
        if order != "all at once":
            time.sleep(chance.uniform(0, 0.2))
    while late := processes(house):  # started by a survivor meanwhile
        for process in late:
            _send(process, signal.SIGKILL)
        psutil.wait_procs(late, timeout=5)
    return len(doomed)


def assert_as_undisturbed(house: House, undisturbed: House, day: str = YESTERDAY) -> None:
    """Equal files and audiences; nothing left twice, by the receivers' logs; what is missing is unknown."""
    assert house.version() == undisturbed.version()
    assert house.published() == undisturbed.published()
    sent = [m["message_id"] for m in house.received("smtp")]
    expected = {m["message_id"] for m in undisturbed.received("smtp")}
    files = [f["path"] for f in house.received("sftp")]
    assert len(sent) == len(set(sent)), "an e-mail left twice"
    assert set(sent) <= expected
    with contextlib.closing(sqlite3.connect(house.var / "ledger.sqlite")) as db:
        states = dict(db.execute("select state, count(*) from messages group by state"))
    assert len(expected) - len(sent) <= states.get("unknown", 0), states
    assert "claimed" not in states, states
    assert sorted(files) == sorted(f["path"] for f in undisturbed.received("sftp"))
    held = {name.var: set(members(name.var / "sandbox", SYNC)) for name in (house, undisturbed)}
    assert held[house.var] == held[undisturbed.var]
    assert house.summary(day)["customers"] == undisturbed.summary(day)["customers"]


def _is_of(process: psutil.Process, var: str) -> bool:
    if process.status() == psutil.STATUS_ZOMBIE:
        return False
    return process.environ().get("OMNI_VAR") == var or any(var in word for word in process.cmdline())


def _depth(process: psutil.Process) -> int:
    try:
        return len(process.parents())
    except psutil.Error:
        return 0


def _send(process: psutil.Process, sign: int) -> None:
    with contextlib.suppress(psutil.Error):
        process.send_signal(sign)
