"""What a night remembers of the version before is hashed as the night itself, also where a key was added."""

import hashlib
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from include.keyed import read_keys
from include.settings import Settings
from include.warehouse import versions
from include.warehouse.memory import stage_memory
from tests.conftest import HASH_KEY

DAY = date(2026, 3, 15)
SECOND = hashlib.sha512(b"another key").hexdigest()
PLAIN = hashlib.sha256(b"anna@mail.example").hexdigest()


def remembered(settings: Settings, mart: str, keys: str) -> list[dict]:
    stage_memory(settings, DAY, read_keys(keys))
    return pq.read_table(settings.warehouse / "inputs" / f"previous_{mart}.parquet").to_pylist()


def test_hashes_of_before_there_were_keys_come_under_all_of_them(tmp_path):
    settings = Settings(var=tmp_path / "var", clock="sandbox")
    version = settings.published / "2026-03-14-0123456789ab"
    version.mkdir(parents=True)
    versions.record(settings, version.name)
    point = {"contact_point_id": PLAIN, "customer_id": "c1", "channel": "email", "mailbox_hash": PLAIN}
    pq.write_table(
        pa.Table.from_pylist([{**point, "is_preferred": True}]), version / "dim_contact_points.parquet"
    )
    change = {
        "business_date": DAY,
        "customer_id": "c1",
        "channel": "email",
        "status": "made",
        "linked_by": None,
    }
    ids = {"previous_contact_point_id": None, "contact_point_id": PLAIN, "known_since": None}
    pq.write_table(pa.Table.from_pylist([{**change, **ids}]), version / "fct_address_changes.parquet")

    keys = f"{HASH_KEY},{SECOND}"
    keyed = read_keys(keys).keyed("anna@mail.example")

    [found] = remembered(settings, "contact_points", keys)
    assert found == {**point, "contact_point_id": keyed, "mailbox_hash": keyed, "is_preferred": True}
    [found] = remembered(settings, "address_changes", keys)
    assert (found["contact_point_id"], found["previous_contact_point_id"]) == (keyed, None)
