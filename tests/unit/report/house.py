"""A small house for the report to tell of: landed partitions, two versions, checks and a ledger."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import insert

from include.channels import load_channels
from include.ledger.engine import open_ledger, writing
from include.ledger.models import AudienceBatch, AudienceOperation, AudiencePlan, Message
from include.ledger.states import CLAIMED, CONFIRMED, PLANNED, SUPPRESSED, UNKNOWN, Held, Run, move, record
from include.settings import Settings

DAY, BEFORE, AFTER = date(2026, 3, 15), date(2026, 3, 14), date(2026, 3, 16)
Rows = Sequence[Mapping[str, Any]]


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def land(settings: Settings, channel: str, stream: str, day: date, **manifest: Any) -> None:
    """An empty partition whose manifest says what came in."""
    counts = {"rows_in": 10, "loaded": 7, "duplicate": 1, "quarantined": 2}
    said = {**counts, "reasons": {"not_allowed": 1, "bad_type": 1}, "new_columns": [], **manifest}
    path = Path(settings.lake_root) / channel / stream / f"date={day}" / "data.parquet"
    path.parent.mkdir(parents=True)
    table = pa.table({"x": pa.array([], pa.int64())})
    pq.write_table(table.replace_schema_metadata({"manifest": json.dumps(said)}), path)


def land_channel(settings: Settings, channel: str, day: date) -> None:
    for stream in load_channels()[channel].streams:
        land(settings, channel, stream, day)


def publish(settings: Settings, day: date, marts: Mapping[str, Rows]) -> str:
    """A version of these marts, the last published of its date."""
    version = f"{day}-{'0' * 12}"
    folder = settings.published / version
    folder.mkdir(parents=True)
    for name, rows in marts.items():
        pq.write_table(pa.Table.from_pylist(list(rows)), folder / f"{name}.parquet", write_page_checksum=True)
    listed = settings.warehouse / "versions" / str(day)
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text(f"{version}\n")
    return version


def members(**audiences: str) -> Rows:
    """`members(vip="a b")`: who is in which audience."""
    return [{"audience": name, "customer_id": c} for name, ids in audiences.items() for c in ids.split()]


def decision(reason: str | None, journey: str = "welcome", step: str = "email") -> Mapping[str, Any]:
    word = "refuse" if reason else "send"
    return {"journey": journey, "step": step, "channel": "email", "decision": word, "reason": reason}


def marts(day: date, lists: Rows, **others: Rows) -> dict[str, Rows]:
    """Every mart that the report reads, with one customer a letter."""
    customers = sorted({row["customer_id"] for row in lists})
    return {
        "dim_customers": [{"customer_id": c, "is_known": c != "z"} for c in customers],
        "fct_audience_membership": lists,
        "fct_identity_changes": [
            {"change": "new", "customer_id": "z", "previous_customer_id": "y", "business_date": BEFORE}
        ],
        "fct_message_decisions": [decision(None)],
        "rpt_channel_freshness": [{"channel": "shop", "days_stale": 0}],
        **others,
    }


class Ledger:
    """A ledger into which a test writes what nights did."""

    def __init__(self, settings: Settings) -> None:
        self.engine = open_ledger(settings)

    def message(self, key: str, day: date, *moves: tuple[date, str, str | None]) -> None:
        """One planned message of `day`, then its changes of state as (run date, state, reason)."""
        row = {
            "message_key": key,
            "journey": "welcome",
            "step": "email",
            "trigger_id": key,
            "customer_id": key,
            "contact_point_id": key,
            "channel": "email",
            "address_hash": key,
            "purpose": "marketing",
            "business_date": day,
            "due_at": at(day),
            "message_id": f"{key}@example.com",
            "state": PLANNED,
        }
        with writing(self.engine) as db:
            db.execute(insert(Message), [row])
            record(db, Run(day, at(day)), [key], (None, PLANNED), "decided")
            held = Held(key, PLANNED, 0)
            for run_date, state, reason in moves:
                held = move(db, Run(run_date, at(run_date)), held, state, why="a test says so", reason=reason)

    def sync(self, audience: str, day: date, states: Mapping[str, int], held: Mapping[str, int]) -> None:
        """What a sync planned and delivered: members by state, one batch a state."""
        name = f"{audience}_to_mailhouse"
        plan = {"sync": name, "business_date": day, "members": 50, "held_back": dict(held)}
        with writing(self.engine) as db:
            db.execute(insert(AudiencePlan), [plan])
            for ordinal, (state, n) in enumerate(states.items()):
                batch = {
                    "batch_id": f"{name}-{day}-{ordinal}",
                    "sync": name,
                    "destination": "mailhouse",
                    "audience": audience,
                    "business_date": day,
                    "ordinal": ordinal,
                    "state": state,
                    "reference": f"/incoming/{name}-{day}-{ordinal}.csv",
                }
                db.execute(insert(AudienceBatch), [batch])
                change = {"batch_id": batch["batch_id"], "operation": "add", "payload_hash": ""}
                db.execute(insert(AudienceOperation), [{**change, "member": str(m)} for m in range(n)])


SENT = ((DAY, CLAIMED, None), (DAY, CONFIRMED, None))
UNANSWERED = ((DAY, CLAIMED, None), (DAY, UNKNOWN, "no_reply"))
WITHDRAWN = ((DAY, SUPPRESSED, "consent_withdrawn"),)
