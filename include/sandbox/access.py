"""Doors of the company's systems: ports and secrets, chosen once and kept, and how others are told."""

import json
import os
import secrets
import socket
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from include.settings import Settings

HOST = "127.0.0.1"
BUCKET = "shop-events"
REGION = "eu-west-2"
DATABASE = "stores"
AD_ACCOUNT = "act_4100720260315"
AD_API_VERSION = "v23.0"
_LOGINS = {
    "shop": "shop", "crm": "crm", "email": "email", "control": "control", "web": "", "bucket": "AKIASANDBOX",
    "stores": "stores_reader", "stores_owner": "postgres", "smtp": "omnichannel", "sftp": "omnichannel",
    "ads": AD_ACCOUNT, "ads_secret": "",
}  # fmt: skip
# below those that a system gives to outgoing calls, so that no call takes one while the company is stopped
_FREE_FOR_SERVERS = range(20_000, 32_000)
_PORTS = ("web", "bucket", "stores", "smtp", "sftp")


@dataclass(frozen=True)
class Door:
    """Where a system listens (0: nowhere of its own) and what it asks of a caller."""

    port: int
    login: str
    password: str


Doors = dict[str, Door]


def open_doors(settings: Settings) -> Doors:
    """The doors as they were, ports that are taken by now replaced; at the first start, new ones."""
    path = settings.sandbox / "doors.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    taken: set[int] = set()
    doors = {}
    for name, login in _LOGINS.items():
        was = known.get(name, {})
        port = free_port(was.get("port", 0), taken) if name in _PORTS else 0
        doors[name] = Door(port, login, was.get("password") or secrets.token_urlsafe(24))
        taken.add(port)
    write_private(path, {name: asdict(door) for name, door in doors.items()})
    return doors


def read_doors(settings: Settings) -> Doors:
    """The doors that the last start opened."""
    values = json.loads((settings.sandbox / "doors.json").read_text())
    return {name: Door(**door) for name, door in values.items()}


def control(doors: Doors) -> dict[str, str]:
    """Address and token of the control API, which lies under `/control`."""
    return {"url": f"http://{HOST}:{doors['web'].port}", "token": doors["control"].password}


def connections(doors: Doors, sftp_host_key: str) -> dict[str, dict[str, Any]]:
    """Airflow connections of the company's systems, by connection id."""
    web = doors["web"].port
    told: dict[str, dict[str, Any]] = {
        f"{name}_api": _connection("http", web, doors[name], extra={"base_path": f"/{name}"})
        for name in ("shop", "crm", "email")
    }
    bucket = doors["bucket"]
    endpoint = f"http://{HOST}:{bucket.port}"
    told["shop_events"] = _connection(
        "aws", bucket.port, bucket, extra={"endpoint_url": endpoint, "bucket": BUCKET, "region_name": REGION}
    )
    told["stores_db"] = _connection("postgres", doors["stores"].port, doors["stores"], schema=DATABASE)
    told["smtp_relay"] = _connection("smtp", doors["smtp"].port, doors["smtp"], extra={"disable_tls": True})
    told["meta_ads"] = _connection("http", web, doors["ads"], extra=_ad_account(doors))
    told["mailhouse_sftp"] = _connection(
        "sftp", doors["sftp"].port, doors["sftp"], extra={"host_key": sftp_host_key}
    )
    return told


def write_private(path: Path, values: Any) -> None:
    """Write JSON that only its owner may read (0600), whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(values, indent=2) + "\n")
    partial.replace(path)


def _connection(kind: str, port: int, door: Door, schema: str = "", extra: Any = None) -> dict[str, Any]:
    values = {"conn_type": kind, "host": HOST, "port": port, "login": door.login, "password": door.password}
    return values | {"schema": schema, "extra": extra or {}}


def _ad_account(doors: Doors) -> dict[str, str]:
    secret = doors["ads_secret"].password
    return {"ad_account_id": AD_ACCOUNT, "app_secret": secret, "api_version": AD_API_VERSION}


def free_port(wanted: int = 0, taken: Collection[int] = ()) -> int:
    """`wanted` if it is free, else any free port that is not among `taken`."""
    while not wanted or wanted in taken or not _is_free(wanted):
        wanted = secrets.choice(_FREE_FOR_SERVERS)
    return wanted


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
