"""The places in a landing at which a drill may kill the process."""

from include.failpoints import failpoint

POINTS = (
    "before_stage",
    "in_stage",
    "before_seal",
    "after_seal",
    "after_verify",
    "before_check",
    "after_check",
    "before_quarantine",
    "quarantine_renamed",
    "after_quarantine",
    "before_data",
    "data_renamed",
    "after_data",
    "after_commit",
    "before_runlog",
    "after_runlog",
)


def point(where: str, stream: str) -> None:
    """Die here if a drill names `landing.<where>` or `landing.<where>.<stream>`."""
    failpoint(f"landing.{where}")
    failpoint(f"landing.{where}.{stream}")
