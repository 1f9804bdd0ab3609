"""How Airflow opens its metadata where that is a SQLite file (`[database] sql_alchemy_connect_args`).

Airflow opens a savepoint before it looks for a run and creates it (backfills, asset events). In SQLite that
begins a transaction which reads; once another process has written, it may not write any more: *database is
locked*, at once, however long the time-out (apache/airflow#66726, apache/airflow#68699).
"""

import sqlite3
import sys
from typing import Any

# The API server writes its audit log on its event loop, which the holder of the lock may need to go on:
# waiting long there is standing still for as long.
BUSY_SECONDS = 5 if "api-server" in sys.argv else 30


class Cursor(sqlite3.Cursor):
    """A cursor that takes the write lock before the savepoint that would begin a transaction."""

    def execute(self, statement: str, *parameters: Any) -> "Cursor":
        """Run one statement; wait up to `BUSY_SECONDS` for other writers."""
        if statement.startswith("SAVEPOINT") and not self.connection.in_transaction:
            super().execute("BEGIN IMMEDIATE")
        super().execute(statement, *parameters)
        return self


class Connection(sqlite3.Connection):
    """A connection whose cursors wait for the write lock as `Cursor` does."""

    def cursor(self, factory: Any = Cursor) -> Any:
        """A new cursor."""
        return super().cursor(factory)


CONNECT_ARGS = {"timeout": BUSY_SECONDS, "factory": Connection}
