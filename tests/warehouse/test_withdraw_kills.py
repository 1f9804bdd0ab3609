"""A withdrawal killed by SIGKILL at every failpoint, twice, then finished: as if nothing had happened."""

import json
import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from include.ledger import withdrawn
from include.ledger.engine import open_ledger, writing
from include.ledger.models import AudiencePlan, Message
from include.settings import Settings
from include.warehouse import published, versions
from include.warehouse import withdraw as withdraw_module
from include.warehouse.candidate import candidate_file, variables_file
from include.warehouse.publish import publish
from include.warehouse.withdraw import withdraw
from tests.fixtures.mortal import run
from tests.fixtures.published import decision, point
from tests.warehouse.made_candidate import DAY, MARTS, NEXT_DAY, build_candidate, files_of

FAILPOINTS = [
    "withdraw.before_candidate",
    "withdraw.after_candidate",
    *(
        f"withdraw.{file}.{step}"
        for file in ("begin", "current", "complete")
        for step in ("before_write", "before_rename", "after_rename")
    ),
    "withdraw.before_commit",
    "withdraw.after_commit",
]


def _withdraw_dying(var, version, failpoint):
    os.environ |= {"OMNI_VAR": var, "OMNI_FAILPOINT": failpoint, "OMNI_FAILPOINT_TIMES": "2"}
    withdraw(Settings(clock="sandbox"), version)


def _enter(settings):
    """An audience's plan and a planned message of the night that is withdrawn."""
    row = decision(point("ana", "ana@example.com"), NEXT_DAY)
    planned = {k: v for k, v in row.items() if k not in ("importance", "decision", "reason")}
    engine = open_ledger(settings)
    with writing(engine) as db:
        db.execute(insert(AudiencePlan).values(sync="s", business_date=NEXT_DAY, members=1, held_back={}))
        db.execute(
            insert(Message).values(**planned, address_hash="h", message_id="m", state="planned", attempts=0)
        )
    engine.dispose()


def _left(settings):
    """All that a withdrawal leaves, on disk and in the ledger."""
    engine = open_ledger(settings)
    with engine.connect() as db:
        plans = db.execute(select(AudiencePlan.sync, AudiencePlan.withdrawn_at)).all()
        messages = db.execute(select(Message.state, Message.reason)).all()
    engine.dispose()
    return files_of(settings), versions.withdrawn(settings), plans, messages


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory):
    """Two nights published, the second with plans in the ledger."""
    settings = Settings(var=tmp_path_factory.mktemp("two_nights"), clock="sandbox")
    for mark, day in enumerate((DAY, NEXT_DAY)):
        build_candidate(settings, day, mark)
        variables_file(settings).write_text(json.dumps({"business_date": str(day)}))
        publish(settings, day, MARTS)
    _enter(settings)
    return settings


@pytest.fixture(scope="module")
def undisturbed(two_nights, tmp_path_factory):
    """What a withdrawal leaves when nothing goes wrong."""
    settings = Settings(var=tmp_path_factory.mktemp("undisturbed") / "var", clock="sandbox")
    shutil.copytree(two_nights.var, settings.var)
    withdraw(settings, published.current(settings).name)
    return _left(settings)


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_twice_anywhere_it_ends_as_if_nothing_had_happened(
    tmp_path, two_nights, undisturbed, failpoint
):
    settings = Settings(var=tmp_path / "var", clock="sandbox")
    shutil.copytree(two_nights.var, settings.var)
    version = published.current(settings).name

    codes = [run(_withdraw_dying, str(settings.var), version, failpoint) for _ in range(3)]

    is_done_once = failpoint.endswith(".after_rename")  # what has been renamed is not written a second time
    assert codes == [-9, 0 if is_done_once else -9, 0]
    assert _left(settings) == undisturbed
    assert undisturbed[1] == {version: True}
    assert [state for state, _ in undisturbed[3]] == ["planned"] and undisturbed[2][0].withdrawn_at


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_and_left_readers_see_one_whole_version_and_the_wrong_one_is_not_built_on_once_marked(
    tmp_path, two_nights, failpoint
):
    settings = Settings(var=tmp_path / "var", clock="sandbox")
    shutil.copytree(two_nights.var, settings.var)
    good, wrong = versions.standing(settings)

    assert run(_withdraw_dying, str(settings.var), wrong, failpoint) == -9

    seen = published.current(settings)
    assert seen.name in (good, wrong) and published.count_rows(seen, "dim_customers") == 3000
    if versions.standing(settings) == [good]:
        assert not candidate_file(settings).exists()
        assert published.version_for(settings, NEXT_DAY) is None
    else:
        assert seen.name == wrong, "readers never see a version before what is marked is out of the way"


def test_every_failpoint_of_a_withdrawal_is_drilled():
    sources = [Path(module.__file__).read_text() for module in (withdraw_module, withdrawn, versions)]
    text = "\n".join(sources)
    assert all(f'"{point}"' in text for point in FAILPOINTS if point.count(".") == 1)
    assert text.count('failpoint("withdraw.') == len([p for p in FAILPOINTS if p.count(".") == 1])
    assert text.count('"withdraw.') - text.count('failpoint("withdraw.') == 3
