"""A candidate made by hand, whose every row says which build it is of, and what publishing left."""

import json
from datetime import date

import duckdb

from include.warehouse import audited
from include.warehouse.marts import Mart

DAY = date(2026, 3, 15)
NEXT_DAY = date(2026, 3, 16)
MARTS = (
    Mart("dim_customers", ("customer_id",)),
    Mart("fct_interactions", ("interaction_key",), partition_by="month"),
    Mart("fct_orders", ("order_key",)),
)

TABLES = """
create schema marts;
create table marts.dim_customers as
    select 'c' || i as customer_id, $mark as mark from range(3000) as t(i) order by hash(i);
create table marts.fct_orders as
    select 'o' || i as order_key, (i / 7)::decimal(18, 4) as amount, $mark as mark,
        timestamptz '2026-01-01 00:00:00+00' + to_hours(i::int) as ordered_at
    from range(5000) as t(i) order by hash(i);
create table marts.fct_interactions as
    select 'i' || i as interaction_key, if(i < 2000, '2026-02', '2026-03') as month,
        if(i < 2000, 0, $mark) as mark
    from range(4000) as t(i) order by hash(i);
"""


def build_candidate(settings, business_date, mark=0, has_passed=True):
    """A candidate whose every row says `mark`, so that a mix of two versions would show."""
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    candidate = settings.warehouse / "candidate.duckdb"
    candidate.unlink(missing_ok=True)
    with duckdb.connect(str(candidate)) as con:
        con.execute(TABLES.replace("$mark", str(mark)))
    pretend_audit(settings, business_date, has_passed)


def pretend_audit(settings, business_date, has_passed=True):
    path = audited.audit_path(settings, business_date)
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = audited.mark_of(settings.warehouse / "candidate.duckdb")
    path.write_text(json.dumps({"has_passed": has_passed, "candidate": mark}))


def files_of(settings):
    """Every file that publishing leaves, with its bytes; the kept warehouse files by name alone."""
    files = [p for p in settings.published.rglob("*") if p.is_file()]
    found = {p.relative_to(settings.published): p.read_bytes() for p in files}
    return found, sorted(p.name for p in settings.warehouse.rglob("*") if p.is_file())
