"""A shop whose history is a file of real transactions."""

from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from include.sandbox.world import WorldSpec, build_history, first_date_of


@pytest.fixture(scope="module")
def transactions(tmp_path_factory):
    rows = [
        ("536365", "85123A", "HOLDER", 6, "2011-11-01 08:26", 2.55, 17850.0, "United Kingdom"),
        ("536365", "85123A", "HOLDER", 6, "2011-11-01 08:26", 2.55, 17850.0, "United Kingdom"),
        ("C536379", "D", "Discount", -1, "2011-11-01 09:41", 27.5, 14527.0, "EIRE"),
        ("536414", "22139", None, 56, "2011-11-01 11:53", 0.001, None, "Unspecified"),
        ("A563185", "B", "Adjust bad debt", 1, "2011-12-09 12:50", -11062.06, None, "United Kingdom"),
        ("581587", "22138", "BAKING SET", 3, "2011-12-09 12:50", 4.95, 12680.0, "France"),
        ("581587", "22138", "BAKING SET", 1, "2011-12-09 12:49", 4.95, 12680.0, "France"),
    ]
    names = [
        "invoice_no",
        "stock_code",
        "description",
        "quantity",
        "invoiced_at",
        "unit_price",
        "customer_no",
    ]
    frame = pd.DataFrame(rows, columns=[*names, "country"])
    frame["invoiced_at"] = pd.to_datetime(frame["invoiced_at"])
    path = tmp_path_factory.mktemp("orders") / "transactions.parquet"
    frame.to_parquet(path)
    return path


def frame(world, channel, stream) -> pd.DataFrame:
    return world.tables[channel, stream].to_pandas()


def test_a_transaction_file_is_the_shops_history_line_by_line(transactions):
    world = build_history(WorldSpec(orders=transactions))
    orders, lines = frame(world, "shop", "orders"), frame(world, "shop", "order_lines")
    assert len(lines) == 7
    assert lines.groupby("order_id")["line_number"].apply(list).to_dict() == {
        "536365": [1, 2], "C536379": [1], "536414": [1], "A563185": [1], "581587": [1, 2],
    }  # fmt: skip
    by = orders.set_index("order_id")
    assert by["total_amount"].to_dict() == {
        "536365": "30.60", "C536379": "-27.50", "536414": "0.056", "A563185": "-11062.06", "581587": "19.80",
    }  # fmt: skip
    assert by["status"].to_dict() == {
        name: "cancelled" if name[0] == "C" else "delivered" for name in by.index
    }
    assert by.loc["581587", "ordered_at"] == pd.Timestamp("2011-12-09 12:49", tz="UTC")
    assert by.loc["536365", "account_id"] == "17850"
    guest = by.loc["536414", ["account_id", "email", "phone", "first_name", "last_name", "cookie_id"]]
    assert guest.isna().all()
    assert by.loc["C536379", "country"] == "IE"
    assert (orders["updated_at"] == orders["ordered_at"]).all()


def test_a_replayed_shop_is_calm_and_ends_with_its_last_day(transactions):
    world = build_history(WorldSpec(orders=transactions))
    assert first_date_of(transactions) == date(2011, 12, 9)
    for (channel, stream), table in world.tables.items():
        if channel == "shop":
            assert pc.all(pc.equal(table["_copies"], 1)).as_py() in (True, None)
            assert table["_broken"].null_count == table.num_rows, stream
    customers = set(frame(world, "shop", "customers")["account_id"])
    assert customers == {"17850", "14527", "12680"}
    events = world.tables["shop", "web_events"]
    assert pc.max(events["_visible_at"]).as_py() < datetime(2011, 12, 10, tzinfo=UTC)
    assert len(world.truth_people) == 3


def test_a_file_that_is_no_transaction_file_is_named(tmp_path):
    path = tmp_path / "other.parquet"
    pq.write_table(
        pa.table({"invoiced_at": pa.array([datetime(2011, 1, 1, tzinfo=UTC)]), "stock_code": ["x"]}), path
    )
    with pytest.raises(ValueError, match=r"other\.parquet .*customer_no"):
        build_history(WorldSpec(orders=path))
