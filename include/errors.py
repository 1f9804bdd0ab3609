"""Errors that say who must act. One root; a subclass a remedy."""


class OmniError(Exception):
    """Root of the platform's own errors."""


class FixDeclaration(OmniError):
    """A YAML declaration in this repository is wrong: edit the file and line it names."""


class FixRequest(OmniError):
    """What a person asked for cannot be done (a date that has not ended): start it with other values."""


class FixConnection(OmniError):
    """Credentials or addresses are refused: mend the Airflow connection. Never retried."""


class FixSource(OmniError):
    """A source broke its contract (columns, types, an empty feed): its owner must act. Never retried."""


class FixPayload(OmniError):
    """A destination refused what was sent as malformed. Never retried as it is."""


class CheckFailed(OmniError):
    """A critical data-quality check failed: the gate stays shut. Never retried."""


class RetryLater(OmniError):
    """The other side is busy or down for now. Retried with back-off.

    `retry_after` is the wait in seconds that the other side asked for, if it did.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OutcomeUnknown(OmniError):
    """It may or may not have been accepted. Never sent again; settled from the receiver's word."""
