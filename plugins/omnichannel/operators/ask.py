"""A question to a person, sent by mail and webhook, whose answer names what was asked."""

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator

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
        """The answer, with its question."""
        return {**super().execute_complete(context, event), "question": self.question}
