"""What people of the made-up company do with the messages they are sent."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from include.sandbox.world import WorldSpec, build_day, build_history, build_people, email_response

SPEC = WorldSpec(seed=5, people=800)
NO_MESSAGES = pd.DataFrame({"recipient": [], "sent_at": []})


@pytest.fixture(scope="module")
def world():
    return build_history(SPEC)


def test_a_recipient_answers_the_same_message_the_same_way(world):
    people = world.truth_people.to_pandas()
    sent = datetime(2026, 3, 16, 9, tzinfo=UTC)
    stories = [
        email_response(SPEC, world.truth_people, address, f"m{i}@shop.example", sent, "welcome")
        for i, address in enumerate(people["email"])
    ]
    again = email_response(SPEC, build_people(SPEC), people["email"][7], "m7@shop.example", sent, "welcome")
    assert again == stories[7]
    kinds = [[event["event_type"] for event in story] for story in stories]
    assert all(kind[0] == "accepted" and kind[1] in ("delivered", "bounce") for kind in kinds)
    opened, expected = np.mean(["open" in kind for kind in kinds]), people["open_probability"].mean() * 1.5
    assert abs(opened - expected) < 0.08
    assert all(event["occurred_at"] >= sent for story in stories for event in story)
    assert len({event["event_id"] for story in stories for event in story}) == sum(map(len, stories))


def test_a_message_to_nobody_bounces(world):
    sent = datetime(2026, 3, 16, 9, tzinfo=UTC)
    for address in ("none@none.com", "noreply@stores.example", "nobody.at.all@nowhere.example"):
        story = email_response(SPEC, world.people, address, f"<{address}>", sent, "welcome")
        assert [event["event_type"] for event in story] == ["accepted", "bounce"]


def test_an_address_is_reached_however_it_is_spelled(world):
    address = next(a for a in world.truth_people["email"].to_pylist() if a.endswith("@gmail.com"))
    local = address.partition("@")[0].replace(".", "")
    sent = datetime(2026, 3, 16, 9, tzinfo=UTC)
    story = email_response(SPEC, None, f" {local.upper()}+x@GoogleMail.com", "m@x", sent, "welcome")
    assert (
        "bounce" not in {event["event_type"] for event in story}
        or world.people.persons["bounces"][
            world.people.by_mailbox[address.replace(".", "").replace("gmailcom", "gmail.com")]
        ]
    )


def test_messages_seen_move_purchases_as_the_hidden_effect_says():
    spec = WorldSpec(seed=3, people=6000)
    day = spec.first_date + timedelta(days=1)
    people = build_people(spec, day).persons
    sent = datetime(2026, 3, 15, 23, tzinfo=UTC)
    messages = pd.DataFrame({
        "recipient": people["email"], "sent_at": sent, "campaign": "welcome",
        "message_id": [f"e{i}@x" for i in range(len(people["email"]))],
    })  # fmt: skip
    told = [build_day(spec, None, day, given).truth_records.to_pandas() for given in (messages, NO_MESSAGES)]
    positive = set(people["person_id"][people["message_effect"] > 0.4])
    bought = [len(t[t["stream"].eq("receipts") & t["person_id"].isin(positive)]) for t in told]
    assert bought[1] >= 10
    assert bought[0] > bought[1] * 1.1
