"""What is needed to reach another system, without saying where it was kept.

In a task it comes from an Airflow connection (`omnichannel.hooks.connections`); elsewhere from
the same environment variables that Airflow reads.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from include.errors import FixConnection

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})  # where a secret may go without TLS


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


def from_environment(conn_id: str) -> Connection:
    """Read `AIRFLOW_CONN_<CONN_ID>` (Airflow's JSON form).

    Raises:
        FixConnection: the variable is missing or is not JSON.
    """
    name = f"AIRFLOW_CONN_{conn_id.upper()}"
    try:
        values = json.loads(os.environ[name])
    except (KeyError, ValueError) as error:
        raise FixConnection(f"{name} is not set to a connection in JSON") from error
    known = {"conn_type", "host", "port", "login", "password", "schema", "extra"}
    return Connection(conn_id=conn_id, **{k: v for k, v in values.items() if k in known and v is not None})
