"""First ledger: messages and their history; audience plans, batches, operations and members."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create all tables."""
    _messages()
    _audiences()


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("message_key", sa.String(64), primary_key=True),
        sa.Column("journey", sa.String(100), nullable=False),
        sa.Column("step", sa.String(100), nullable=False),
        sa.Column("trigger_id", sa.String(500), nullable=False),
        sa.Column("trigger_record", sa.String(500)),
        sa.Column("customer_id", sa.String(64), nullable=False),
        sa.Column("contact_point_id", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("message_id", sa.String(200), nullable=False, unique=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(60)),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("claimed_at", MOMENT),
        sa.Column("sent_at", MOMENT),
        sa.Column("settled_at", MOMENT),
    )
    op.create_index("ix_messages_queue", "messages", ["state", "channel", "due_at", "message_key"])
    op.create_index("ix_messages_address", "messages", ["address_hash"])
    op.create_index("ix_messages_business_date", "messages", ["business_date"])
    op.create_table(
        "message_transitions",
        sa.Column("transition_id", COUNTED, primary_key=True, autoincrement=True),
        sa.Column("message_key", sa.String(64), sa.ForeignKey("messages.message_key"), nullable=False),
        sa.Column("from_state", sa.String(20)),
        sa.Column("to_state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(60)),
        sa.Column("why", sa.String(500), nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("run_date", sa.Date, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("ix_message_transitions_message", "message_transitions", ["message_key", "transition_id"])


def _audiences() -> None:
    op.create_table(
        "audience_plans",
        sa.Column("sync", sa.String(100), primary_key=True),
        sa.Column("business_date", sa.Date, primary_key=True),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Column("held_back", sa.JSON, nullable=False),
    )
    op.create_table(
        "audience_batches",
        sa.Column("batch_id", sa.String(64), primary_key=True),
        sa.Column("sync", sa.String(100), nullable=False),
        sa.Column("destination", sa.String(100), nullable=False),
        sa.Column("audience", sa.String(100), nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(60)),
        sa.Column("file_path", sa.String(300), nullable=False),
        sa.Column("file_sha256", sa.String(64)),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("claimed_at", MOMENT),
        sa.Column("acknowledged_at", MOMENT),
    )
    op.create_index("ix_audience_batches_sync", "audience_batches", ["sync", "business_date"])
    batch = sa.ForeignKey("audience_batches.batch_id")
    op.create_table(
        "audience_operations",
        sa.Column("batch_id", sa.String(64), batch, primary_key=True),
        sa.Column("member", sa.String(64), primary_key=True),
        sa.Column("operation", sa.String(10), nullable=False),
        sa.Column("payload_hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "audience_members",
        sa.Column("sync", sa.String(100), primary_key=True),
        sa.Column("member", sa.String(64), primary_key=True),
        sa.Column("payload_hash", sa.String(64), nullable=False),
        sa.Column("batch_id", sa.String(64), sa.ForeignKey("audience_batches.batch_id"), nullable=False),
    )


def downgrade() -> None:
    """Drop all tables: the record of what left would be lost, so only on an empty ledger."""
    for table in (
        "audience_members",
        "audience_operations",
        "audience_batches",
        "audience_plans",
        "message_transitions",
        "messages",
    ):
        op.drop_table(table)
