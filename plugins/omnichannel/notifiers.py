"""Tell a person by mail and by webhook that a task has failed for good or asks, or that a run is late.

Where to is said by the connections `alerts_smtp` (extra: `to`, `from`) and `alerts_webhook` (its password, if
any, goes along as a bearer token), both over TLS that verifies. One that is not there sends nothing, and says
so once.
"""

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, ClassVar
from urllib.parse import quote

from airflow.sdk import BaseNotifier
from airflow.sdk.exceptions import AirflowNotFoundException

from include.alerts import Alert, Trouble, describe, of_failure, of_lateness, of_question
from include.connections import Connection, fits_header, unfit
from include.errors import FixConnection, OmniError, RetryLater

TIMEOUT = 20
UNFINISHED = ("queued", "running")


class _Notifier(BaseNotifier):
    """Finds its connection, makes the alert and hands both to `deliver`."""

    conn_id: ClassVar[str]

    def notify(self, context: Any) -> None:
        """Tell of the failed task in `context`."""
        self.tell(_failure(context))

    def tell(self, alert: Alert) -> None:
        """Deliver one alert, if it is said where to."""
        from omnichannel.hooks.connections import look_up

        try:
            found = look_up(self.conn_id)
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
        """Send it to `to`, which may name several, separated by commas; each is tried.

        Raises:
            OmniError: the relay is not there, refuses us or an address, or `to` or `from` is missing.
        """
        from include.senders.base import closing_quietly
        from include.senders.transports.smtp import SmtpTransport

        where.require("extra.from", "extra.to")
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = where.extra["from"], where.extra["to"]
        mail["Subject"] = f"[omnichannel] {alert.subject}"
        mail.set_content(alert.text(), cte="quoted-printable")
        failed: list[OmniError] = []
        with closing_quietly(SmtpTransport(where, TIMEOUT, needs_login=False)) as session:
            for to in mail["To"].addresses:
                try:
                    session.deliver(mail["From"].addresses[0].addr_spec, to.addr_spec, mail.as_bytes())
                except OmniError as error:
                    failed.append(error)
        if failed:
            raise failed[0]


class WebhookNotifier(_Notifier):
    """A POST of JSON to the connection `alerts_webhook`; the key `text` is what chat systems show."""

    conn_id = "alerts_webhook"

    def deliver(self, alert: Alert, where: Connection) -> None:
        """Post it. The path of a webhook is often its secret: no error names it.

        Raises:
            FixConnection: its address is none, or it refuses us.
            RetryLater: it is not there, or in trouble.
        """
        import httpx

        from include.answers import Session
        from include.networks import tls_fault

        where.require("host")
        if not fits_header(where.password):
            raise unfit(where, "its password holds characters that no HTTP header may hold")
        headers = {"Authorization": f"Bearer {where.password}"} if where.password else {}
        try:
            with (
                Session(where, TIMEOUT, headers, seconds=TIMEOUT) as session,
                session.asked("POST", where.base_url, json=alert.facts()) as answer,
            ):
                pass  # its body is not read: the status alone decides
        except httpx.RequestError as error:
            if fault := tls_fault(error):
                raise FixConnection(f"{self.conn_id}: {fault}") from None
            raise RetryLater(f"{self.conn_id}: not reached ({type(error).__name__})") from None
        except (httpx.InvalidURL, ValueError):
            raise FixConnection(f"{self.conn_id}: its address or its password cannot be used") from None
        if not answer.is_success:
            kind = RetryLater if answer.is_server_error else FixConnection
            raise kind(f"{self.conn_id}: it answered {answer.status_code}")


async def tell_late(context: Mapping[str, Any], hours: float) -> None:
    """Send the alert of a run that missed its deadline and still goes on; the triggerer calls this.

    Airflow keeps the deadline of a run that has failed (apache/airflow#60927, docs/known-bugs.md): its failed
    task has sent an alert already.
    """
    from asgiref.sync import sync_to_async

    if context["dag_run"]["state"] in UNFINISHED:
        await sync_to_async(_tell_late)(context["dag_run"], hours)


def _tell_late(run: Mapping[str, Any], hours: float) -> None:
    from airflow.sdk.configuration import conf

    from include.settings import load

    base = conf.get("api", "base_url", fallback="http://localhost:8080").rstrip("/")
    link = f"{base}/dags/{run['dag_id']}/runs/{quote(run['dag_run_id'])}"
    _tell_all(of_lateness(load(), run["dag_id"], run["dag_run_id"], hours, link))


class QuestionNotifier(BaseNotifier):
    """Tells both ways that a task waits for a person's yes or no."""

    def notify(self, context: Any) -> None:
        """Tell of the question in `context`; the question is asked in any case."""
        task = context["task"]
        hours = task.response_timeout.total_seconds() / 3600
        _tell_all(of_question(_trouble(context), task.subject, hours))


def _tell_all(alert: Alert) -> None:
    for notifier in (MailNotifier(), WebhookNotifier()):
        try:
            notifier.tell(alert)
        except Exception as error:  # one that cannot be reached must not silence the other
            notifier.log.error("Could not tell by %s: %s", notifier.conn_id, describe(error))


def _failure(context: Mapping[str, Any]) -> Alert:
    from omnichannel.house import SETTINGS

    return of_failure(SETTINGS, _trouble(context), context.get("exception"))


def _trouble(context: Mapping[str, Any]) -> Trouble:
    from omnichannel.house import SETTINGS, date_of_run

    ti, dag = context["ti"], context["dag"]
    return Trouble(
        dag_id=ti.dag_id,
        task_id=ti.task_id,
        label=str(getattr(ti, "rendered_map_index", None) or ""),
        day=date_of_run(context),
        started=ti.start_date and ti.start_date.astimezone(SETTINGS.zone),
        tries=ti.try_number,
        guide=dag.doc_md or "",
        link=ti.log_url,
        is_optional="optional" in dag.tags,
    )
