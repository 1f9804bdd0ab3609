"""How values of PostgreSQL come: as text where Python's types are narrower, so an odd one spoils one row."""

from typing import Any

from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.string import TextLoader

from include.lake.reasons import Reason, Unreadable
from include.sources.json_rows import parse

# `infinity`, the year 20000, `24:00`, a million years: values that Python's own types cannot hold.
_AS_TEXT = ("timestamptz", "timestamp", "date", "time", "timetz", "interval")
_TEXTS = (0, "text", "varchar", "bpchar", "name")  # 0: types that the driver does not know, as enums


class _JsonLoader(Loader):
    """JSON by the rules of all readers; what breaks them spoils its row."""

    def load(self, data: Buffer) -> Any:
        text = bytes(data).decode("utf-8", "surrogateescape")
        try:
            return parse(text)
        except ValueError:
            return Unreadable(Reason.NOT_JSON, text)


class _AnyBytesLoader(Loader):
    """Text of a database that checks none: bytes that are no UTF-8 become lone surrogates."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode("utf-8", "surrogateescape")


def set_loaders(session: Any, _: Any = None) -> None:
    """Make a psycopg session load values as this module says."""
    texts: type[Loader] = TextLoader
    if session.info.parameter_status("server_encoding") == "SQL_ASCII":
        # asked for UTF-8, such a server refuses the whole answer for one byte
        session.execute("set client_encoding to sql_ascii")
        session.commit()
        texts = _AnyBytesLoader
        for known in _TEXTS:
            session.adapters.register_loader(known, texts)
    for name in _AS_TEXT:
        session.adapters.register_loader(name, texts)
    for name in ("json", "jsonb"):
        session.adapters.register_loader(name, _JsonLoader)
