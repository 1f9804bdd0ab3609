"""What became of everyone who could have been written to: decisions of the marts, states of the ledger.

States are those that the night's own runs left behind. What a later night settles or sends is that
night's figure, so a report written again tells the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Select, func, select

from include.ledger import states
from include.ledger.messages import NO_LONGER_DECIDED
from include.ledger.models import Message, MessageTransition
from include.report.figures import Figures, count, hold_back, nothing
from include.warehouse.published import read_mart

PUT_BACK = "put_back"
HELD_BACK = {states.SUPPRESSED, states.EXPIRED, PUT_BACK}


@dataclass(frozen=True)
class Decision:
    """One candidate of the night; `reason` is empty where the answer was to send."""

    journey: str
    step: str
    channel: str | None
    reason: str | None


@dataclass(frozen=True)
class Fate:
    """One message of the ledger after the night's runs; carried: planned on an earlier date."""

    journey: str
    step: str
    channel: str
    state: str
    reason: str | None
    is_carried: bool


def decisions(version: Path | None) -> list[Decision]:
    """Everyone a journey step proposed, from the version of the date."""
    if version is None:
        return []
    columns = ["journey", "step", "channel", "decision", "reason"]
    rows = read_mart(version, "fct_message_decisions", columns).to_pylist()
    return [
        Decision(r["journey"], r["step"], r["channel"], r["reason"] if r["decision"] == "refuse" else None)
        for r in rows
    ]


def fates(ledger: Engine, business_date: date) -> list[Fate]:
    """Messages planned for the date, and earlier ones that were dealt with in its runs.

    What a later run of the date no longer decided to send is left out: its decision says why.
    """
    with ledger.connect() as connection:
        found = [_fate(row, business_date) for row in connection.execute(_as_left_by(business_date))]
    return [fate for fate in found if fate.reason != NO_LONGER_DECIDED]


def _fate(row: Any, business_date: date) -> Fate:
    is_put_back = row.to_state == states.PLANNED and row.reason is not None
    return Fate(
        row.journey,
        row.step,
        row.channel,
        PUT_BACK if is_put_back else row.to_state,
        row.reason,
        row.business_date != business_date,
    )


def _as_left_by(business_date: date) -> Select[*tuple[Any, ...]]:
    line = MessageTransition
    last = (
        select(line.message_key, func.max(line.transition_id).label("last"))
        .where(line.run_date <= business_date)
        .group_by(line.message_key)
        .subquery()
    )
    dealt_with = select(line.message_key).where(
        line.run_date == business_date,
        line.from_state.in_([states.PLANNED, states.CLAIMED]),
        line.reason.is_distinct_from(states.VERSION_WITHDRAWN),  # planned again, it is another date's
    )
    return (
        select(
            Message.journey, Message.step, Message.channel, Message.business_date, line.to_state, line.reason
        )
        .join(last, last.c.message_key == Message.message_key)
        .join(line, line.transition_id == last.c.last)
        .where((Message.business_date == business_date) | Message.message_key.in_(dealt_with))
    )


def step_figures(asked: list[Decision], dealt: list[Fate]) -> dict[str, dict[str, Figures]]:
    """Journey → step → candidates, decisions by reason, states in the ledger, all held back by reason."""
    steps: dict[tuple[str, str], Figures] = {}
    for one in asked:
        figures = steps.setdefault((one.journey, one.step), _no_one())
        figures["candidates"] += 1
        if one.reason is None:
            figures["send"] += 1
        else:
            figures["refused"][one.reason] = figures["refused"].get(one.reason, 0) + 1
            hold_back(figures, one.reason)
    for fate in dealt:
        figures = steps.setdefault((fate.journey, fate.step), _no_one())
        figures["states"][fate.state] = figures["states"].get(fate.state, 0) + 1
        figures["candidates"] += fate.is_carried
        figures["carried"] += fate.is_carried
        if fate.state in HELD_BACK:
            hold_back(figures, fate.reason or fate.state)
    return _by_journey(steps)


def _no_one() -> Figures:
    return {"candidates": 0, "carried": 0, "send": 0, "refused": {}, "states": {}, "held_back": {}}


def _by_journey(steps: dict[tuple[str, str], Figures]) -> dict[str, dict[str, Figures]]:
    journeys: dict[str, dict[str, Figures]] = {}
    for (journey, step), figures in sorted(steps.items()):
        for kind in ("refused", "states"):
            figures[kind] = dict(sorted(figures[kind].items()))
        journeys.setdefault(journey, {})[step] = figures
    return journeys


def channel_figures(asked: list[Decision], dealt: list[Fate]) -> Iterator[tuple[str, Figures]]:
    """Contact channel → its messages by outcome, and who was held back."""
    for channel in sorted({a.channel for a in asked if a.channel} | {d.channel for d in dealt}):
        figures = nothing()
        for one in asked:
            if one.channel == channel and one.reason is not None:
                hold_back(figures, one.reason)
        for fate in dealt:
            if fate.channel == channel:
                count(figures, fate.state)
                if fate.state in HELD_BACK:
                    hold_back(figures, fate.reason or fate.state)
        yield channel, figures


def settled(ledger: Engine, business_date: date) -> dict[str, int]:
    """Outcomes, learned in the night's runs, of messages that had been unknown."""
    line = MessageTransition
    query = (
        select(line.to_state, func.count())
        .where(line.run_date == business_date, line.from_state == states.UNKNOWN)
        .group_by(line.to_state)
    )
    with ledger.connect() as connection:
        counts: dict[str, int] = dict(connection.execute(query).all())
    return dict(sorted(counts.items()))
