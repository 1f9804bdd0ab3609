"""What went to destinations as audience changes, sync by sync, counted in members."""

from datetime import date

from sqlalchemy import Engine, Select, func, select

from include.ledger.models import AudienceBatch, AudienceOperation, AudiencePlan
from include.ledger.syncs import load_syncs
from include.report.figures import Figures, count, hold_back, nothing


def sync_figures(ledger: Engine, business_date: date) -> dict[str, Figures]:
    """Sync → its audience and destination, the changes of that night by outcome, who was held back."""
    figures: dict[str, Figures] = {
        sync.name: {"audience": sync.audience, "destination": sync.destination, "members": 0, **nothing()}
        for sync in sorted(load_syncs(), key=lambda sync: sync.name)
    }
    with ledger.connect() as connection:
        plans = select(AudiencePlan.sync, AudiencePlan.members, AudiencePlan.held_back)
        for sync, members, held in connection.execute(
            plans.where(AudiencePlan.business_date == business_date)
        ):
            if sync in figures:
                figures[sync]["members"] = members
                for reason, n in sorted(held.items()):
                    hold_back(figures[sync], reason, n)
        for sync, state, n in connection.execute(_operations(business_date)):
            if sync in figures:
                count(figures[sync], state, n)
    return figures


def _operations(business_date: date) -> Select[tuple[str, str, int]]:
    return (
        select(AudienceBatch.sync, AudienceBatch.state, func.count(AudienceOperation.member))
        .join(AudienceOperation, AudienceOperation.batch_id == AudienceBatch.batch_id)
        .where(AudienceBatch.business_date == business_date)
        .group_by(AudienceBatch.sync, AudienceBatch.state)
    )
