"""Two hundred people and twenty secrets that nobody else has, and a search for them in every form.

They are planted into the made-up company and its installation before a night; after it they may stand
where data and secrets belong, and nowhere that people look at to see how the night went.
"""

import base64
import html
import json
import os
import re
import sqlite3
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, quote_plus

import pyarrow as pa
import pyarrow.parquet as pq

from include.sandbox.access import open_doors
from include.sandbox.increments import HISTORY, Increments
from include.sandbox.parameters import settle_world
from include.settings import Settings

IDENTITIES = 200
SECRETS = 20


@dataclass(frozen=True)
class Canary:
    """A person of the company whose every value is like no other; accents and quotes change their form."""

    number: int

    @property
    def word(self) -> str:
        """A word for the number, in letters alone."""
        return "".join(chr(ord("a") + int(digit)) for digit in f"{self.number:04}")

    @property
    def values(self) -> dict[str, str]:
        """What stands in the company's systems, by column."""
        return {
            "email": f"Quill.{self.word}+nest@aviary.example",
            "phone": f"+44 7700 9{self.number:05}",
            "first_name": f"Quíll{self.word}",
            "last_name": f"O'Fínch-{self.word}",
            "street": f"{self.number} Quill & Feather Row",
        }

    def spellings(self) -> dict[str, str]:
        """All that names the person, by what it is, as given and as the platform would clean it."""
        phone = self.values["phone"].replace(" ", "")
        cleaned = {"email in lower case": self.values["email"].lower(), "phone": phone, "digits": phone[3:]}
        return {f"person {self.number}, {what}": v for what, v in {**self.values, **cleaned}.items()}


PEOPLE = [Canary(number) for number in range(IDENTITIES)]


def secret(number: int) -> str:
    """A secret that changes its form in URLs, JSON and HTML."""
    return f'c{number:02}+"/&={sha256(f"canary {number}".encode()).hexdigest()}'


def plant(settings: Settings, people: int, seed: int, first_date: date) -> dict[str, str]:
    """Make the company with the canaries among its people, and give the installation canaries for secrets.

    Returns:
        The environment to start the house with: the last secrets are connections that stand there.
    """
    asked = {"people": people, "seed": seed, "first_date": first_date, "orders": None}
    Increments(settings, settle_world(settings, asked).parameters).make_history()
    _plant_people(settings.sandbox / "world" / HISTORY)
    planted = _plant_doors(settings)
    keys = ("api.key", "jwt.key", "unsubscribe.key")
    for name in keys:
        _write_private(settings.var / "airflow" / name, next(planted))
    _write_private(settings.var / "airflow" / "passwords.json", json.dumps({"admin": next(planted)}))
    fields = ({"conn_type": "http", "host": "127.0.0.1", "password": password} for password in planted)
    return {f"AIRFLOW_CONN_CANARY_{n}": json.dumps(values) for n, values in enumerate(fields)}


def _plant_doors(settings: Settings) -> Iterable[str]:
    """Give each system of the company a canary for its secret; the canaries that are left."""
    numbers = iter(range(SECRETS))
    doors = {
        name: {"port": 0, "login": door.login, "password": secret(next(numbers))}
        for name, door in open_doors(settings).items()
    }
    (settings.sandbox / "doors.json").write_text(json.dumps(doors))
    return iter([secret(n) for n in numbers])


def _plant_people(history: Path) -> None:
    """Rename two hundred people wherever the company knows them, by their e-mail."""
    accounts = pq.read_table(history / "shop" / "customers.parquet", columns=["email"])
    emails = sorted({email.lower() for email in accounts.column("email").to_pylist() if email})
    canaries = dict(zip(emails, PEOPLE, strict=False))
    assert len(canaries) == IDENTITIES, "too few accounts for all canaries"
    for path in sorted(history.rglob("*.parquet")):
        table = pq.read_table(path)
        if "email" in table.column_names:
            pq.write_table(_rename(table, canaries), path)


def _rename(table: pa.Table, canaries: Mapping[str, Canary]) -> pa.Table:
    """The table with the values of canaries where it has any of the person."""
    who = [canaries.get((email or "").lower()) for email in table.column("email").to_pylist()]
    for name in PEOPLE[0].values:
        if name in table.column_names:
            at = table.column_names.index(name)
            pairs = zip(table.column(name).to_pylist(), who, strict=True)
            values = [one.values[name] if one and was else was for was, one in pairs]
            table = table.set_column(
                at, table.schema.field(at), pa.array(values, table.schema.field(at).type)
            )
    return table


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)


def identities() -> dict[str, str]:
    """What names a canary, by what it is."""
    return {name: value for one in PEOPLE for name, value in one.spellings().items()}


def secrets() -> dict[str, str]:
    """The planted secrets, by name."""
    return {f"secret {number}": secret(number) for number in range(SECRETS)}


def forms(value: str) -> set[str]:
    """A value raw and as URLs, JSON, HTML, Python's own writing and base64 (at any offset) would have it."""
    spelt = {value, quote(value, safe=""), quote_plus(value), quote(value), html.escape(value)}
    spelt |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    spelt |= {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in spelt}
    raw = value.encode()
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * shift + raw).decode()
            spelt.add(encoded[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6])
    return spelt


def search(values: Mapping[str, str], *places: Path) -> set[tuple[Path, str]]:
    """Which of these values, in any form, stand below the places: (file, name of the value)."""
    names = {form: name for name, value in values.items() for form in forms(value)}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as patterns:
        patterns.write("\n".join(names))
        patterns.flush()
        told = subprocess.run(
            ["grep", "-r", "-a", "-o", "-F", "--null", "-f", patterns.name, *map(str, places)],
            env=os.environ | {"LC_ALL": "C"},
            capture_output=True,
            check=False,
        )
    assert told.returncode in (0, 1), told.stderr.decode()
    hits = (line.split("\0", 1) for line in told.stdout.decode("utf-8", "replace").splitlines())
    return {(Path(hit[0]), names.get(hit[1], "an unknown form")) for hit in hits if len(hit) == 2}


def count_files(*places: Path) -> int:
    """How many files with something in them lie below the places."""
    return sum(1 for place in places for p in place.rglob("*") if p.is_file() and p.stat().st_size)


def dump(database: Path, folder: Path) -> dict[str, int]:
    """Write every value of a SQLite database into a file per table; rows by table."""
    rows = {}
    with closing(sqlite3.connect(database)) as db:
        for (table,) in db.execute("select name from sqlite_master where type = 'table'").fetchall():
            with (folder / f"{table}.txt").open("w", encoding="utf-8", errors="replace") as file:
                rows[table] = 0
                for row in db.execute(f'select * from "{table}"'):
                    file.writelines(f"{_as_text(value)}\n" for value in row)
                    rows[table] += 1
    return rows


def _as_text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def is_private(path: Path) -> bool:
    """Whether only its owner may read it."""
    return not stat.S_IMODE(path.stat().st_mode) & 0o077
