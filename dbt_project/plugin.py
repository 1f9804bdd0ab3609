"""A plugin of dbt-duckdb, which profiles.yml names: dbt knows the functions of include/normalise."""

import atexit

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from include.warehouse.functions import register


class Plugin(BasePlugin):  # type: ignore[misc]
    """What dbt-duckdb looks for in the module."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Called once for each database that dbt opens; its threads' cursors share the functions."""
        register(conn)
        atexit.register(conn.close)  # a connection that outlives the interpreter complains of its functions
