"""Custom audiences over the sandbox's ad platform: sets, sessions, partial failures, forgetting."""

from dataclasses import replace
from datetime import date

import pytest

from include.errors import FixPayload, OutcomeUnknown, RetryLater
from include.senders import meta_audience
from include.senders.base import AudienceRequest, Refused, Session
from include.senders.parts.hashing import hashed
from include.senders.parts.members import Member
from tests.fixtures.adplatform import META


@pytest.fixture
def transport(vendor):
    with meta_audience.connect(META, vendor.connection(), 5) as opened:
        yield opened


@pytest.fixture
def audience(request):
    return request.node.name


def person(number, operation="add"):
    known = (("email", f"p{number}@example.com"), ("sms", f"+4479460{number:05d}"))
    return Member(operation, f"c{number}", known if operation == "add" else ())


def batch(audience, members, session="a1", number=1, of=1):
    return AudienceRequest(
        sync=audience,
        audience="everybody",
        business_date=date(2026, 3, 15),
        batch_id="b" * 64,
        layout="hashed",
        folder="/",
        members=tuple(members),
        session=Session(session, number, of),
    )


def test_members_are_added_and_removed_by_our_own_id_and_known_by_hashes_alone(transport, vendor, audience):
    told = meta_audience.send(transport, batch(audience, [person(1), person(2)]))
    assert (told.accepted, told.rejected, told.reference) == (2, {}, f"{audience}/a1/1")
    assert vendor.members(audience)["c1"] == (hashed("p1@example.com"), hashed("447946000001"))

    meta_audience.send(transport, batch(audience, [person(1, "remove")], session="a2"))

    assert set(vendor.members(audience)) == {"c2"}
    assert "example.com" not in (vendor.folder / "received" / "ad_platform.jsonl").read_text()


def test_the_same_again_changes_nothing(transport, vendor, audience):
    for _ in range(2):
        meta_audience.send(transport, batch(audience, [person(1)]))
    assert set(vendor.members(audience)) == {"c1"}
    assert meta_audience.arrived(transport, "r", "f") is None


def test_an_audience_is_made_once_and_not_at_all_for_a_removal(transport, vendor, audience):
    told = meta_audience.send(transport, batch(audience, [person(1, "remove")]))
    assert told.accepted == 1 and vendor.members(audience) == {}
    assert [line for line in vendor.lines() if line["audience"] == audience] == []


def test_a_lost_answer_to_its_making_never_makes_two(transport, vendor, audience):
    vendor.fault("drop_after_accept", stream=audience, times=1)
    with pytest.raises(meta_audience.OmniError):
        meta_audience.send(transport, batch(audience, [person(1)]))
    meta_audience.send(transport, batch(audience, [person(1)]))
    made = [line for line in vendor.lines() if line["audience"] == audience and line["operation"] == "create"]
    assert len(made) == 1 and set(vendor.members(audience)) == {"c1"}


