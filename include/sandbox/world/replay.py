"""A real transaction file as the web shop's history, and people made up around its customer numbers.

An order is an invoice, a line its position in it. Lines without a customer number are guest orders,
each somebody's own, with nothing that says whose.
"""

from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from include.sandbox.world import arrivals
from include.sandbox.world.calendar import number
from include.sandbox.world.identifiers import DEVICE_TYPES
from include.sandbox.world.people import People
from include.sandbox.world.population import Cohort
from include.sandbox.world.spec import Array, Rows, WorldSpec, given, only, rng, texts

COLUMNS = (
    "invoice_no",
    "stock_code",
    "description",
    "quantity",
    "invoiced_at",
    "unit_price",
    "customer_no",
    "country",
)
ISO = {
    "United Kingdom": "GB", "Germany": "DE", "France": "FR", "EIRE": "IE", "Spain": "ES", "Netherlands": "NL",
    "Belgium": "BE", "Switzerland": "CH", "Portugal": "PT", "Australia": "AU", "Norway": "NO", "Italy": "IT",
    "Channel Islands": "JE", "Finland": "FI", "Cyprus": "CY", "Sweden": "SE", "Austria": "AT",
    "Denmark": "DK", "Japan": "JP", "Poland": "PL", "Israel": "IL", "USA": "US", "Hong Kong": "HK",
    "Singapore": "SG",     "Iceland": "IS",
    "Canada": "CA", "Greece": "GR", "Malta": "MT", "United Arab Emirates": "AE", "RSA": "ZA", "Lebanon": "LB",
    "Lithuania": "LT", "Brazil": "BR", "Czech Republic": "CZ", "Bahrain": "BH", "Saudi Arabia": "SA",
}  # fmt: skip
NEW_AFTER = 30
"""A customer whose first invoice lies in the file's first days was one before."""


def first_date_of(orders: Path) -> date:
    """The last day with orders in a transaction file: the first date of its world.

    Raises:
        ValueError: it is no Parquet file, lacks a column, or holds no order.
    """
    try:
        described = pq.read_metadata(orders)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{orders} is no Parquet file: {error}") from None
    schema = described.schema.to_arrow_schema()
    missing = set(COLUMNS) - set(schema.names)
    if missing:
        raise ValueError(f"{orders} is no transaction file: it lacks {', '.join(sorted(missing))}")
    if not pa.types.is_temporal(schema.field("invoiced_at").type):
        raise ValueError(f"{orders}: invoiced_at is no time but {schema.field('invoiced_at').type}")
    if not described.num_rows:
        raise ValueError(f"{orders} holds no order")
    latest = pq.read_table(orders, columns=["invoiced_at"])["invoiced_at"].to_numpy().max()
    return date.fromisoformat(str(latest.astype("datetime64[D]")))


@lru_cache(maxsize=4)
def resolve(spec: WorldSpec) -> WorldSpec:
    """The spec with what a transaction file decides filled in: first date and number of people."""
    if spec.orders is None:
        return spec
    return replace(spec, first_date=first_date_of(spec.orders), people=len(customers(spec.orders)))


@lru_cache(maxsize=1)
def _file(orders: Path) -> pd.DataFrame:
    """The transactions in file order."""
    frame: pd.DataFrame = pq.read_table(orders, columns=list(COLUMNS)).to_pandas()
    return frame


@lru_cache(maxsize=1)
def customers(orders: Path) -> pd.DataFrame:
    """Customer number (`account_id`, text), country (ISO), day of the first invoice; by country, number."""
    lines = _file(orders)
    known = lines[lines["customer_no"].notna()]
    first = known.groupby("customer_no", sort=True).agg(
        country=("country", "first"), at=("invoiced_at", "min")
    )
    iso = [ISO.get(name, "GB") for name in first["country"]]
    day = first["at"].to_numpy().astype("datetime64[D]").astype(np.int64)
    names = [str(int(no)) for no in first.index]
    frame = pd.DataFrame({"account_id": names, "country": iso, "day": day})
    return frame.sort_values(["country", "account_id"], ignore_index=True)


