"""An audience goes out as the difference to what its destination acknowledged, each batch once."""

import hashlib
import threading
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from sqlalchemy import select, update

from include.destinations import load_destinations
from include.errors import FixConnection, FixPayload, OutcomeUnknown, RetryLater
from include.ledger import exposures
from include.ledger.cuts import cut
from include.ledger.engine import open_ledger, writing
from include.ledger.exposures import find_sync
from include.ledger.models import AudienceBatch, AudiencePlan
from include.ledger.plans import plan_sync
from tests.fixtures.published import SCHEMAS, point
from tests.fixtures.receivers import twice
from tests.unit.ledger.audiences import (
    SYNC,
    acknowledged,
    apply,
    files,
    limit_members,
    publish_audience,
    rows_of,
)
from tests.unit.ledger.conftest import D, everything

NEXT = D + timedelta(days=1)
pytestmark = pytest.mark.usefixtures("audiences")


def test_the_first_night_sends_the_whole_audience_and_its_checksum(settings, sftp):
    publish_audience(settings, ["ana", "ben"])
    told = {"members": 2, "add": 2, "remove": 0, "update": 0}
    assert plan_sync(settings, SYNC, D) == told
    assert apply(settings, sftp) == {**told, "batches": 1}
    ((name, content),) = files(sftp).items()
    assert name.startswith("/incoming/lapsed_buyers/2026-03-15_") and len(name.split("_")[-1]) == 16
    assert rows_of(content) == [
        {"operation": "add", "customer_id": n, "identifier_type": "email", "identifier": f"{n}@example.com"}
        for n in ("ana", "ben")
    ]
    checksum = hashlib.sha256(content).hexdigest()
    assert sftp.files[f"{name}.sha256"].decode() == f"{checksum}  {name.split('/')[-1]}\n"
    assert acknowledged(settings) == ["ana", "ben"]


def test_the_same_night_again_sends_nothing(settings, sftp):
    publish_audience(settings, ["ana", "ben"])
    apply(settings, sftp)
    before = sftp.log.lines()
    assert plan_sync(settings, SYNC, D) == {"members": 2, "add": 0, "remove": 0, "update": 0}
    assert apply(settings, sftp)["batches"] == 0
    assert sftp.log.lines() == before != []


def test_the_next_night_sends_only_the_difference(settings, sftp):
    publish_audience(settings, ["ana", "ben", "cyd"])
    apply(settings, sftp)
    points = [
        point("ana", "ana@example.com"),
        point("ben", "ben@elsewhere.org"),
        point("dot", "dot@example.com"),
    ]
    publish_audience(settings, ["ana", "ben", "dot"], NEXT, points)
    assert apply(settings, sftp, NEXT) == {"members": 3, "add": 1, "remove": 1, "update": 1, "batches": 1}
    (name,) = [n for n in files(sftp) if "2026-03-16" in n]
    told = [(r["operation"], r["customer_id"], r["identifier"]) for r in rows_of(sftp.files[name])]
    assert told == [
        ("remove", "cyd", ""),
        ("update", "ben", "ben@elsewhere.org"),
        ("add", "dot", "dot@example.com"),
    ]
    assert acknowledged(settings) == ["ana", "ben", "dot"]


def test_who_has_not_consented_is_held_back_and_who_withdrew_is_removed(settings, sftp):
    publish_audience(settings, ["ana", "ben"])
    apply(settings, sftp)
    points = [
        point("ana", "ana@example.com", has_marketing_consent=False),
        point("ben", "ben@example.com"),
        point("cyd", "cyd@example.com", is_suppressed=True),
        point("dot", "+4420", channel="sms"),
    ]
    publish_audience(settings, ["ana", "ben", "cyd", "dot"], NEXT, points)
    assert apply(settings, sftp, NEXT) == {
        **{"members": 1, "add": 0, "remove": 1, "update": 0, "batches": 1},
        **{"held_back:no_consent": 1, "held_back:no_contact_point": 1, "held_back:suppressed": 1},
    }
    assert acknowledged(settings) == ["ben"]
    engine = open_ledger(settings)
    with engine.connect() as db:
        kept = db.scalars(select(AudiencePlan.held_back).where(AudiencePlan.business_date == NEXT)).one()
    assert kept == {"no_consent": 1, "no_contact_point": 1, "suppressed": 1}


