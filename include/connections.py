"""What is needed to reach another system, without saying where it was kept.

In a task it comes from an Airflow connection (`omnichannel.hooks.connections`); elsewhere from
the same environment variables that Airflow reads.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from include.errors import FixConnection, FixDeclaration


@dataclass(frozen=True)
class Connection:
    """Address and credentials of one system. `password` is never shown."""

    conn_id: str
    conn_type: str
    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def base_url(self) -> str:
        """`http://host:port/base_path` of an HTTP system; host may carry its own scheme."""
        host = self.host if "://" in self.host else f"{self.schema or 'http'}://{self.host}"
        port = f":{self.port}" if self.port else ""
        return f"{host}{port}{self.extra.get('base_path', '')}"

    def require(self, *fields: str) -> None:
        """Make sure that these fields (`host`, `extra.bucket`) hold something.

        Raises:
            FixConnection: one does not; it says which, and shows an example.
        """
        for name in fields:
            held = self.extra.get(name[6:]) if name.startswith("extra.") else getattr(self, name)
            if not held:
                raise unfit(self, f"it has no {name}")

    def seconds(self, default: float) -> float:
        """`extra.timeout`, else the default.

        Raises:
            FixConnection: it is no number above zero.
        """
        return self.number("timeout", default, "seconds")

    def number(self, name: str, default: float, unit: str) -> float:
        """A number of the extra that is above zero, else the default.

        Raises:
            FixConnection: it is none.
        """
        try:
            found = float(self.extra.get(name, default))
        except (TypeError, ValueError):
            found = 0.0
        if not 0 < found < float("inf"):
            raise unfit(self, f"extra.{name} must be a number of {unit}")
        return found


def from_environment(conn_id: str) -> Connection:
    """Read `AIRFLOW_CONN_<CONN_ID>` (Airflow's JSON form).

    Raises:
        FixConnection: the variable is missing, or is no connection in JSON.
    """
    text = os.environ.get(_variable(conn_id))
    if text is None:
        raise missing(conn_id)
    try:
        values = json.loads(text)
        extra = values.get("extra") or {}
        values["extra"] = json.loads(extra) if isinstance(extra, str) else extra
        values["port"] = int(values["port"]) if values.get("port") else None
    except (AttributeError, TypeError, ValueError):
        raise missing(conn_id) from None
    known = {"conn_type", "host", "port", "login", "password", "schema", "extra"}
    typed = _typed({name: value for name, value in values.items() if name in known})
    return checked(Connection(conn_id, **{"conn_type": "", **typed}))


def checked(connection: Connection) -> Connection:
    """The connection, if its extra, its port and its addresses can be used at all.

    Raises:
        FixConnection: extra is no JSON object, the port is none, the host or `extra.endpoint_url` no address.
    """
    if not isinstance(connection.extra, Mapping):
        raise unfit(replace(connection, extra={}), "extra must be a JSON object")
    if connection.port is not None and not 0 < connection.port < 65536:
        raise unfit(connection, "port must be a number from 1 to 65535")
    for name, address in (
        ("host", connection.host),
        ("extra.endpoint_url", connection.extra.get("endpoint_url")),
    ):
        if address and not _is_address(str(address)):
            raise unfit(connection, f"{name} is no address")
    return connection


def missing(conn_id: str) -> FixConnection:
    """The error of a connection that is not there, or that cannot be read; with an example."""
    variable = _variable(conn_id)
    if variable in os.environ:
        said = f"{variable} is set, but holds no connection in JSON."
    else:
        said = f"there is no connection {conn_id}, or it cannot be read."
    return FixConnection(f"{conn_id}: {said} {_where(conn_id)}{_examples(conn_id)}")


def unfit(connection: Connection, said: str) -> FixConnection:
    """The error of a connection that is there and cannot be used as it is; with an example."""
    conn_id, wanted = (
        connection.conn_id,
        {example["conn_type"] for example in examples_of(connection.conn_id)},
    )
    if wanted and connection.conn_type not in wanted:
        said += f" (its type is {connection.conn_type or 'not set'}, expected: {' or '.join(sorted(wanted))})"
    return FixConnection(f"{conn_id}: {said}. {_where(conn_id)}{_examples(conn_id)}")


def examples_of(conn_id: str) -> list[Mapping[str, Any]]:
    """What a connection must look like, by what it is used for.

    Each reader in `include.sources` and each module in `include.senders` has its own `EXAMPLES`; which of
    them use this connection, the channels and the destinations declare.
    """
    modules = sorted(_used_by(conn_id))
    return [example for module in modules for example in import_module(module).EXAMPLES]


def fits_header(text: str) -> bool:
    """Whether a secret can stand in an HTTP header; libraries quote one that cannot in their error."""
    return text.isascii() and (text.isprintable() or not text)


def _is_address(text: str) -> bool:
    """Whether a host name, with or without a scheme before it, can stand for a machine."""
    try:
        name = urlsplit(text if "://" in text else f"//{text}").hostname or ""
        name.encode("idna")  # a part of it that is empty or has more than 63 characters
    except ValueError:
        return False
    return not any(letter.isspace() or letter == "\\" for letter in text)


def _used_by(conn_id: str) -> set[str]:
    """Modules that reach another system by this connection; a declaration that is wrong names none."""
    from include.channels import channel_files, load_channel
    from include.destinations import load_destinations

    found = set()
    for file in channel_files():
        with suppress(FixDeclaration):
            streams = load_channel(file).streams.values()
            found |= {
                f"include.sources.{s.source.kind}" for s in streams if s.source and s.connection == conn_id
            }
    with suppress(FixDeclaration):
        destinations = load_destinations().values()
        found |= {f"include.senders.{d.sender}" for d in destinations if d.connection == conn_id}
    return found


def _variable(conn_id: str) -> str:
    return f"AIRFLOW_CONN_{conn_id.upper()}"


def _where(conn_id: str) -> str:
    return (
        "Set it in Airflow's UI (Admin > Connections), as the environment variable "
        f"{_variable(conn_id)}, or in the secrets file"
    )


def _examples(conn_id: str) -> str:
    """The examples, one a line; an alert shows the first line of an error alone."""
    found = examples_of(conn_id)
    return "".join(
        [" (example in the log)" if found else "", *(f"\nFor example: {json.dumps(e)}" for e in found)]
    )


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Texts where texts are meant; what is null is left out."""
    kept = {name: value for name, value in values.items() if value is not None}
    return {name: value if name in ("port", "extra") else str(value) for name, value in kept.items()}
