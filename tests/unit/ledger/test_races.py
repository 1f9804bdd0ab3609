"""Eight processes at one ledger: every message is claimed once, whoever is quickest."""

import multiprocessing
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from include.clock import Clock
from include.destinations import destination_of
from include.ledger.claims import Queue, next_claim
from include.ledger.contacts import Contacts
from include.ledger.dispatch import dispatch
from include.ledger.engine import open_ledger, writing
from include.ledger.hashes import keys_of
from include.ledger.letters import Claim
from include.ledger.messages import plan
from include.ledger.models import Message
from include.ledger.settle import settle
from include.ledger.states import Run, held, move
from include.settings import Settings
from tests.fixtures.published import decision, event, freshness, point, publish
from tests.fixtures.receivers import twice
from tests.unit.ledger.conftest import D, messages, on_postgresql

PEOPLE = [point(f"c{n:03}", f"c{n:03}@example.com") for n in range(150)]
FORK = multiprocessing.get_context("fork")
EIGHT = 8


def queue(settings: Settings) -> Queue:
    engine = open_ledger(settings)
    return Queue(
        engine=engine,
        destination=destination_of("email"),
        contacts=Contacts(settings, keys_of(engine)),
        business_date=D,
        clock=Clock(settings, D),
        last_due=Clock(settings, D + timedelta(days=1)).now(),
        lease=60,
    )


def claim_all(settings: Settings) -> list[tuple[int, str, int]]:
    """Claim whatever is due: the first together with the others, no second before each had its first."""
    mine, took = queue(settings), []
    GUN.wait(60)
    claim = next_claim(mine)
    GUN.wait(60)  # one that is quick on SQLite would else leave nothing to the others
    while claim is not None:
        if isinstance(claim, Claim):
            took.append((os.getpid(), claim.message_key, claim.fence))
        claim = next_claim(mine)
    mine.engine.dispose()
    return took


def race(settings: Settings, races: int) -> list[int]:
    """Let eight processes ask for the same message at the same moment, race after race; winners of each."""
    rows = [
        decision(PEOPLE[n % len(PEOPLE)], D, f"race-{n}", purpose="service", due_at=starts(n))
        for n in range(races)
    ]
    publish(settings, D, dim_contact_points=PEOPLE, fct_message_decisions=rows)
    plan(settings, D)
    with FORK.Pool(EIGHT, initializer=line_up, initargs=(FORK.Barrier(EIGHT),)) as pool:
        runners = pool.starmap(run_races, [(settings, races)] * EIGHT, chunksize=1)
    assert all(row["fence"] == 1 and row["state"] == "claimed" for row in messages(settings))
    return [sum(won) for won in zip(*runners, strict=True)]


def starts(number: int) -> datetime:
    """When the message of a race is due: each has a second of its own, so that no other is due with it."""
    return datetime(2026, 3, 16, 10, tzinfo=UTC) + timedelta(seconds=number)


def line_up(gun: Any) -> None:
    """Give a process the signal that all eight wait for."""
    global GUN  # noqa: PLW0603 (what a pool's initializer leaves, its tasks find there)
    GUN = gun


def run_races(settings: Settings, races: int) -> list[bool]:
    """Take part in each race; whether it was won."""
    mine, won = queue(settings), []
    for number in range(races):
        GUN.wait(60)
        won.append(isinstance(next_claim(replace(mine, last_due=starts(number))), Claim))
    mine.engine.dispose()
    return won


def publish_all(settings, **changed):
    rows = [decision(p, D, **changed) for p in PEOPLE]
    publish(settings, D, dim_contact_points=PEOPLE, fct_message_decisions=rows)


def test_eight_processes_claim_each_message_exactly_once(settings):
    publish_all(settings)
    plan(settings, D)
    with FORK.Pool(EIGHT, initializer=line_up, initargs=(FORK.Barrier(EIGHT),)) as pool:
        took = [claim for part in pool.map(claim_all, [settings] * EIGHT, chunksize=1) for claim in part]
    assert len(took) == len(PEOPLE)
    assert twice([key for _, key, _ in took]) == []
    assert {fence for _, _, fence in took} == {1}
    assert len({pid for pid, _, _ in took}) == EIGHT


