"""The last step of a build: let audiences and messages of the date follow, ask first, or hold them back."""

from datetime import timedelta
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from omnichannel.house import CUSTOMERS_PUBLISHED, SETTINGS, announce, business_date
from omnichannel.operators.ask import AskOperator

BODY = """\
Readers keep the newest date; audiences and messages of this past one would leave **now**.

*Approve*: audiences change only where the destination has not seen a later date; messages go out that
were never sent, are not expired, and pass today's consent and suppressions.
*Reject*, or no answer: nothing leaves.
"""


class StartSendingOperator(AskOperator):
    """Announces the published version: at once for the newest date, after a yes for a past one.

    Skipped means that the date is published and nothing of it leaves; the log says why.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            subject="Send a past date?",
            body=BODY,
            response_timeout=timedelta(hours=4),
            outlets=[CUSTOMERS_PUBLISHED],
            **kwargs,
        )

    def execute(self, context: Any) -> Any:
        """Announce, skip, or ask and wait."""
        from include.sending import Answer, decide

        day, asked = business_date(context), context["params"].get("send", "auto")
        sending = decide(SETTINGS, day, asked, is_backfill=context["dag_run"].run_type == "backfill")
        self.log.info("%s", sending.why)
        if sending.answer is Answer.HOLD:
            raise AirflowSkipException(sending.why)
        if sending.answer is Answer.ASK:
            self.subject = f"Send {day}? {sending.why}"
            return super().execute(context)
        self._announce(context)
        return None

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Announce if a person said yes."""
        given = super().execute_complete(context, event)
        if given["chosen_options"] != [self.APPROVE]:
            self.log.info("Not approved: nothing is sent.")
            raise AirflowSkipException("Not approved: nothing is sent.")
        self._announce(context)
        return given

    def _announce(self, context: Any) -> None:
        """Name the version that this run published: by it a delivery knows whether it was what was meant.

        The date's newest version could be another one, rebuilt while a question waited for its answer.
        """
        version = context["ti"].xcom_pull(task_ids="publish_version")
        announce(CUSTOMERS_PUBLISHED, context, version=version)
