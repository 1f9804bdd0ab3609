"""Take a wrong version back: readers, builds and deliveries see the newest one that remains.

Killed anywhere and run again, it ends the same. From the moment at which the version is marked, no build
starts from it and no delivery is planned on it; then `current` moves, in one step, and what was planned on
the version is void in the ledger. Its folder and its warehouse file stay until the next publish removes
them: a process that is reading them reads on, and what was wrong can be looked at.
"""

import json
from dataclasses import dataclass
from datetime import date

from include import durable
from include.errors import FixRequest
from include.failpoints import failpoint
from include.ledger.withdrawn import withdraw_plans
from include.settings import Settings
from include.warehouse import published, versions
from include.warehouse.candidate import candidate_file, variables_file

NOTHING = {"plans": 0, "batches": 0, "messages": 0}


@dataclass(frozen=True)
class Withdrawal:
    """What became of it: `readers_see` is the version that `current` names now.

    `void`: how many plans and batches of audiences count no more, and how many messages are held back.
    `built_later`: standing versions of later dates; what they remember may come from the withdrawn one.
    """

    version: str
    readers_see: str
    was_withdrawn_before: bool
    void: dict[str, int]
    built_later: tuple[str, ...]

    def __str__(self) -> str:
        """In a sentence or two, for the log."""
        if self.was_withdrawn_before:
            return f"{self.version} is withdrawn already. Readers see {self.readers_see}."
        counts = ", ".join(f"{name} {n:,}" for name, n in self.void.items())
        later = ", ".join(self.built_later)
        also = f" Built later, look at these too: {later}." if later else ""
        return f"{self.version} is withdrawn. Readers see {self.readers_see}. Void: {counts}.{also}"


def withdraw(settings: Settings, version: str) -> Withdrawal:
    """Withdraw a published version. Withdrawing it a second time changes nothing.

    Only where no build is at work: in the pool `warehouse`.

    Raises:
        FixRequest: no such version stands, or no other one does: then readers would see nothing.
    """
    before = versions.withdrawn(settings).get(version)
    if before:
        return _describe(settings, version, None)
    if before is None:
        _refuse(settings, version)
        _drop_candidate(settings, version)
        versions.mark_withdrawn(settings, version, is_complete=False)
    _move_pointer(settings)
    # what the ledger holds of the date is then of the version that was published after it
    is_superseded = versions.is_superseded(settings, version)
    void = NOTHING if is_superseded else withdraw_plans(settings, versions.date_of(version))
    versions.mark_withdrawn(settings, version, is_complete=True)
    return _describe(settings, version, void)


def _refuse(settings: Settings, version: str) -> None:
    standing = versions.standing(settings)
    if version not in standing:
        listed = ", ".join(standing) or "none"
        raise FixRequest(f"no version {version} stands published. These do: {listed}")
    if standing == [version]:
        raise FixRequest(
            f"{version} is the only version: without it readers would see nothing. Correct what is wrong and "
            f"build a date again with build_customer360, then withdraw this one if it still stands"
        )


def _drop_candidate(settings: Settings, version: str) -> None:
    """Take the candidate away if it is that version or began as its copy: publishing would bring it back.

    What stands in the way of its build then names the remedy: clear `open_candidate` with downstream.
    """
    failpoint("withdraw.before_candidate")
    if _stands_on(settings, version):
        candidate = candidate_file(settings)
        for path in (candidate, candidate.with_name(f"{candidate.name}.wal")):
            path.unlink(missing_ok=True)
    failpoint("withdraw.after_candidate")


def _stands_on(settings: Settings, version: str) -> bool:
    """Asked while the version still stands; a candidate of which nothing is known may stand on it."""
    path = variables_file(settings)
    if not path.exists():
        return True
    opened_for = date.fromisoformat(json.loads(path.read_text())["business_date"])
    before = published.previous(settings, opened_for)
    return opened_for == versions.date_of(version) or (before is not None and before.name == version)


def _move_pointer(settings: Settings) -> None:
    """Point `current` at the newest version that remains, unless it stands there."""
    newest, now = versions.standing(settings)[-1], published.current(settings)
    if now is None or now.name != newest:
        durable.write_text(settings.published / "current", f"{newest}\n", "withdraw.current")


def _describe(settings: Settings, version: str, void: dict[str, int] | None) -> Withdrawal:
    now = published.current(settings)
    day = versions.date_of(version)
    later = tuple(name for name in versions.standing(settings) if versions.date_of(name) > day)
    return Withdrawal(version, now.name if now else "nothing", void is None, void or NOTHING, later)
