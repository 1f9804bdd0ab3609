"""How Alembic runs here: on the connection, and in the transaction, that `store` opened."""

from alembic import context

from include.ledger.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
