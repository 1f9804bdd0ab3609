"""Eight runs of one sync at once: what is planned and delivered is as if one had run."""

import multiprocessing

import pytest

from include.ledger.deliveries import apply_sync
from include.ledger.plans import plan_sync
from tests.fixtures.receivers import twice
from tests.unit.ledger.audiences import SYNC, acknowledged, publish_audience
from tests.unit.ledger.conftest import D

pytestmark = pytest.mark.usefixtures("audiences")
FORK = multiprocessing.get_context("fork")
EIGHT = 8
NAMES = [f"c{n:03}" for n in range(100)]


def plan_it(settings):
    return plan_sync(settings, SYNC, D)["add"]


def apply_it(settings, connection):
    return apply_sync(settings, SYNC, D, connection)["batches"]


def test_eight_runs_plan_the_same(settings):
    publish_audience(settings, NAMES)
    with FORK.Pool(EIGHT) as pool:
        assert pool.map(plan_it, [settings] * EIGHT, chunksize=1) == [len(NAMES)] * EIGHT


def test_eight_runs_deliver_once(settings, sftp):
    publish_audience(settings, NAMES)
    with FORK.Pool(EIGHT) as pool:
        delivered = pool.starmap(apply_it, [(settings, sftp.connection())] * EIGHT, chunksize=1)
    assert sum(delivered) == 1
    assert twice(sftp.names) == []
    assert acknowledged(settings) == NAMES
