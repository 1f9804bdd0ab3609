"""Between two nights: send what has become due, and keep the night's report true."""

from collections.abc import Callable, Mapping

from include.connections import Connection
from include.ledger.dispatch import dispatch
from include.report import write_report
from include.sending import newest_date
from include.settings import Settings


def send_due(settings: Settings, connections: Callable[[], Mapping[str, Connection]]) -> dict[str, int]:
    """Dispatch as of the newest published date; nothing before the first publish.

    It may run beside the night's own dispatch: each message is claimed by one of them. What it changed
    belongs to that date's report, which is written again if it has been written already.

    Args:
        connections: asked for by conn_id, once something is published.

    Returns:
        How many changed to each state, as `dispatch` tells.

    Raises:
        FixConnection: the destination refuses us.
        RetryLater: the destination cannot be reached; what was not handed over stays planned.
        FixDeclaration: a template breaks the brand guide or does not render.
    """
    newest = newest_date(settings)
    if newest is None:
        return {}
    try:
        return dispatch(settings, newest, connections())
    finally:  # some may have left before it failed
        if (settings.reports / str(newest) / "summary.json").exists():
            write_report(settings, newest)
