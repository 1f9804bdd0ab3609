"""One whole night through Airflow's own services, and the same night again."""

import json
from pathlib import Path

import duckdb
import pytest

from tests.night import FIRST, House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("night") / "var")
    code, out = house.night()
    assert code == 0, out
    return house


def test_every_row_read_is_accounted_for(house):
    streams = [s for channel in house.summary()["channels"].values() for s in channel.values()]
    assert len(streams) >= 10
    for s in streams:
        assert s["rows_in"] == s["loaded"] + s["duplicate"] + sum(s["quarantined"].values())
    assert sum(s["duplicate"] for s in streams) > 0
    assert sum(sum(s["quarantined"].values()) for s in streams) > 0


def test_the_published_version_holds_customers_and_their_records(house):
    folder = house.var / "published" / house.version()
    db = duckdb.connect()
    customers = f"select count(*), count(distinct customer_id) from '{folder}/dim_customers.parquet'"
    rows, distinct = db.execute(customers).fetchone()
    assert rows == distinct == house.summary()["customers"]["total"] > 100
    orphans = db.execute(
        f"select count(*) from '{folder}/customer_records.parquet' as r "
        f"anti join '{folder}/dim_customers.parquet' as c using (customer_id)"
    )
    assert orphans.fetchone() == (0,)


def test_each_welcome_left_once_and_each_audience_file_arrived(house):
    sent = [m["message_id"] for m in house.received("smtp")]
    assert sent and len(sent) == len(set(sent))
    files = [f["path"] for f in house.received("sftp")]
    assert files and len(files) == len(set(files))
    destinations = house.summary()["destinations"]
    assert sum(d["confirmed"] for d in destinations.values()) > len(sent)


def test_the_report_is_a_page_of_its_own(house):
    page = (house.var / "reports" / FIRST / "index.html").read_text()
    assert "<html" in page
    assert "http-equiv" not in page
    assert "src=" not in page.replace('src="data:', "")


def test_nothing_is_left_running(house):
    pids = house.var / "airflow" / "pids.json"
    assert not pids.exists() or json.loads(pids.read_text()) == []
    assert not Path(house.var / "sandbox" / "server.pid").exists()


def test_the_same_night_again_publishes_the_same_bytes_and_sends_nothing(house):
    published, received = house.published(), house.receivers()
    code, out = house.night()
    assert code == 0, out
    assert house.published() == published
    assert house.receivers() == received
