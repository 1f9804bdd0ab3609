"""Every failpoint of a night, through Airflow with its services kept up: tasks killed twice at each point.

Several points are armed in one night, no more in one task than its retries bear.
"""

import re
import shutil
from itertools import chain, zip_longest

import pytest

from include.lake.points import POINTS
from include.sandbox.adplatform import members
from include.settings import ROOT
from tests.night import NEXT, House

PEOPLE = 300
WRITTEN = ("before_write", "before_rename", "after_rename")
IN_CODE = sorted(
    name
    for path in (ROOT / "include").rglob("*.py")
    for name in re.findall(r'failpoint\("([a-z_.]+)"\)', path.read_text())
)
DURABLE = sorted(
    {
        f"{name}.{where}"
        for path in (ROOT / "include").rglob("*.py")
        for name in re.findall(r'durable\.(?:write_text|copy_file)\([^\n]*"([a-z_.]+)"\)', path.read_text())
        for where in WRITTEN
        if not name.startswith("dev.")  # `make build`, not a night
    }
)
EVERY = [*(f"landing.{where}" for where in POINTS), *IN_CODE, *DURABLE]
LATER_NIGHT = tuple(name for name in EVERY if name.startswith(("candidate.copy", "settle.", "phones.")))
LATER = [LATER_NIGHT[start::3] for start in range(3)]
# The work is done, or found done, when the task runs again; of messages there are three in such a night.
ONCE = re.compile(r"after_|renamed|publish\.|dispatch\.|before_runlog|release|unknown|create")
# What one task passes is one room: each time it dies, Airflow waits twice as long before the next try.
ROOMS = {"plan_sync": "sync", "build_turn": "open_candidate", "candidate": "open_candidate"}
AT_ONCE = {"landing": 4, "sync": 5, "open_candidate": 2, "dispatch": 1}


def groups():
    """Points armed together: of each room a few, so that no task dies more often than it is retried."""
    rooms: dict[str, list[str]] = {}
    for name in EVERY:
        if name not in LATER_NIGHT:
            room = name.partition(".")[0]
            rooms.setdefault(ROOMS.get(room, room), []).append(name)
    nights = []
    for room, names in rooms.items():
        size = AT_ONCE.get(room, 3)
        nights.append([names[start : start + size] for start in range(0, len(names), size)])
    return [[name for part in night for name in part or []] for night in zip_longest(*nights)]


GROUPS = groups()


def ads(house: House):
    folder = house.var / "sandbox"
    return members(folder, "lapsed_buyers_to_meta_ads")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("undisturbed") / "var", PEOPLE)
    code, out = house.night()
    assert code == 0, out
    return house


def reached(house: House, names):
    """How often a task was killed at each of these points."""
    folder = house.var / "failpoints"
    return {n: int((folder / n).read_text()) if (folder / n).exists() else 0 for n in names}


def assert_right(house: House, twin: House):
    assert house.published() == twin.published()
    sent = [m["message_id"] for m in house.received("smtp")]
    expected = {m["message_id"] for m in twin.received("smtp")}
    assert len(sent) == len(set(sent)), "an e-mail left twice"
    unknown = sum(d.get("unknown", 0) for d in house.summary()["destinations"].values())
    assert set(sent) <= expected and len(expected) - len(sent) <= unknown
    files = [f["path"] for f in house.received("sftp")]
    assert sorted(files) == sorted(f["path"] for f in twin.received("sftp"))
    assert ads(house) == ads(twin)


def test_every_point_is_armed_in_some_night():
    assert len(EVERY) == len(set(EVERY)) > 70
    assert sorted([*chain(*GROUPS), *LATER_NIGHT]) == sorted(EVERY)


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: f"{len(names)} points")
def test_a_night_whose_tasks_are_killed_ends_as_an_undisturbed_one(names, undisturbed, tmp_path):
    house = House(tmp_path / "var", PEOPLE)
    code, out = house.night(**killing(names))
    assert code == 0, out
    assert_reached(house, names)
    assert_right(house, undisturbed)


@pytest.fixture(scope="module")
def first_night(undisturbed, tmp_path_factory):
    """The house as its first night left it; the undisturbed one then goes on to the next."""
    house = House(tmp_path_factory.mktemp("first") / "var", PEOPLE)
    shutil.copytree(undisturbed.var, house.var, symlinks=True)
    code, out = undisturbed.night(NEXT)
    assert code == 0, out
    return house


@pytest.mark.parametrize("names", LATER, ids=lambda names: f"{len(names)} points")
def test_a_later_night_whose_tasks_are_killed_ends_as_an_undisturbed_one(
    names, first_night, undisturbed, copy_of
):
    house = copy_of(first_night)
    code, out = house.night(NEXT, **killing(names))
    assert code == 0, out
    assert_reached(house, names)
    assert_right(house, undisturbed)
    assert house.version().startswith(NEXT)


def killing(names):
    return {
        "OMNI_FAILPOINT": ",".join(names),
        "OMNI_FAILPOINT_TIMES": "2",
        "OMNI_RETRIES": "12",
        "OMNI_RETRY_SECONDS": "1",
        "OMNI_LEASE": "6",
        "OMNI_CLIENT_TIMEOUT": "4",
    }


def assert_reached(house: House, names):
    found = reached(house, names)
    print(f"\nkilled: {found}")
    missed = {name for name, times in found.items() if times < (1 if ONCE.search(name) else 2)}
    assert not missed, f"not killed as often as asked: {missed}"
