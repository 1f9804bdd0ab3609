"""An audience that is taken away is emptied first; one that was not is told of until somebody acts."""

from datetime import UTC, datetime, timedelta

import pytest

from include.errors import FixDeclaration
from include.ledger import approvals
from include.ledger.deliveries import apply_sync
from include.ledger.plans import plan_sync
from include.ledger.retired import forget, refuse_retired
from tests.fixtures.adplatform import EXPOSURE, SYNC
from tests.unit.ledger.audiences import acknowledged, publish_audience
from tests.unit.ledger.conftest import D

PEOPLE = [f"c{n:02}" for n in range(40)]
NEXT = D + timedelta(days=1)
FILE = "aud_lapsed_buyers.yml"


@pytest.fixture
def told(settings, vendor):
    """Forty people at the ad platform."""
    publish_audience(settings, PEOPLE)
    apply_sync(settings, SYNC, D, vendor.connection())
    publish_audience(settings, PEOPLE, NEXT)
    return vendor


def test_a_declared_sync_is_no_trouble(settings, told):
    refuse_retired(settings)


def test_who_is_left_behind_is_counted_with_what_to_do(settings, told, audiences):
    (audiences / FILE).write_text("models: []\n")
    with pytest.raises(FixDeclaration, match=rf"{SYNC} \(40 at meta_ads\).*retired: true.*--forget {SYNC}"):
        refuse_retired(settings)
    assert forget(settings, SYNC) == 40
    refuse_retired(settings)


def test_a_declared_sync_is_not_forgotten(settings, told):
    with pytest.raises(FixDeclaration, match="is declared"):
        forget(settings, SYNC)
    assert acknowledged(settings, SYNC) == PEOPLE


def test_a_retired_sync_empties_its_audience_once_somebody_says_yes(settings, told, audiences):
    (audiences / FILE).write_text(EXPOSURE.replace("purpose: marketing", "purpose: marketing, retired: true"))
    assert apply_sync(settings, SYNC, NEXT, told.connection())["waiting:remove"] == 40
    (asked,) = approvals.open_questions(settings, NEXT)
    at = datetime(2026, 3, 17, 9, tzinfo=UTC)
    approvals.answer(settings, SYNC, NEXT, asked.question, approvals.APPROVED, "ana", at)
    assert apply_sync(settings, SYNC, NEXT, told.connection())["remove"] == 40
    assert told.members(SYNC) == {}
    (audiences / FILE).write_text("models: []\n")
    refuse_retired(settings)


def test_a_sync_does_not_move_to_another_destination_under_its_name(settings, told, audiences):
    there = "destination: meta_ads, layout: hashed, contact_point: any"
    (audiences / FILE).write_text(EXPOSURE.replace(there, "destination: mailhouse, contact_point: email"))
    with pytest.raises(FixDeclaration, match="its members stand at meta_ads"):
        plan_sync(settings, SYNC, NEXT)
