"""What went to destinations as audience changes, sync by sync, counted in members."""

from datetime import date
from typing import Any

from sqlalchemy import Engine, Select, func, select

from include.ledger.batches import ACKNOWLEDGED, VOID, WAITING
from include.ledger.exposures import Sync, load_syncs
from include.ledger.models import AudienceBatch, AudienceOperation, AudiencePlan
from include.ledger.states import CONFIRMED, REJECTED
from include.report.figures import Figures, count, hold_back, nothing

WAITS_FOR_APPROVAL = "waits_for_approval"


def sync_figures(ledger: Engine, business_date: date) -> dict[str, Figures]:
    """Sync → its audience and destination, the changes of that night by outcome, who was held back."""
    figures = {sync.name: _nothing(sync) for sync in sorted(load_syncs(), key=lambda sync: sync.name)}
    with ledger.connect() as connection:
        for plan in connection.execute(_plans(business_date)):
            if plan.sync in figures:
                figures[plan.sync]["members"] = plan.members
                for reason, n in sorted(plan.held_back.items()):
                    hold_back(figures[plan.sync], reason, n)
        for sync, state, is_refused, n in connection.execute(_operations(business_date)):
            if sync in figures and state == WAITING:
                hold_back(figures[sync], WAITS_FOR_APPROVAL, n)
            elif sync in figures:
                done = REJECTED if is_refused else CONFIRMED
                count(figures[sync], done if state == ACKNOWLEDGED else state, n)
    return figures


def _nothing(sync: Sync) -> Figures:
    return {"audience": sync.audience, "destination": sync.destination.name, "members": 0, **nothing()}


def _plans(business_date: date) -> Select[*tuple[Any, ...]]:
    plan = AudiencePlan
    return select(plan.sync, plan.members, plan.held_back).where(plan.business_date == business_date)


def _operations(business_date: date) -> Select[str, str, bool, int]:
    is_refused = AudienceOperation.refused.is_not(None).label("is_refused")
    return (
        select(AudienceBatch.sync, AudienceBatch.state, is_refused, func.count(AudienceOperation.member))
        .join(AudienceOperation, AudienceOperation.batch_id == AudienceBatch.batch_id)
        .where(AudienceBatch.business_date == business_date, AudienceBatch.state != VOID)
        .group_by(AudienceBatch.sync, AudienceBatch.state, is_refused)
    )
