"""From an Airflow connection to what `include` needs to reach a system."""

from airflow.sdk import BaseHook

from include.connections import Connection


def connection(conn_id: str) -> Connection:
    """Look the connection up where Airflow keeps it (environment, secrets backend, database)."""
    found = BaseHook.get_connection(conn_id)
    return Connection(
        conn_id=conn_id,
        conn_type=found.conn_type or "",
        host=found.host or "",
        port=found.port,
        login=found.login or "",
        password=found.password or "",
        schema=found.schema or "",
        extra=found.extra_dejson,
    )
