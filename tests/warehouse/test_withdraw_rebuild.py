"""A wrong night, withdrawn, corrected and built again by dbt: byte for byte as if it had never been wrong."""

import shutil
from datetime import timedelta

import pytest

from include.ledger.history import snapshot
from include.settings import Settings
from include.sources.interval import interval
from include.warehouse import published, versions
from include.warehouse.inputs import stage_inputs
from include.warehouse.withdraw import withdraw
from tests.warehouse.small_company import NIGHTS, SmallCompany
from tests.warehouse.small_lake import land
from tests.warehouse.test_incremental_equals_full import run_night

FIRST, SECOND = NIGHTS[:2]
FUTURE = SECOND + timedelta(days=7)
FOREIGN = "crm/contacts"


@pytest.fixture(scope="module")
def corrected(tmp_path_factory):
    """Settings and names of the wrong and the corrected version, and the name of an undisturbed one.

    What is wrong: people of another company landed among the second night's contacts.
    """
    settings = Settings(var=tmp_path_factory.mktemp("withdrawn") / "var", clock="sandbox")
    undisturbed = Settings(var=settings.var.with_name("undisturbed"), clock="sandbox")
    company = SmallCompany()
    company.land(settings, FIRST)
    run_night(settings, FIRST)
    shutil.copytree(settings.var, undisturbed.var)
    company.land(undisturbed, SECOND)
    right = run_night(undisturbed, SECOND).name

    company.land(settings, SECOND)
    path = settings.var / "lake" / FOREIGN / f"date={SECOND}" / "data.parquet"
    kept = path.read_bytes()
    land(settings, FOREIGN, SECOND, *({"contact_id": f"foreign{n}"} for n in range(40)))
    wrong = run_night(settings, SECOND).name
    withdraw(settings, wrong)
    path.write_bytes(kept)
    return settings, wrong, run_night(settings, SECOND).name, right


def test_the_corrected_version_is_the_one_of_a_night_that_was_never_wrong(corrected):
    settings, wrong, again, right = corrected
    assert wrong != right
    assert again == right == published.current(settings).name
    assert wrong not in versions.standing(settings)


def test_the_decisions_of_the_night_see_nothing_of_what_was_withdrawn(corrected):
    settings, *_ = corrected
    contacts = published.read_mart(published.current(settings), "customer_records", ["record_key"])
    assert not [key for key in contacts["record_key"].to_pylist() if key.startswith("foreign")]
    assert snapshot(settings, SECOND).is_dir()


def test_what_landed_under_a_later_date_is_not_read_by_an_earlier_night_and_keeps_nothing_from_it(tmp_path):
    settings = Settings(var=tmp_path, clock="sandbox")
    for day in (FIRST, FUTURE):
        land(settings, FOREIGN, day, {"contact_id": str(day)})
    assert interval(settings, [FIRST, FUTURE], SECOND).days(FIRST) == [SECOND]
    assert sorted(stage_inputs(settings, SECOND, since=None)) == [f"{FOREIGN}/{FIRST}"]