def said(customer, channel, is_granted, purpose="marketing"):
    """A row of fct_consent_standing."""
    return {
        "customer_id": customer, "purpose": purpose, "contact_channel": channel, "is_granted": is_granted,
    }  # fmt: skip


def test_a_withdrawal_for_a_channel_that_the_destination_asks_for_holds_back_and_removes(settings, sftp):
    publish_audience(settings, ["ana", "ben", "cyd"])
    apply(settings, sftp)
    standing = [
        said("ana", "post", False),
        said("ben", "post", True),
        said("ben", "ads", False),
        said("cyd", "post", False, purpose="profiling"),
        said("dot", "post", False),
    ]
    publish_audience(settings, ["ana", "ben", "cyd", "dot"], NEXT, fct_consent_standing=standing)
    assert apply(settings, sftp, NEXT) == {
        **{"members": 2, "add": 0, "remove": 1, "update": 0, "batches": 1, "held_back:no_consent": 2},
    }
    assert acknowledged(settings) == ["ben", "cyd"]


def test_an_address_that_waits_for_confirmation_leaves_to_nobody(settings, sftp):
    points = [
        point("ana", "ana@example.com", is_preferred=True),
        point("ana", "stranger@example.com", is_preferred=False, is_confirmed=False),
        point("ben", "stranger@example.net", is_confirmed=False),
    ]
    publish_audience(settings, ["ana", "ben"], D, points)
    assert apply(settings, sftp)["held_back:no_contact_point"] == 1
    (content,) = files(sftp).values()
    assert [(r["customer_id"], r["identifier"]) for r in rows_of(content)] == [("ana", "ana@example.com")]


def test_an_address_for_which_post_was_refused_does_not_go_where_consent_to_post_is_asked_for(settings, sftp):
    points = [
        point("ana", "ana@example.com", refused_channels="ads,post"),
        point("ben", "ben@example.com", refused_channels="ads,postal"),
    ]
    publish_audience(settings, ["ana", "ben"], D, points)
    assert apply(settings, sftp)["held_back:no_consent"] == 1
    assert acknowledged(settings) == ["ben"]


def test_a_version_from_before_addresses_were_confirmed_is_read_as_it_was_meant(settings, sftp, monkeypatch):
    schema = SCHEMAS["dim_contact_points"]
    older = pa.schema([f for f in schema if f.name not in ("is_confirmed", "refused_channels")])
    monkeypatch.setitem(SCHEMAS, "dim_contact_points", older)
    publish_audience(settings, ["ana"])
    assert apply(settings, sftp)["members"] == 1


def test_a_destination_that_asks_for_a_grant_is_told_of_nobody_without_one(settings, sftp, monkeypatch):
    real = exposures.load_destinations

    def strict():
        found = real()
        return {**found, "mailhouse": found["mailhouse"].model_copy(update={"consents": {"post": "granted"}})}

    monkeypatch.setattr(exposures, "load_destinations", strict)
    publish_audience(settings, ["ana", "ben"], fct_consent_standing=[said("ben", "post", True)])
    assert apply(settings, sftp)["held_back:no_consent"] == 1
    assert acknowledged(settings) == ["ben"]


def test_the_advertising_platform_asks_for_consent_to_advertising_and_the_mail_house_for_post():
    destinations = load_destinations()
    assert destinations["meta_ads"].consents == {"ads": "not_withdrawn"}
    assert destinations["mailhouse"].consents == {"post": "not_withdrawn"}


def test_consent_withdrawn_between_plan_and_delivery_counts(settings, sftp):
    publish_audience(settings, ["ana", "ben"])
    plan_sync(settings, SYNC, D)
    withdrawn = [
        point("ana", "ana@example.com", has_marketing_consent=False),
        point("ben", "ben@example.com"),
    ]
    publish_audience(settings, ["ana", "ben"], NEXT, withdrawn)
    assert apply(settings, sftp)["add"] == 1
    assert acknowledged(settings) == ["ben"]


def test_an_earlier_date_does_not_undo_a_later_one(settings, sftp):
    publish_audience(settings, ["ana"])
    publish_audience(settings, ["ben"], NEXT)
    apply(settings, sftp, NEXT)
    assert apply(settings, sftp, D)["batches"] == 0
    assert acknowledged(settings) == ["ben"]


