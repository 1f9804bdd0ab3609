"""A plugin of dbt-duckdb, which profiles.yml names: dbt knows our functions, and can reach nothing else.

dbt-duckdb calls `configure_connection` once for each database it opens, before any query of a model;
whatever its profile says under `settings` is set later, for each cursor, and must stay empty
(include/warehouse/confine.py).
"""

import atexit

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from include.warehouse.confine import confine
from include.warehouse.functions import register
from include.warehouse.handed import Handed, handed


class Plugin(BasePlugin):  # type: ignore[misc]
    """What dbt-duckdb looks for in the module."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Called once for each database that dbt opens; its threads' cursors share functions and limits."""
        given = handed()
        register(conn, given.keys if given else None)
        confine(conn, (given or Handed()).folders, (given or Handed()).files)
        atexit.register(conn.close)  # a connection that outlives the interpreter complains of its functions
