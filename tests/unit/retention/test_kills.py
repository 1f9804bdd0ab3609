"""Pruning killed at each of its steps, twice, and begun again: in the end as if nothing had happened."""

import hashlib
import os
import re
import shutil
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest

from include import durable
from include.ledger.states import CLAIMED, CONFIRMED
from include.retention.declaration import Retention
from include.retention.prune import prune
from include.settings import ROOT, Settings
from include.sources.land import land_stream
from tests.fixtures.mortal import KILLED, run
from tests.unit.lake.landing import DAY
from tests.unit.report.house import Ledger
from tests.unit.sources.api import running
from tests.unit.sources.rows import order

LATER = DAY + timedelta(days=40)
DECLARED = {
    "lake": {"shop/orders": {"days": 30}},
    **{"quarantine": 30, "run_log": 30, "reports": 30, "task_logs": 30, "ledger_details": 30},
}
POINTS = sorted(
    {
        name
        for place in ("include/retention", "include/ledger")
        for file in (ROOT / place).glob("*.py")
        for name in re.findall(r'failpoint[(,] ?"(prune\.\w+)"', file.read_text())
    }
)


def prune_dying(var: Path, business_date: date, failpoint: str) -> None:
    os.environ.update(OMNI_VAR=str(var), OMNI_FAILPOINT=failpoint, OMNI_FAILPOINT_TIMES="2")
    declared = Retention.model_validate(DECLARED)
    for kind in declared.kinds:
        prune(Settings(var=var), kind, business_date, declared=declared)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two old nights and a new one, with all that they leave."""
    settings = Settings(var=tmp_path_factory.mktemp("nights") / "var")
    with running() as api:
        api.rows["orders"] = []
        for n, day in enumerate((DAY, DAY + timedelta(days=1), LATER)):
            at = f"{day}T12:00:00+00:00"
            api.rows["orders"] += [order(n * 100 + m, at=at) for m in range(60)] + [
                order(n, at=at, status="?")
            ]
            land_stream("shop", "orders", day, api.connection(), settings)
            durable.write_text(settings.reports / str(day) / "index.html", "page")
            log = settings.var / "logs/airflow/dag_id=a" / f"run_id=scheduled__{day}" / "attempt=1.log"
            durable.write_text(log, "line")
            os.utime(log, (0, 0))
    ledger = Ledger(settings)
    ledger.message("sent", DAY, (DAY, CLAIMED, None), (DAY, CONFIRMED, None))
    ledger.engine.dispose()
    return settings.var


@pytest.fixture(scope="module")
def undisturbed(nights: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    var = tmp_path_factory.mktemp("undisturbed") / "var"
    shutil.copytree(nights, var, copy_function=shutil.copy2)
    before = found(var)
    assert run(prune_dying, var, LATER, "") == 0
    after = found(var)
    # of each old day: quarantine 1, run log 3, report 1, log 1; of the ledger one row
    assert len(before) - len(after) == 2 * 6 + 1
    landed = [name for name in after if name.startswith("lake/")]
    assert sum(before[name] != after[name] for name in landed) == 4
    return after


def found(var: Path) -> dict[str, str]:
    """Every file but what a drill, an index or a lock leaves, and the ledger's rows."""
    files = {
        str(file.relative_to(var)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in var.rglob("*")
        if file.is_file() and file.relative_to(var).parts[0] not in {"failpoints", "index", "locks"}
        and "ledger.sqlite" not in file.name and not file.name.startswith("prune.")
    }  # fmt: skip
    with sqlite3.connect(var / "ledger.sqlite") as db:
        rows = db.execute("select to_state from message_transitions order by transition_id").fetchall()
    db.close()
    return files | {f"step {n}": state for n, (state,) in enumerate(rows)}


@pytest.mark.parametrize("failpoint", POINTS)
def test_killed_twice_anywhere_it_ends_as_if_nothing_had_happened(failpoint, nights, undisturbed, tmp_path):
    shutil.copytree(nights, tmp_path / "var", copy_function=shutil.copy2)
    codes = [run(prune_dying, tmp_path / "var", LATER, failpoint) for _ in range(3)]
    assert codes == [KILLED, KILLED, 0]
    assert found(tmp_path / "var") == undisturbed


def test_every_step_is_drilled():
    assert len(POINTS) == 8