def test_an_earlier_date_changes_nothing_after_a_later_one_that_had_nothing_to_change(settings, sftp):
    publish_audience(settings, ["ana", "ben"])
    apply(settings, sftp)
    publish_audience(settings, ["ana", "ben"], NEXT)
    assert apply(settings, sftp, NEXT)["batches"] == 0
    publish_audience(settings, ["ana"])
    assert apply(settings, sftp)["batches"] == 0
    assert acknowledged(settings) == ["ana", "ben"]


def test_a_slow_delivery_keeps_its_claim_and_one_that_lost_it_says_no_more(settings, sftp, monkeypatch):
    publish_audience(settings, ["ana"])
    leases = []

    def take_over(transport, request):
        engine = open_ledger(settings)
        with writing(engine) as db:
            leases.append(db.scalars(select(AudienceBatch.lease_until)).one())
        transport.beat()
        with writing(engine) as db:
            leases.append(db.scalars(select(AudienceBatch.lease_until)).one())
            db.execute(update(AudienceBatch).values(fence=AudienceBatch.fence + 1))
        engine.dispose()
        transport.beat()

    monkeypatch.setattr("include.senders.sftp_file.send", take_over)
    with pytest.raises(OutcomeUnknown, match="taken over"):
        apply(settings, sftp)
    assert leases[1] > leases[0]
    assert acknowledged(settings) == []


def test_a_member_who_left_and_came_back_is_sent_again(settings, sftp):
    for night, names in enumerate((["ana", "ben"], ["ben"], ["ana", "ben"])):
        publish_audience(settings, names, D + timedelta(days=night))
        assert apply(settings, sftp, D + timedelta(days=night))["batches"] == 1
    assert acknowledged(settings) == ["ana", "ben"]


def test_the_same_date_repaired_twice_is_delivered_each_time(settings, sftp):
    for names in (["ana", "ben"], ["ben"], ["ana", "ben"]):
        publish_audience(settings, names)
        assert apply(settings, sftp)["batches"] == 1
    assert acknowledged(settings) == ["ana", "ben"]
    assert len(files(sftp)) == 3


def test_two_syncs_of_one_audience_keep_apart(settings, sftp):
    publish_audience(
        settings, ["ana"], points=[point("ana", "ana@example.com", greeting_name="=cmd|' /C'!A0")]
    )
    apply(settings, sftp)
    apply(settings, sftp, sync="lapsed_buyers_to_people")
    machine, people = sorted(files(sftp).values(), key=lambda content: content[:3] == b"\xef\xbb\xbf")
    assert rows_of(machine)[0]["customer_id"] == rows_of(people)[0]["Customer"] == "ana"
    assert rows_of(people)[0]["Name"] == ""  # what is no name is printed in no letter


def test_people_see_the_names_of_members_in_their_file(settings, sftp):
    publish_audience(settings, ["ana"], points=[point("ana", "ana@example.com", greeting_name="Zoë O'Brien")])
    apply(settings, sftp, sync="lapsed_buyers_to_people")
    (people,) = files(sftp).values()
    assert rows_of(people)[0]["Name"] == "Zoë O'Brien"


def test_a_large_audience_is_cut_into_batches_of_the_destinations_size(settings, audiences):
    sync = find_sync(SYNC, audiences)
    size = sync.destination.limits.members_per_batch
    operations = [(f"{n:06}", "add", "hash") for n in range(size * 2 + 1)]
    parts = list(cut(sync, D, 0, operations))
    assert [len(part.operations) for part in parts] == [size, size, 1]
    assert len({part.batch_id for part in parts}) == 3
    assert parts == list(cut(sync, D, 0, operations))


def test_batches_already_delivered_stay_so_when_a_later_one_fails(settings, sftp, monkeypatch):
    limit_members(monkeypatch, 2)
    publish_audience(settings, ["ana", "ben", "cyd", "dot", "eve"])
    sftp.cut = 0
    real = sftp.log.add

    def cut_at_the_second(entry):
        real(entry)
        sftp.cut = 1 if len(files(sftp)) == 2 and entry["path"].endswith(".csv") else 0

    sftp.log.add = cut_at_the_second
    with pytest.raises(OutcomeUnknown):
        apply(settings, sftp)
    assert len(acknowledged(settings)) == 2
    sftp.log.add = real
    assert apply(settings, sftp)["batches"] == 2
    assert acknowledged(settings) == ["ana", "ben", "cyd", "dot", "eve"]
    told = [row["customer_id"] for content in files(sftp).values() for row in rows_of(content)]
    assert sorted(told) == ["ana", "ben", "cyd", "dot", "eve"]
    assert twice(sftp.names) == []


