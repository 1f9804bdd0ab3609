"""Several processes at one ledger: every message is claimed once, whoever is quickest."""

import multiprocessing
import os
from collections import Counter
from datetime import timedelta

from include.clock import Clock
from include.destinations import destination_of
from include.ledger.claims import Queue, next_claim
from include.ledger.contacts import Contacts
from include.ledger.dispatch import dispatch
from include.ledger.engine import open_ledger
from include.ledger.letters import Claim
from include.ledger.messages import plan
from include.settings import Settings
from tests.fixtures.published import decision, point, publish
from tests.fixtures.receivers import twice
from tests.unit.ledger.conftest import D, messages

PEOPLE = [point(f"c{n:03}", f"c{n:03}@example.com") for n in range(150)]
FORK = multiprocessing.get_context("fork")


def queue(settings: Settings) -> Queue:
    return Queue(
        engine=open_ledger(settings),
        destination=destination_of("email"),
        contacts=Contacts(settings),
        business_date=D,
        clock=Clock(settings, D),
        last_due=Clock(settings, D + timedelta(days=1)).now(),
        lease=60,
    )


def claim_all(settings: Settings) -> list[tuple[int, str, int]]:
    mine, took = queue(settings), []
    while (claim := next_claim(mine)) is not None:
        if isinstance(claim, Claim):
            took.append((os.getpid(), claim.message_key, claim.fence))
    mine.engine.dispose()
    return took


def publish_all(settings, **changed):
    rows = [decision(p, D, **changed) for p in PEOPLE]
    publish(settings, D, dim_contact_points=PEOPLE, fct_message_decisions=rows)


def test_six_processes_claim_each_message_exactly_once(settings):
    publish_all(settings)
    plan(settings, D)
    with FORK.Pool(6) as pool:
        took = [claim for part in pool.map(claim_all, [settings] * 6, chunksize=1) for claim in part]
    assert len(took) == len(PEOPLE)
    assert twice([key for _, key, _ in took]) == []
    assert {fence for _, _, fence in took} == {1}
    assert len({pid for pid, _, _ in took}) > 1


def test_six_processes_together_keep_the_cap_of_one_address(settings):
    ana = PEOPLE[0]
    rows = [decision(ana, D, trigger=f"order-{n}") for n in range(60)]
    publish(settings, D, dim_contact_points=[ana], fct_message_decisions=rows)
    plan(settings, D)
    with FORK.Pool(6) as pool:
        took = [claim for part in pool.map(claim_all, [settings] * 6, chunksize=1) for claim in part]
    assert len(took) == 3
    assert Counter(row["state"] for row in messages(settings)) == {"claimed": 3, "suppressed": 57}


def plan_it(settings: Settings) -> dict[str, int]:
    return plan(settings, D)


def test_several_runs_plan_each_message_once(settings):
    publish_all(settings)
    with FORK.Pool(4) as pool:
        counts = pool.map(plan_it, [settings] * 4, chunksize=1)
    assert sum(c["planned"] for c in counts) == len(PEOPLE) == len(messages(settings))


def send(settings, connection):
    return dispatch(settings, D, {"smtp_relay": connection})


def test_two_runs_at_once_send_each_message_once(settings, smtp):
    rows = [decision(p, D) for p in PEOPLE[:40]]
    publish(settings, D, dim_contact_points=PEOPLE[:40], fct_message_decisions=rows)
    plan(settings, D)
    with FORK.Pool(2) as pool:
        counts = pool.starmap(send, [(settings, smtp.connection())] * 2, chunksize=1)
    assert sum(c.get("confirmed", 0) for c in counts) == 40 == len(smtp.ids)
    assert twice(smtp.ids) == []
