"""What waits for a person and who answered; receipts member by member; references of any destination."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; what stands in the ledger already was held, and nothing of it waits."""
    with op.batch_alter_table("audience_plans") as table:
        table.add_column(sa.Column("concerns", sa.JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("waiting", sa.JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("question", sa.String(64)))
        table.add_column(sa.Column("answer", sa.String(10)))
        table.add_column(sa.Column("answered_by", sa.String(200)))
        table.add_column(sa.Column("answered_at", MOMENT))
    with op.batch_alter_table("audience_batches") as table:
        table.alter_column("file_path", new_column_name="reference")
        table.alter_column("file_sha256", new_column_name="fingerprint")
        table.add_column(sa.Column("question", sa.String(64)))
    with op.batch_alter_table("audience_operations") as table:
        table.add_column(sa.Column("refused", sa.String(60)))
    with op.batch_alter_table("audience_members") as table:
        table.add_column(sa.Column("standing", sa.String(10), nullable=False, server_default="held"))
        table.add_column(sa.Column("reason", sa.String(60)))


def downgrade() -> None:
    """Take the columns away, and with them who answered what and which members were refused."""
    with op.batch_alter_table("audience_members") as table:
        table.drop_column("reason")
        table.drop_column("standing")
    with op.batch_alter_table("audience_operations") as table:
        table.drop_column("refused")
    with op.batch_alter_table("audience_batches") as table:
        table.drop_column("question")
        table.alter_column("fingerprint", new_column_name="file_sha256")
        table.alter_column("reference", new_column_name="file_path")
    with op.batch_alter_table("audience_plans") as table:
        for name in ("answered_at", "answered_by", "answer", "question", "waiting", "concerns"):
            table.drop_column(name)
