"""From an Airflow connection to what `include` needs to reach a system."""

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from include.connections import Connection, checked, missing
from include.destinations import load_destinations


def connection(conn_id: str) -> Connection:
    """The connection of a system that a task cannot do without.

    Raises:
        FixConnection: there is none; it says what it must look like and where to set it.
    """
    try:
        return look_up(conn_id)
    except AirflowNotFoundException:
        raise missing(conn_id) from None


def connections_of_messages() -> dict[str, Connection]:
    """Connections of the destinations that carry messages, by conn_id.

    Raises:
        FixConnection: one is missing. FixDeclaration: a destination is declared wrongly.
    """
    destinations = load_destinations().values()
    names = sorted({d.connection for d in destinations if d.carries == "messages"})
    return {conn_id: connection(conn_id) for conn_id in names}


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
