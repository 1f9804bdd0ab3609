"""Tables of the ledger. No address stands here in the clear, only its hash under the installation's keys.

Times are aware datetimes in UTC. Business times come from the run's clock; `lease_until` and
`recorded_at` are wall time, for they only say who holds what right now.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC on every engine (SQLite has no zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; naive values are refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger takes aware datetimes only")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Root of the ledger's tables."""

    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: JSON()}  # noqa: RUF012 (SQLAlchemy's own form)


class Message(Base):
    """One message that may leave once: `message_key` = hash of journey, step and trigger."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_queue", "state", "channel", "due_at", "message_key"),
        Index("ix_messages_address", "address_hash"),
        Index("ix_messages_business_date", "business_date"),
    )

    message_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    journey: Mapped[str] = mapped_column(String(100))
    step: Mapped[str] = mapped_column(String(100))
    trigger_id: Mapped[str] = mapped_column(String(500))
    trigger_record: Mapped[str | None] = mapped_column(String(500))
    customer_id: Mapped[str] = mapped_column(String(64))
    contact_point_id: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(20))
    address_hash: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(20))
    business_date: Mapped[date]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(60))
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class MessageTransition(Base):
    """Every change of a message's state, and why. Rows are only added, until they expire.

    `run_date` is the business date of the run that made the change, so that the state as an
    earlier run saw it can be told again.
    """

    __tablename__ = "message_transitions"
    __table_args__ = (Index("ix_message_transitions_message", "message_key", "transition_id"),)

    transition_id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    message_key: Mapped[str] = mapped_column(ForeignKey("messages.message_key"))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(60))
    why: Mapped[str] = mapped_column(String(500))
    fence: Mapped[int]
    run_date: Mapped[date]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class AudiencePlan(Base):
    """What a night found for a sync: its size, who was held back and why, and what waits for a person.

    `question` is a hash of the operations that wait; an answer is to that question and no other.
    `withdrawn_at`: the version it was made from was withdrawn, and neither plan nor answer counts any more.
    """

    __tablename__ = "audience_plans"

    sync: Mapped[str] = mapped_column(String(100), primary_key=True)
    business_date: Mapped[date] = mapped_column(primary_key=True)
    members: Mapped[int]
    held_back: Mapped[dict[str, Any]]
    concerns: Mapped[dict[str, Any]] = mapped_column(default=dict)
    waiting: Mapped[dict[str, Any]] = mapped_column(default=dict)
    question: Mapped[str | None] = mapped_column(String(64))
    answer: Mapped[str | None] = mapped_column(String(10))
    answered_by: Mapped[str | None] = mapped_column(String(200))
    answered_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class AudienceBatch(Base):
    """One delivery's worth of operations; `batch_id` is a hash of its content and what it builds on.

    `question`: what a person was asked when it waited, if it did.
    """

    __tablename__ = "audience_batches"
    __table_args__ = (Index("ix_audience_batches_sync", "sync", "business_date"),)

    batch_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    sync: Mapped[str] = mapped_column(String(100))
    destination: Mapped[str] = mapped_column(String(100))
    audience: Mapped[str] = mapped_column(String(100))
    business_date: Mapped[date]
    ordinal: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(60))
    question: Mapped[str | None] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(300))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]


class AudienceOperation(Base):
    """One member's change within a batch: add, remove or update; `refused`: why the destination did not."""

    __tablename__ = "audience_operations"

    batch_id: Mapped[str] = mapped_column(ForeignKey("audience_batches.batch_id"), primary_key=True)
    member: Mapped[str] = mapped_column(String(64), primary_key=True)
    operation: Mapped[str] = mapped_column(String(10))
    payload_hash: Mapped[str] = mapped_column(String(64))
    refused: Mapped[str | None] = mapped_column(String(60))


class AudienceMember(Base):
    """What a destination was told of a member, per sync, with its hash, and what is known of it since.

    `standing`: held; uncertain (an answer was lost: it may hold this or what was told before); refused
    (it does not take this member as told; `reason` says why).
    """

    __tablename__ = "audience_members"

    sync: Mapped[str] = mapped_column(String(100), primary_key=True)
    member: Mapped[str] = mapped_column(String(64), primary_key=True)
    payload_hash: Mapped[str] = mapped_column(String(64))
    batch_id: Mapped[str] = mapped_column(ForeignKey("audience_batches.batch_id"))
    standing: Mapped[str] = mapped_column(String(10), default="held")
    reason: Mapped[str | None] = mapped_column(String(60))


class HashedUnder(Base):
    """Under how many keys the hashes of all tables are, and by which fingerprint these are known; one row.

    None: the hashes are plain, from before there were keys.
    """

    __tablename__ = "hash_keys"

    count_keys: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime]
