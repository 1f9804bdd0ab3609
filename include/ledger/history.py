"""The ledger as an earlier run saw it, for the warehouse."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, case, func, or_, select

from include.ledger import states
from include.ledger.engine import open_ledger
from include.ledger.hashes import keys_of
from include.ledger.models import Message, MessageTransition
from include.settings import Settings
from include.warehouse.hashing import SNAPSHOT_UNDER

TEXTS = (
    *("message_key", "journey", "step", "trigger_id", "trigger_record", "customer_id", "channel"),
    *("address_hash", "state", "reason", "message_id"),
)
TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(TEXTS, pa.string()),
    "business_date": pa.date32(),
    "sent_at": pa.timestamp("us", "UTC"),
}
ORDER = (*TEXTS[:-1], "business_date", "sent_at", "message_id")
SCHEMA = pa.schema({name: TYPES[name] for name in ORDER})
LEFT = frozenset({states.CONFIRMED, states.UNKNOWN, states.CLAIMED})


def snapshot(settings: Settings, before: date) -> Path:
    """Write `messages.parquet`: messages of business dates before this one, as its first run saw them.

    States are those that runs of earlier dates left; what later runs changed is not told, so that a rerun
    decides on what its first run decided on. `sent_at` is when a message left or may have. A message that is
    held back, because the version that decided it was withdrawn, is left out: it may be decided again.

    Returns:
        The folder that holds the file, which says under which keys its hashes are.
    """
    engine = open_ledger(settings)
    under = {SNAPSHOT_UNDER: keys_of(engine).fingerprint}
    with engine.connect() as db:
        rows = _as_of(db, before)
    engine.dispose()
    folder = settings.warehouse / "ledger"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / ".messages.parquet.tmp"
    pq.write_table(
        pa.Table.from_pylist(rows, SCHEMA.with_metadata(under)),
        temporary,
        compression="zstd",
        write_page_checksum=True,
    )
    temporary.replace(folder / "messages.parquet")
    return folder


def _as_of(db: Connection, before: date) -> list[dict[str, Any]]:
    step = MessageTransition
    claimed_at = case((step.to_state == states.CLAIMED, step.at))
    latest = (
        select(
            step.message_key,
            step.to_state.label("state_then"),
            step.reason.label("reason_then"),
            func.max(claimed_at).over(partition_by=step.message_key).label("left_at"),
            func.row_number()
            .over(partition_by=step.message_key, order_by=step.transition_id.desc())
            .label("newest_first"),
        )
        .where(step.run_date < before)
        .subquery()
    )
    found = db.execute(
        select(Message.__table__, latest.c.state_then, latest.c.reason_then, latest.c.left_at)
        .join(latest, latest.c.message_key == Message.message_key)
        .where(
            latest.c.newest_first == 1,
            Message.business_date < before,
            or_(
                latest.c.state_then != states.PLANNED,
                latest.c.reason_then.is_distinct_from(states.VERSION_WITHDRAWN),
            ),
        )
        .order_by(Message.message_key)
    )
    return [_tell(row._asdict()) for row in found]


def _tell(row: dict[str, Any]) -> dict[str, Any]:
    then = row["state_then"]
    sent_at = row["left_at"] if then in LEFT else None
    told = {**row, "state": then, "reason": row["reason_then"], "sent_at": sent_at}
    return {name: told[name] for name in SCHEMA.names}