def cohort(spec: WorldSpec) -> Cohort:
    """The file's customers as the first cohort."""
    assert spec.orders is not None
    known, draw = customers(spec.orders), rng(spec.seed, "join", 0)
    day = known["day"].to_numpy()
    before = number(spec.first_date) - 365 - draw.integers(0, 1000, len(day))
    joined = np.where(day < day.min() + NEW_AFTER, before, day)
    return Cohort(0, 0, joined, texts(known["country"].tolist()), texts(known["account_id"].tolist()))


def shop_history(spec: WorldSpec, people: People) -> tuple[dict[str, Rows], Rows]:
    """Rows of `orders` and `order_lines` as the file has them; truth of guests' orders."""
    assert spec.orders is not None
    file = _file(spec.orders)
    invoice, first_line, of = np.unique(
        file["invoice_no"].to_numpy(object), return_index=True, return_inverse=True
    )
    at = _earliest(spec, file, of, len(invoice))
    mills = np.round(file["unit_price"].to_numpy() * 1000).astype(np.int64)
    totals = np.bincount(of, weights=mills * file["quantity"].to_numpy(np.int64), minlength=len(invoice))
    heads = _heads(spec, people, file.iloc[first_line], draw=rng(spec.seed, "replay")) | {
        "order_id": invoice, "ordered_at": at, "updated_at": at, "_visible_at": at,
        "total_amount": _mills(np.round(totals).astype(np.int64)),
    }  # fmt: skip
    lines = _lines(file, of, mills) | {"order_id": invoice[of], "_visible_at": at[of]}
    guests = invoice[~given(heads["account_id"])]
    truth = {"record_key": guests, "person_id": texts([f"G{name}" for name in guests])}
    return {"orders": arrivals.undamaged(heads), "order_lines": arrivals.undamaged(lines)}, truth


def _lines(file: pd.DataFrame, of: Array, mills: Array) -> Rows:
    described = file["description"].astype(object)
    return {
        "line_number": pd.Series(of).groupby(of).cumcount().to_numpy() + 1,
        "sku": file["stock_code"].to_numpy(object),
        "description": described.where(described.notna(), None).to_numpy(object),
        "quantity": file["quantity"].to_numpy(np.int64),
        "unit_price": _mills(mills),
    }


def _heads(spec: WorldSpec, people: People, invoices: pd.DataFrame, draw: np.random.Generator) -> Rows:
    n, persons, accounts = len(invoices), people.persons, people.accounts
    number_of = [None if np.isnan(no) else str(int(no)) for no in invoices["customer_no"]]
    row = {account: i for i, account in enumerate(accounts["account_id"].tolist())}
    at = np.array([-1 if no is None else row[no] for no in number_of])
    known, who = at >= 0, np.where(at >= 0, accounts["person"][at], 0)
    device = np.array(DEVICE_TYPES, object)[draw.choice(3, n, p=[0.7, 0.2, 0.1])]

    def told(values: Array) -> Array:
        return only(known, values)

    return {
        "status": texts(
            ["cancelled" if name.startswith("C") else "delivered" for name in invoices["invoice_no"]]
        ),
        "account_id": texts(number_of),
        "email": told(accounts["email"][at]),
        "first_name": told(persons["first_name"][who]),
        "last_name": told(persons["last_name"][who]),
        "country": texts([ISO.get(name) for name in invoices["country"]]),
        "cookie_id": told(accounts["cookie_id"][at]),
        "device_type": told(device),
        "currency": np.full(n, spec.currency, object),
    }


def _earliest(spec: WorldSpec, file: pd.DataFrame, of: Array, count: int) -> Array:
    """UTC moment of each invoice's earliest line; the file writes the company's wall clock."""
    moments = file["invoiced_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    earliest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(earliest, of, moments)
    wall = pd.DatetimeIndex(earliest.astype("datetime64[us]"))
    zoned = wall.tz_localize(spec.time_zone, ambiguous=np.ones(count, bool), nonexistent="shift_forward")
    return zoned.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")


def _mills(mills: Array) -> Array:
    """Thousandths as exact text: two decimals where that is enough, else three."""
    kinds, places = np.unique(mills, return_inverse=True)
    return np.array([_mill(value) for value in kinds.tolist()], object)[places]


def _mill(value: int) -> str:
    sign, whole, rest = "-" if value < 0 else "", abs(value) // 1000, abs(value) % 1000
    return f"{sign}{whole}.{rest:03d}" if rest % 10 else f"{sign}{whole}.{rest // 10:02d}"