def test_an_upload_cut_off_before_its_answer_is_found_and_not_repeated(settings, sftp):
    publish_audience(settings, ["ana"])
    sftp.cut = 1
    with pytest.raises(OutcomeUnknown):
        apply(settings, sftp)
    assert acknowledged(settings) == []
    assert apply(settings, sftp)["add"] == 1
    assert acknowledged(settings) == ["ana"]
    assert twice(sftp.names) == [] and len(files(sftp)) == 1 and len(sftp.files) == 2


def test_what_was_in_flight_is_settled_before_the_next_night_is_planned(settings, sftp):
    publish_audience(settings, ["ana"])
    sftp.cut = 1
    with pytest.raises(OutcomeUnknown):
        apply(settings, sftp)
    publish_audience(settings, ["ana", "ben"], NEXT)
    assert apply(settings, sftp, NEXT) == {"members": 2, "add": 2, "remove": 0, "update": 0, "batches": 2}
    told = [row["customer_id"] for content in files(sftp).values() for row in rows_of(content)]
    assert sorted(told) == ["ana", "ben"]


def test_a_file_of_that_name_with_other_content_is_never_overwritten(settings, sftp):
    publish_audience(settings, ["ana"])
    plan_sync(settings, SYNC, D)
    engine = open_ledger(settings)
    with engine.connect() as db:
        path = db.scalars(select(AudienceBatch.reference)).one()
    foreign = sftp.root / path.strip("/")
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"someone else's")
    for _ in range(2):
        with pytest.raises(FixPayload, match="other content"):
            apply(settings, sftp)
    assert foreign.read_bytes() == b"someone else's"
    assert acknowledged(settings) == []


def test_an_unknown_host_key_is_refused(settings, sftp):
    publish_audience(settings, ["ana"])
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    for extra, said in (({"host_key": other}, "not the pinned one"), ({}, "pin the server's key")):
        with pytest.raises(FixConnection, match=said):
            apply(settings, sftp, extra=extra)
    assert sftp.files == {}
    assert apply(settings, sftp)["add"] == 1


def test_a_wrong_password_says_which_connection_to_mend(settings, sftp):
    publish_audience(settings, ["ana"])
    with pytest.raises(FixConnection, match="mailhouse_sftp: login refused"):
        apply(settings, sftp, password="wrong")
    assert apply(settings, sftp)["add"] == 1


def test_a_claim_of_a_process_that_died_is_waited_for_and_then_resolved(settings, sftp):
    publish_audience(settings, ["ana"])
    plan_sync(settings, SYNC, D)
    engine = open_ledger(settings)
    with writing(engine) as db:
        db.execute(
            update(AudienceBatch).values(state="claimed", fence=1, fingerprint="0" * 64, lease_until=soon())
        )
    assert apply(settings, sftp)["add"] == 1


def test_a_claim_that_is_renewed_is_not_taken_over(settings, sftp):
    publish_audience(settings, ["ana"])
    plan_sync(settings, SYNC, D)
    engine = open_ledger(settings)
    with writing(engine) as db:
        at_work = {"state": "claimed", "fence": 1, "fingerprint": "0" * 64, "lease_until": soon(1)}
        db.execute(update(AudienceBatch).values(**at_work))
    is_done = threading.Event()

    def work():
        while not is_done.wait(0.1):
            with writing(engine) as db:
                db.execute(update(AudienceBatch).values(lease_until=soon(1)))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        with pytest.raises(RetryLater, match="another run is delivering"):
            apply(settings.model_copy(update={"lease": 1.0}), sftp)
    finally:
        is_done.set()
        worker.join()
    with engine.connect() as db:
        assert db.scalars(select(AudienceBatch.state)).one() == "claimed"
    engine.dispose()
    assert files(sftp) == {}


def soon(seconds=0.5):
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_no_address_of_an_audience_stands_in_the_ledger(settings, sftp):
    publish_audience(settings, ["ana"])
    apply(settings, sftp)
    kept = everything(settings)
    assert SYNC in kept and "ana@example.com" not in kept
