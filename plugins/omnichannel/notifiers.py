"""Tell a person by mail and by webhook that a task has failed for good, or that a run is late.

Where to is said by the connections `alerts_smtp` (extra: `to`, `from`, `starttls`) and `alerts_webhook`
(its password, if any, goes along as a bearer token). One that is not there sends nothing, and says so once.
"""

import smtplib
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any, ClassVar
from urllib.parse import quote

from airflow.sdk import BaseNotifier
from airflow.sdk.exceptions import AirflowNotFoundException

from include.alerts import Alert, Trouble, of_failure, of_lateness
from include.connections import Connection

TIMEOUT = 20


class _Notifier(BaseNotifier):
    """Finds its connection, makes the alert and hands both to `deliver`."""

    conn_id: ClassVar[str]

    def notify(self, context: Any) -> None:
        """Tell of the failed task in `context`."""
        self.tell(_failure(context))

    def tell(self, alert: Alert) -> None:
        """Deliver one alert, if it is said where to."""
        from omnichannel.hooks.connections import connection

        try:
            found = connection(self.conn_id)
        except AirflowNotFoundException:
            self.log.info("No connection %s: nobody is told this way", self.conn_id)
            return
        self.deliver(alert, found)

    def deliver(self, alert: Alert, where: Connection) -> None:
        """Send the alert; what goes wrong is raised, and logged by who called."""
        raise NotImplementedError


class MailNotifier(_Notifier):
    """A plain mail over the connection `alerts_smtp`."""

    conn_id = "alerts_smtp"

    def deliver(self, alert: Alert, where: Connection) -> None:
        """Send it to `to`, which may name several, separated by commas."""
        mail = EmailMessage()
        mail["From"], mail["To"] = where.extra["from"], where.extra["to"]
        mail["Subject"] = f"[omnichannel] {alert.subject}"
        mail.set_content(alert.text())
        with smtplib.SMTP(where.host, where.port or 25, timeout=TIMEOUT) as server:
            if where.extra.get("starttls"):
                server.starttls()
            if where.login:
                server.login(where.login, where.password)
            server.send_message(mail)


class WebhookNotifier(_Notifier):
    """A POST of JSON to the connection `alerts_webhook`; the key `text` is what chat systems show."""

    conn_id = "alerts_webhook"

    def deliver(self, alert: Alert, where: Connection) -> None:
        """Post it."""
        import httpx

        headers = {"Authorization": f"Bearer {where.password}"} if where.password else {}
        answer = httpx.post(where.base_url, json=alert.facts(), headers=headers, timeout=TIMEOUT)
        answer.raise_for_status()


async def tell_late(context: Mapping[str, Any], hours: float) -> None:
    """Tell of a run that missed its deadline; the triggerer calls this."""
    from asgiref.sync import sync_to_async

    await sync_to_async(_tell_late)(context["dag_run"], hours)


def _tell_late(run: Mapping[str, Any], hours: float) -> None:
    from airflow.sdk.configuration import conf

    from include.settings import load

    base = conf.get("api", "base_url", fallback="http://localhost:8080").rstrip("/")
    link = f"{base}/dags/{run['dag_id']}/runs/{quote(run['dag_run_id'])}"
    alert = of_lateness(load(), run["dag_id"], run["dag_run_id"], hours, link)
    for notifier in (MailNotifier(), WebhookNotifier()):
        try:
            notifier.tell(alert)
        except Exception as error:  # one that cannot be reached must not silence the other
            notifier.log.error("Could not tell by %s: %s", notifier.conn_id, type(error).__name__)


def _failure(context: Mapping[str, Any]) -> Alert:
    from omnichannel.house import SETTINGS, business_date

    ti, dag = context["ti"], context["dag"]
    try:
        day = business_date(context)
    except ValueError:
        day = None
    trouble = Trouble(
        dag_id=ti.dag_id,
        task_id=ti.task_id,
        label=str(getattr(ti, "rendered_map_index", None) or ""),
        day=day,
        started=ti.start_date and ti.start_date.astimezone(SETTINGS.zone),
        tries=ti.try_number,
        guide=dag.doc_md or "",
        link=ti.log_url,
        is_optional="optional" in dag.tags,
    )
    return of_failure(SETTINGS, trouble, context.get("exception"))
