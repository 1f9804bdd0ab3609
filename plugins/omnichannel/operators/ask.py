"""A question to a person, told by mail and webhook, whose answer names what was asked."""

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator

from omnichannel.notifiers import QuestionNotifier


class AskOperator(ApprovalOperator):
    """Waits for Approve or Reject; no answer is a Reject.

    Args:
        question: what is asked, as the ledger names it; the answer carries it, so that whoever acts on the
            answer can see that it was given to this question.
    """

    template_fields = (*ApprovalOperator.template_fields, "question")

    def __init__(self, question: str = "", **kwargs: Any) -> None:
        super().__init__(
            defaults=self.REJECT,
            execution_timeout=None,  # else it would end the waiting
            notifiers=[QuestionNotifier()],
            **kwargs,
        )
        self.question = question

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """The answer, with its question."""
        return {**super().execute_complete(context, event), "question": self.question}
