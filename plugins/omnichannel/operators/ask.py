"""A question to a person, sent by mail and webhook, whose answer names what was asked."""

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator

from omnichannel.house import SETTINGS
from omnichannel.notifiers import QuestionNotifier


class AskOperator(HITLOperator):
    """Waits for Approve or Reject; no answer is a Reject. Both are answers: the task succeeds.

    What follows reads the answer itself, and records it. `ApprovalOperator` skips what follows instead, but
    Airflow loses that skip inside a mapped task group (apache/airflow#67265, docs/known-bugs.md).

    Args:
        question: what is asked, as the ledger names it; the answer carries it, so that the task that acts on
            the answer can see that it was given to this question.
    """

    APPROVE = "Approve"
    REJECT = "Reject"
    template_fields = (*HITLOperator.template_fields, "question")

    def __init__(self, question: str = "", **kwargs: Any) -> None:
        super().__init__(
            options=[self.APPROVE, self.REJECT],
            defaults=self.REJECT,
            execution_timeout=None,  # else it would end the waiting
            notifiers=[QuestionNotifier()],
            **kwargs,
        )
        self.question = question

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """The answer, with its question; where a second person is needed, who asked is asked for another.

        Airflow's API refuses such an answer before it is taken (`omnichannel.access`), and knows more ways to
        ask than starting the run; this stands behind it, whichever way an answer came.
        """
        by = (event.get("responded_by_user") or {}).get("name")
        if (
            SETTINGS.second_person
            and by
            and by == getattr(context.get("dag_run"), "triggering_user_name", None)
        ):
            self.log.warning(
                "Refused: %s started this run, and a second person must answer. Asking again.", by
            )
            HITLOperator.execute(self, context)  # ends by waiting
        return {**super().execute_complete(context, event), "question": self.question}
