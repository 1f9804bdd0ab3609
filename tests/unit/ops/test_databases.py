"""A database that cannot be used is told by its setting, without its password and without a traceback."""

import pytest
from sqlalchemy import text

from include.ledger.engine import open_ledger
from include.settings import Settings
from ops import services
from ops.installation import METADATA

LEDGER = "OMNI_LEDGER_URL"


def refused(house):
    with pytest.raises(services.ServiceFailed) as caught:
        services.migrate(house)
    assert caught.value.__suppress_context__
    return str(caught.value)


def test_a_file_that_is_no_database_is_told_by_its_setting(tmp_path):
    (tmp_path / "ledger.sqlite").write_text("no database at all " * 60)
    said = refused(Settings(var=tmp_path))
    assert said.startswith(LEDGER) and "file is not a database" in said


def test_a_ledger_of_a_newer_release_is_told_by_its_setting(tmp_path):
    house = Settings(var=tmp_path)
    engine = open_ledger(house)
    with engine.begin() as db:
        db.execute(text("update alembic_version set version_num = 'of_tomorrow'"))
    engine.dispose()
    said = refused(house)
    assert said.startswith(LEDGER) and "of_tomorrow" in said


def test_a_ledger_whose_owner_may_not_make_tables_is_told_without_its_password(tmp_path, postgres):
    said = refused(Settings(var=tmp_path, ledger_url=postgres.url("postgres")))
    assert said.startswith(LEDGER) and "permission denied" in said
    assert "\n" not in said and "keeper" not in said


@pytest.mark.parametrize("setting", [LEDGER, METADATA])
@pytest.mark.parametrize(
    ("driver", "options"), [("postgresql+nosuch", ""), ("postgresql+psycopg", "?no_such_option=1")]
)
def test_a_driver_or_an_option_that_is_not_there_is_told_by_its_setting(
    tmp_path, monkeypatch, setting, driver, options
):
    monkeypatch.setenv(setting, f"{driver}://someone:wr0ng-secret@127.0.0.1:1/x{options}")
    said = refused(Settings(var=tmp_path))
    assert said.startswith(setting) and "wr0ng" not in said