def test_an_audience_of_that_name_that_a_person_made_is_left_alone(transport, audience):
    source = {"subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
    transport.create("customaudiences", {"name": audience, "description": "by hand", **source})
    with pytest.raises(Refused) as caught:
        meta_audience.send(transport, batch(audience, [person(1)]))
    assert caught.value.reason == "name_taken"


def test_an_audience_that_a_person_renamed_is_found_all_the_same(transport, vendor, audience):
    source = {"subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
    called, ours = f"{audience}, autumn", meta_audience.description_of(audience)
    transport.create("customaudiences", {"name": called, "description": ours, **source})
    meta_audience.send(transport, batch(audience, [person(1), person(2)]))
    meta_audience.send(transport, batch(audience, [person(1, "remove")], session="a2"))
    assert set(vendor.members(called)) == {"c2"} and vendor.members(audience) == {}


def test_whoever_cannot_be_matched_by_anything_is_never_sent(transport, vendor, audience):
    nobody = [Member("add", "c8", (("email", "no address"),)), Member("add", "c9")]
    told = meta_audience.send(transport, batch(audience, [person(1), *nobody]))
    assert told.accepted == 1 and dict(told.rejected) == dict.fromkeys(("c8", "c9"), "no_usable_identifier")
    assert meta_audience.send(transport, batch(audience, nobody, session="b2")).accepted == 0
    assert set(vendor.members(audience)) == {"c1"}
    assert "c9" not in (vendor.folder / "received" / "ad_platform.jsonl").read_text()


def test_each_invalid_entry_is_named_although_the_vendor_names_five(transport, vendor, audience):
    vendor.fault("invalid_entries", stream=audience, share=0.2)
    people = [person(n) for n in range(200)]
    told = meta_audience.send(transport, batch(audience, people))
    held = vendor.members(audience)
    assert 20 < len(told.rejected) < 60 and set(told.rejected.values()) == {"invalid_entry"}
    assert set(held) == {p.customer_id for p in people} - set(told.rejected)
    assert told.accepted == len(held)


def test_trouble_while_looking_for_invalid_entries_is_unknown_for_the_rest_was_taken(
    transport, vendor, audience
):
    vendor.fault("invalid_entries", stream=audience, share=0.5)
    vendor.fault("drop_after_accept", stream=audience, every=3)  # the audience, the batch, then a part of it
    with pytest.raises(OutcomeUnknown, match="taken, but which"):
        meta_audience.send(transport, batch(audience, [person(n) for n in range(50)]))
    assert vendor.members(audience)


def test_a_lost_answer_is_unknown_and_said_again_ends_right(transport, vendor, audience):
    meta_audience.send(transport, batch(audience, [person(1)]))
    vendor.fault("drop_after_accept", stream=audience, times=1)
    again = batch(audience, [person(2)], session="c1")
    with pytest.raises(OutcomeUnknown):
        meta_audience.send(transport, again)
    meta_audience.send(transport, again)
    assert set(vendor.members(audience)) == {"c1", "c2"}


def test_batches_of_one_session_are_numbered_and_the_last_closes_it(transport, vendor, audience):
    for number in (1, 2):
        meta_audience.send(transport, batch(audience, [person(number)], "d1", number, 2))
    meta_audience.send(transport, batch(audience, [person(1)], "d1", 1, 2))
    with pytest.raises(FixPayload, match="code 2655"):
        meta_audience.send(transport, batch(audience, [person(3)], "d1", 3, 3))
    sessions = {
        (line["session"], line["batch_seq"])
        for line in vendor.lines()
        if line["audience"] == audience and "session" in line
    }
    assert sessions == {(0xD1 + 1, 1), (0xD1 + 1, 2)}


def test_a_batch_either_adds_or_removes(transport, audience):
    for members in ([person(1), person(2, "remove")], [replace(person(1), operation="update")], []):
        with pytest.raises(FixPayload, match="either adds or removes"):
            meta_audience.send(transport, batch(audience, members))


def test_a_removal_tells_our_id_alone_and_equal_batches_are_equal(audience):
    gone = batch(audience, [replace(person(1), operation="remove")])
    assert meta_audience.payload(gone) == {"schema": ["EXTERN_ID"], "data": [["c1"]]}
    assert meta_audience.fingerprint(gone) == meta_audience.fingerprint(replace(gone, batch_id="other"))
    assert meta_audience.fingerprint(gone) != meta_audience.fingerprint(batch(audience, [person(1)]))


def test_forgetting_removes_from_every_audience_of_ours(transport, vendor, audience):
    for name in (f"{audience}_1", f"{audience}_2"):
        meta_audience.send(transport, batch(name, [person(1), person(2)]))
    told = meta_audience.erase(transport, ["c1", "c1", "c404"])
    assert told.accepted == 2
    assert [set(vendor.members(f"{audience}_{n}")) for n in (1, 2)] == [{"c2"}, {"c2"}]


class Odd:
    """A vendor that gives the answers it was made with."""

    def __init__(self, made=None, shown=(), reply=None):
        self.made, self.shown, self.reply = made or {}, list(shown), reply or {}

    def listed(self, edge, query):
        return self.shown

    def create(self, edge, body):
        return self.made

    def post(self, path, body):
        return self.reply

    delete = post


IDS = (None, "", "abc", "1/../2", "-1", True, 1.5, [], {})


@pytest.mark.parametrize("known", IDS)
def test_an_audience_without_a_usable_id_is_looked_for_again_later(audience, known):
    ours = {"name": audience, "description": meta_audience.description_of(audience), "id": known}
    for vendor in (
        Odd(made={"id": known}),
        Odd(made={}),
        Odd(shown=[ours]),
        Odd(shown=[{**ours, "id": 7}, ours]),
    ):
        with pytest.raises(RetryLater, match="without a usable id"):
            meta_audience.send(vendor, batch(audience, [person(1)]))
    with pytest.raises(RetryLater, match="without a usable id"):
        meta_audience.erase(Odd(shown=[ours]), ["c1"])


COUNTS = (None, True, -1, 1.5, "x", "", [], {}, [1])


@pytest.mark.parametrize("count", COUNTS)
def test_counts_that_are_none_leave_the_outcome_unknown(audience, count):
    for reply in (
        {"num_received": count, "num_invalid_entries": 0},
        {"num_received": 1, "num_invalid_entries": count},
    ):
        with pytest.raises(OutcomeUnknown, match="of 1 entries"):
            meta_audience.send(Odd({"id": "7"}, reply=reply), batch(audience, [person(1)]))


@pytest.mark.parametrize("samples", [None, 5, 0, True, "c1", [], [None, {}], {}, {"c9": []}, [["c1"]]])
def test_samples_of_any_type_name_only_whom_they_name(audience, samples):
    reply = {"num_received": "2", "num_invalid_entries": "0", "invalid_entry_samples": samples}
    receipt = meta_audience.send(Odd({"id": "7"}, reply=reply), batch(audience, [person(1), person(2)]))
    assert (receipt.accepted, receipt.rejected) == (2, {})
