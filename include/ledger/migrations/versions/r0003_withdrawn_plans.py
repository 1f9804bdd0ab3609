"""When the version on which an audience was planned was withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no plan of before was withdrawn."""
    op.add_column("audience_plans", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take the column away: withdrawn plans of later dates count again."""
    op.drop_column("audience_plans", "withdrawn_at")
