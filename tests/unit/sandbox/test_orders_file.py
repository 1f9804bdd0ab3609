"""A file that is no transaction file is refused by name before anything starts."""

import pandas as pd
import pytest

from include.sandbox.parameters import SandboxError, settle_world
from include.sandbox.world.replay import COLUMNS
from include.settings import Settings


def settle(tmp_path, file):
    return settle_world(Settings(var=tmp_path / "var"), {"orders": file})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SandboxError, match=r"ORDERS=.*gone\.parquet: there is no such file"):
        settle(tmp_path, tmp_path / "gone.parquet")


def test_a_file_that_is_not_parquet_is_named(tmp_path):
    file = tmp_path / "orders.parquet"
    file.write_text("invoice_no,stock_code\n")
    with pytest.raises(SandboxError, match=r"orders\.parquet is no Parquet file"):
        settle(tmp_path, file)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (pd.DataFrame({"invoice_no": ["1"]}), "it lacks country, customer_no"),
        (pd.DataFrame({name: ["2011-12-09"] for name in COLUMNS}), "invoiced_at is no time but"),
        (
            pd.DataFrame({name: pd.Series(dtype="datetime64[us]") for name in COLUMNS}),
            "holds no order",
        ),
    ],
    ids=["columns missing", "times as text", "no rows"],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, frame, why):
    file = tmp_path / "orders.parquet"
    frame.to_parquet(file)
    with pytest.raises(SandboxError, match=why):
        settle(tmp_path, file)
