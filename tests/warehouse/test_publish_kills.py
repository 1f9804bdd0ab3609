"""Publishing killed by SIGKILL at every failpoint, twice, then finished: as if nothing had happened."""

import os
import shutil
from pathlib import Path

import pytest

from include.settings import Settings
from include.warehouse import versions
from include.warehouse.publish import publish
from tests.fixtures.mortal import run
from tests.warehouse.made_candidate import DAY, MARTS, NEXT_DAY, build_candidate, files_of

FAILPOINTS = [
    "publish.before_write",
    "publish.after_write",
    "publish.before_rename",
    "publish.after_rename",
    *(
        f"publish.{file}.{step}"
        for file in ("warehouse", "date", "current")
        for step in ("before_write", "before_rename", "after_rename")
    ),
    "publish.before_prune",
    "publish.after_prune",
]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNI_VAR", str(tmp_path / "var"))
    return Settings()


def _publish_dying(var, business_date, failpoint):
    os.environ |= {"OMNI_VAR": var, "OMNI_FAILPOINT": failpoint, "OMNI_FAILPOINT_TIMES": "2"}
    publish(Settings(), business_date, MARTS)


def run_dying(settings, business_date, failpoint):
    return run(_publish_dying, str(settings.var), business_date, failpoint)


@pytest.fixture(scope="module")
def second_night(tmp_path_factory):
    """One night published, the candidate of the next one audited."""
    settings = Settings(var=tmp_path_factory.mktemp("second_night"))
    build_candidate(settings, DAY, 0)
    publish(settings, DAY, MARTS)
    build_candidate(settings, NEXT_DAY, 1)
    return settings


@pytest.fixture(scope="module")
def undisturbed(second_night, tmp_path_factory):
    """What the second night leaves when nothing goes wrong."""
    settings = Settings(var=tmp_path_factory.mktemp("undisturbed") / "var")
    shutil.copytree(second_night.var, settings.var)
    publish(settings, NEXT_DAY, MARTS)
    return settings


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_twice_anywhere_it_ends_as_if_nothing_had_happened(
    settings, second_night, undisturbed, failpoint
):
    shutil.copytree(second_night.var, settings.var)

    codes = [run_dying(settings, NEXT_DAY, failpoint) for _ in range(3)]

    assert codes == [-9, -9, 0]
    assert files_of(settings) == files_of(undisturbed)


def test_every_failpoint_of_publishing_is_drilled():
    sources = [Path(versions.__file__).with_name(name).read_text() for name in ("publish.py", "export.py")]
    text = "\n".join(sources)
    assert all(point.split(".")[1] in text or point in text for point in FAILPOINTS)
    assert text.count('failpoint("publish.') == len([p for p in FAILPOINTS if p.count(".") == 1])
