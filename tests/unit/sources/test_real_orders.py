"""The real transaction file over HTTP: every line once, to the cent, in seconds and little memory."""

import resource
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from include.settings import ROOT, Settings
from include.sources.land import land_stream
from tests.unit.lake.landing import landed_rows
from tests.unit.sources.api import Api

FILE = ROOT.parent / "shared" / "data" / "online_retail.parquet"
LAST = date(2011, 12, 9)


def orders(file: Path) -> list[dict[str, Any]]:
    """Invoices as the shop's API would give them."""
    table = pq.read_table(file)
    moments = pc.strftime(table["invoiced_at"], "%Y-%m-%dT%H:%M:%S+00:00")
    columns = ("invoice_no", "stock_code", "description", "quantity", "unit_price", "customer_no")
    found: dict[str, dict[str, Any]] = {}
    for at, number, sku, description, quantity, price, customer in zip(
        moments.to_pylist(), *(table[name].to_pylist() for name in columns), strict=True
    ):
        one = found.get(number) or found.setdefault(number, order(number, at, customer))
        one["lines"].append(
            {"sku": sku, "description": description, "category": None, "quantity": quantity,
             "unit_price": str(price)}
        )  # fmt: skip
    return list(found.values())


def order(number: str, at: str, customer: int | None) -> dict[str, Any]:
    """One invoice, its lines to come."""
    return {
        "order_id": number, "ordered_at": at, "updated_at": at, "country": "GB", "currency": "GBP",
        "status": "cancelled" if number.startswith("C") else "delivered", "total_amount": "0",
        "account_id": customer and str(customer), "lines": [],
        **dict.fromkeys(("email", "phone", "first_name", "last_name", "cookie_id", "device_type")),
    }  # fmt: skip


@pytest.mark.skipif(not FILE.exists(), reason=f"needs the real transaction file {FILE}")
def test_each_of_541909_real_lines_lands_exactly_once(api: Api, settings: Settings) -> None:
    api.rows["orders"] = orders(FILE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()

    lines, invoices = land_stream("shop", "orders", LAST, api.connection(), settings)

    seconds = time.process_time() - began
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert [(m["rows_in"], m["loaded"], m["quarantined"]) for m in (lines, invoices)] == [
        (541_909, 541_909, 0), (25_900, 25_900, 0),
    ]  # fmt: skip
    table = landed_rows(settings, "shop/order_lines", LAST)
    value = pc.sum(pc.multiply(table["quantity"].cast(pa.decimal128(19, 0)), table["unit_price"])).as_py()
    assert value.quantize(Decimal("0.01")) == Decimal("9747747.93")
    print(f"{seconds:.1f} CPU s, {megabytes:.0f} MB more", file=sys.stderr)
    assert seconds < 40 and megabytes < 1500
