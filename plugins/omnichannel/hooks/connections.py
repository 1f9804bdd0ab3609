"""From an Airflow connection to what `include` needs to reach a system."""

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from include.connections import Connection, checked, missing


def connection(conn_id: str) -> Connection:
    """The connection of a system that a task cannot do without.

    Raises:
        FixConnection: there is none; it says what it must look like and where to set it.
    """
    try:
        return look_up(conn_id)
    except AirflowNotFoundException:
        raise missing(conn_id) from None


def look_up(conn_id: str) -> Connection:
    """Look the connection up where Airflow keeps it (environment, secrets backend, database).

    Raises:
        AirflowNotFoundException: there is none.
        FixConnection: its extra is no JSON object.
    """
    found = BaseHook.get_connection(conn_id)
    return checked(
        Connection(
            conn_id=conn_id,
            conn_type=found.conn_type or "",
            host=found.host or "",
            port=found.port,
            login=found.login or "",
            password=found.password or "",
            schema=found.schema or "",
            extra=found.extra_dejson,
        )
    )
