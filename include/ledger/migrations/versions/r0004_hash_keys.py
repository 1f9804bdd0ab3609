"""Under which keys of the installation the ledger's hashes are; they are brought under them at opening."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: all hashes are plain so far. include/ledger/hashes.py changes that."""
    op.create_table(
        "hash_keys",
        sa.Column("count_keys", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Take the table away. Hashes stay under their keys, for no key can be taken off: restore a backup."""
    op.drop_table("hash_keys")
