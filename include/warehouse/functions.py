"""The normalisers as SQL functions, so that models and Python use one rule (include/normalise).

Every connection of dbt knows them (dbt_project/plugin.py). They are not kept in the file: a table built with
them opens anywhere, a view that calls one does not.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection
from duckdb.func import ARROW, SPECIAL

from include.errors import FixDeclaration
from include.identity.order import known_first
from include.keyed import VARIABLE, HashKeys
from include.normalise.bounces import is_permanent_bounce
from include.normalise.countries import country_code
from include.normalise.emails import email_readings, normal_email
from include.normalise.names import name_key
from include.normalise.phones import calling_region, readings
from include.normalise.placeholders import placeholder_key
from include.normalise.providers import provider_mailbox

CACHED = 2**18  # distinct texts kept of each function, some 50 MB at most


def register(con: DuckDBPyConnection, keys: HashKeys | None = None) -> None:
    """Make the normalisers known to SQL, under their names, and `keyed_hash`.

    `keyed_hash` of a text is its hash under `keys`, as everything that is kept inside has it
    (include/keyed.py); without keys it is known, and refuses to be called.

    `normal_email`, `mailbox`, `country_code`, `calling_region`, `name_key`, `placeholder_key` and
    `is_permanent_bounce` take a text; a null gives null, but is a permanent bounce. `email_readings` (of a
    text) and `phone_readings` (of a text, and of countries separated by commas) give lists.
    `cores_known_first` takes and gives lists (include/identity/order.py).
    """
    _add(con, "normal_email", normal_email, "VARCHAR")
    _add(con, "mailbox", provider_mailbox, "VARCHAR")
    _add(con, "country_code", country_code, "VARCHAR")
    _add(con, "calling_region", calling_region, "VARCHAR")
    _add(con, "name_key", name_key, "VARCHAR")
    _add(con, "placeholder_key", placeholder_key, "VARCHAR")
    con.create_function(
        "email_readings",
        _email_readings,
        [con.sqltype("VARCHAR")],
        con.sqltype("VARCHAR[]"),
        null_handling=SPECIAL,
    )
    con.create_function(
        "phone_readings",
        _phone_readings,
        [con.sqltype("VARCHAR"), con.sqltype("VARCHAR")],
        con.sqltype("VARCHAR[]"),
        null_handling=SPECIAL,
    )
    _add(con, "keyed_hash", keys.keyed if keys else _without_keys, "VARCHAR", cached=0)
    numbers = con.sqltype("BIGINT[]")
    flags = con.sqltype("BOOLEAN[]")
    con.create_function("cores_known_first", known_first, [numbers, numbers, flags, numbers], numbers)
    _add(con, "is_permanent_bounce", is_permanent_bounce, "BOOLEAN", of_null=is_permanent_bounce(None))


def _without_keys(_: str) -> str:
    raise FixDeclaration(f"keyed_hash: this dbt was started without {VARIABLE}; use `make build` or a night")


def _add(
    con: DuckDBPyConnection,
    name: str,
    function: Callable[[str], Any],
    result: str,
    of_null: object = None,
    cached: int = CACHED,
) -> None:
    known = lru_cache(cached)(function) if cached else function
    kind = pa.bool_() if result == "BOOLEAN" else pa.string()

    def of_chunk(texts: pa.ChunkedArray | pa.Array) -> pa.Array:
        values = texts.to_pylist()
        return pa.array([of_null if text is None else known(text) for text in values], kind)

    con.create_function(
        name,
        of_chunk,
        [con.sqltype("VARCHAR")],
        con.sqltype(result),
        type=ARROW,
        null_handling=SPECIAL,
    )


@lru_cache(CACHED)
def _email_readings(text: str | None) -> list[str]:
    """Every address that a text may mean."""
    return list(email_readings(text)) if text else []


@lru_cache(CACHED)
def _phone_readings(number: str | None, countries: str | None) -> list[str]:
    """Every E.164 that a number may be, read in countries separated by commas."""
    return list(readings(number, (countries or "").split(","))) if number else []
