"""What waits for a person and who answered; receipts member by member; references of any destination."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


RENAMED = {"file_path": "reference", "file_sha256": "fingerprint"}


def upgrade() -> None:
    """Add the columns; what stands in the ledger already was held, and nothing of it waits."""
    for name in ("concerns", "waiting"):
        op.add_column("audience_plans", sa.Column(name, sa.JSON, nullable=False, server_default="{}"))
    op.add_column("audience_plans", sa.Column("question", sa.String(64)))
    op.add_column("audience_plans", sa.Column("answer", sa.String(10)))
    op.add_column("audience_plans", sa.Column("answered_by", sa.String(200)))
    op.add_column("audience_plans", sa.Column("answered_at", MOMENT))
    for old, new in RENAMED.items():
        _rename(old, new)
    op.add_column("audience_batches", sa.Column("question", sa.String(64)))
    op.add_column("audience_operations", sa.Column("refused", sa.String(60)))
    standing = sa.Column("standing", sa.String(10), nullable=False, server_default="held")
    op.add_column("audience_members", standing)
    op.add_column("audience_members", sa.Column("reason", sa.String(60)))


def downgrade() -> None:
    """Take the columns away, and with them who answered what and which members were refused."""
    op.drop_column("audience_members", "reason")
    op.drop_column("audience_members", "standing")
    op.drop_column("audience_operations", "refused")
    op.drop_column("audience_batches", "question")
    for old, new in RENAMED.items():
        _rename(new, old)
    for name in ("answered_at", "answered_by", "answer", "question", "waiting", "concerns"):
        op.drop_column("audience_plans", name)


def _rename(old: str, new: str) -> None:
    # In words: on SQLite, Alembic would make the table anew, which other tables' keys forbid.
    op.execute(f"alter table audience_batches rename column {old} to {new}")