def test_eight_processes_together_keep_the_cap_of_one_address(settings):
    ana = PEOPLE[0]
    rows = [decision(ana, D, trigger=f"order-{n}") for n in range(60)]
    publish(settings, D, dim_contact_points=[ana], fct_message_decisions=rows)
    plan(settings, D)
    with FORK.Pool(EIGHT, initializer=line_up, initargs=(FORK.Barrier(EIGHT),)) as pool:
        took = [claim for part in pool.map(claim_all, [settings] * EIGHT, chunksize=1) for claim in part]
    assert len(took) == 3
    assert Counter(row["state"] for row in messages(settings)) == {"claimed": 3, "suppressed": 57}


def plan_it(settings: Settings) -> dict[str, int]:
    return plan(settings, D)


def test_several_runs_plan_each_message_once(settings):
    publish_all(settings)
    with FORK.Pool(EIGHT) as pool:
        counts = pool.map(plan_it, [settings] * EIGHT, chunksize=1)
    assert sum(c["planned"] for c in counts) == len(PEOPLE) == len(messages(settings))


def test_several_runs_withdraw_each_message_once(settings):
    publish_all(settings)
    plan(settings, D)
    publish(settings, D, dim_contact_points=PEOPLE, fct_message_decisions=[decision(PEOPLE[0], D)])
    with FORK.Pool(EIGHT) as pool:
        counts = pool.map(plan_it, [settings] * EIGHT, chunksize=1)
    assert sum(c["withdrawn"] for c in counts) == len(PEOPLE) - 1


def settle_it(settings: Settings) -> dict[str, int]:
    return settle(settings, D)


def test_several_runs_settle_each_message_once(settings):
    publish_all(settings)
    plan(settings, D)
    engine, run = open_ledger(settings), Run(D, starts(0))
    for row in messages(settings):
        with writing(engine) as db:
            claimed = move(db, run, held(db, row["message_key"]), "claimed", why="a test", claimed_at=run.now)
            move(db, run, claimed, "unknown", why="a test")
    engine.dispose()
    heard = [event(row["message_id"], "delivered") for row in messages(settings)]
    publish(settings, D, fct_message_events=heard, rpt_channel_freshness=[freshness(D)])
    with FORK.Pool(EIGHT) as pool:
        counts = pool.map(settle_it, [settings] * EIGHT, chunksize=1)
    assert sum(c.get("confirmed", 0) for c in counts) == len(PEOPLE)


def send(settings, connection):
    return dispatch(settings, D, {"smtp_relay": connection})


def test_eight_dispatchers_at_once_send_each_message_once(settings, smtp):
    rows = [decision(p, D) for p in PEOPLE[:60]]
    publish(settings, D, dim_contact_points=PEOPLE[:60], fct_message_decisions=rows)
    plan(settings, D)
    with FORK.Pool(EIGHT) as pool:
        counts = pool.starmap(send, [(settings, smtp.connection())] * EIGHT, chunksize=1)
    assert sum(c.get("confirmed", 0) for c in counts) == 60 == len(smtp.ids)
    assert twice(smtp.ids) == []


@on_postgresql
def test_a_message_that_another_is_deciding_on_is_passed_over_and_waited_for_when_it_is_the_last(settings):
    publish(
        settings, D, dim_contact_points=PEOPLE[:2], fct_message_decisions=[decision(p, D) for p in PEOPLE[:2]]
    )
    plan(settings, D)
    first, second = sorted(row["message_key"] for row in messages(settings))
    mine, other = queue(settings), open_ledger(settings)
    with ThreadPoolExecutor(1) as pool:
        with other.connect() as db:  # and ends without a decision, as a process that dies
            db.execute(select(Message).where(Message.message_key == first).with_for_update())
            assert next_claim(mine).message_key == second
            waiting = pool.submit(next_claim, mine)
            with pytest.raises(TimeoutError):
                waiting.result(0.3)
        assert waiting.result(10).message_key == first
    assert next_claim(mine) is None
    other.dispose()
    mine.engine.dispose()


@on_postgresql
def test_of_eight_that_race_for_one_message_one_wins(settings):
    wins = race(settings, 40)
    assert wins == [1] * 40
