"""A message is planned once, checked again at the claim, sent once, and its outcome written down."""

from datetime import UTC, datetime, timedelta
from email import message_from_string, policy

import pytest

from include.errors import FixConnection, FixDeclaration, FixRequest, RetryLater
from include.ledger.dispatch import dispatch
from include.ledger.messages import plan
from include.senders.parts.tokens import verify_token
from tests.fixtures.published import decision, point, publish
from tests.fixtures.receivers import SECRET, twice
from tests.unit.ledger.conftest import D, everything, messages, states

ANA, BEN, CYD = (point(name, f"{name}@example.com") for name in ("ana", "ben", "cyd"))


def publish_welcomes(settings, *points, business_date=D, **changed):
    publish(
        settings,
        business_date,
        dim_contact_points=points,
        fct_message_decisions=[decision(p, business_date, **changed) for p in points],
    )


def send(settings, smtp, business_date=D, **changed):
    return dispatch(settings, business_date, {"smtp_relay": smtp.connection(**changed)})


def test_each_planned_message_is_sent_once_and_confirmed(settings, smtp):
    publish_welcomes(settings, ANA, BEN)
    assert plan(settings, D) == {"planned": 2, "known": 0, "withdrawn": 0, "unreachable": 0}
    assert send(settings, smtp) == {"confirmed": 2}
    assert plan(settings, D)["known"] == 2
    assert send(settings, smtp) == {}
    assert sorted(smtp.ids) == sorted(row["message_id"] for row in messages(settings))
    assert [line["date"] for line in smtp.log.lines()] == ["Mon, 16 Mar 2026 09:00:00 +0000"] * 2


def test_a_message_says_who_it_is_from_and_how_to_stop_it(settings, smtp):
    publish_welcomes(settings, ANA)
    plan(settings, D)
    send(settings, smtp)
    (line,) = smtp.log.lines()
    message = message_from_string(line["content"], policy=policy.default)
    assert line["recipient"] == message["To"] == "ana@example.com"
    assert (message["Subject"], message["X-Campaign"]) == ("Welcome to Tern & Thistle, Ana", "welcome/first")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = message["List-Unsubscribe"].strip("<>")
    assert url.startswith("https://") and "ana" not in url
    assert verify_token(url.split("token=")[1], SECRET) == messages(settings)[0]["message_key"]
    text, html = (part.get_content() for part in message.iter_parts())
    assert "Lovely to meet you, Ana." in text and "said yes to our e-mails on 3 March 2026" in text
    assert url in text and f'href="{url}"' in html


def test_refused_decisions_and_other_dates_stay_out_of_the_ledger(settings):
    rows = [decision(ANA, D), decision(BEN, D, decision="refuse", reason="no_consent")]
    rows.append(decision(CYD, D - timedelta(days=1)))
    publish(settings, D, dim_contact_points=[ANA, BEN, CYD], fct_message_decisions=rows)
    plan(settings, D)
    assert states(settings) == {"ana": "planned"}


def test_a_decision_without_its_contact_point_is_counted(settings):
    publish(settings, D, dim_contact_points=[BEN], fct_message_decisions=[decision(ANA, D)])
    assert plan(settings, D)["unreachable"] == 1


def test_planning_without_a_published_version_says_what_to_run(settings):
    with pytest.raises(FixRequest, match="build_customer360"):
        plan(settings, D)


def test_what_a_rerun_of_the_date_no_longer_decides_is_not_sent(settings, smtp):
    publish_welcomes(settings, ANA, BEN)
    plan(settings, D)
    publish_welcomes(settings, ANA)
    assert plan(settings, D)["withdrawn"] == 1
    send(settings, smtp)
    assert states(settings) == {"ana": "confirmed", "ben": "suppressed:no_longer_decided"}


@pytest.mark.parametrize(
    ("changed", "became"),
    [
        ({"has_marketing_consent": False}, "suppressed:consent_withdrawn"),
        ({"has_marketing_consent": None}, "suppressed:consent_withdrawn"),
        ({"is_suppressed": True, "suppression_reason": "complaint"}, "suppressed:suppressed"),
    ],
)
def test_consent_is_read_again_at_the_claim(settings, smtp, changed, became):
    publish_welcomes(settings, ANA, BEN)
    plan(settings, D)
    publish(settings, D + timedelta(days=1), dim_contact_points=[{**ANA, **changed}, BEN])
    send(settings, smtp)
    assert states(settings) == {"ana": became, "ben": "confirmed"}
    assert [line["recipient"] for line in smtp.log.lines()] == ["ben@example.com"]


def test_consent_withdrawn_while_dispatching_counts_from_that_moment(settings, smtp):
    publish_welcomes(settings, ANA, BEN, CYD)
    plan(settings, D)

    def withdraw(number):
        gone = [{**p, "has_marketing_consent": False} for p in (ANA, BEN, CYD)]
        publish(settings, D + timedelta(days=1), dim_contact_points=gone)
        return "accept"

    smtp.behave = withdraw
    assert send(settings, smtp) == {"confirmed": 1, "suppressed:consent_withdrawn": 2}
    assert len(smtp.ids) == 1


def test_an_address_that_is_gone_is_not_written_to(settings, smtp):
    publish_welcomes(settings, ANA)
    plan(settings, D)
    publish(settings, D + timedelta(days=1), dim_contact_points=[BEN])
    assert send(settings, smtp) == {"suppressed:no_contact_point": 1}


def test_a_merge_of_customers_changes_neither_address_nor_consent(settings, smtp):
    publish_welcomes(settings, ANA)
    plan(settings, D)
    publish(settings, D + timedelta(days=1), dim_contact_points=[point("zoe", "ana@example.com")])
    assert send(settings, smtp) == {"confirmed": 1}


def test_an_address_suppressed_for_one_customer_is_suppressed_for_all(settings, smtp):
    publish_welcomes(settings, ANA)
    plan(settings, D)
    other = point("zoe", "ana@example.com", is_suppressed=True)
    publish(settings, D + timedelta(days=1), dim_contact_points=[ANA, other])
    assert send(settings, smtp) == {"suppressed:suppressed": 1}


def test_what_is_too_late_expires(settings, smtp):
    publish_welcomes(settings, ANA, expires_at=datetime(2026, 3, 16, 9, tzinfo=UTC))
    plan(settings, D)
    assert send(settings, smtp) == {"expired": 1}
    assert smtp.ids == []


def test_nobody_hears_more_often_than_the_cap(settings, smtp):
    triggers = [f"order-{n}" for n in range(5)]
    rows = [decision(ANA, D, trigger=t) for t in triggers]
    publish(settings, D, dim_contact_points=[ANA], fct_message_decisions=rows)
    plan(settings, D)
    assert send(settings, smtp) == {"confirmed": 3, "suppressed:frequency_cap": 2}


def test_quiet_hours_put_a_message_back_and_the_sandbox_clock_goes_on_to_it(settings, smtp):
    sleeper = point("sue", "sue@example.com", time_zone="America/Los_Angeles")
    publish_welcomes(settings, ANA, sleeper)
    plan(settings, D)
    assert send(settings, smtp) == {"confirmed": 2, "planned:quiet_hours": 1}
    assert [line["date"] for line in smtp.log.lines()] == [
        "Mon, 16 Mar 2026 09:00:00 +0000",
        "Mon, 16 Mar 2026 15:00:00 +0000",
    ]


def test_on_a_wall_clock_only_what_is_due_is_sent(settings, smtp):
    wall = settings.model_copy(update={"clock": "wall"})
    soon = datetime.now(UTC) + timedelta(hours=1)
    wide_awake = {"time_zone": None}
    late = point("late", "late@example.com", **wide_awake)
    publish(
        wall,
        D,
        dim_contact_points=[late],
        fct_message_decisions=[decision(late, D, due_at=soon, expires_at=soon + timedelta(days=1))],
    )
    plan(wall, D)
    assert send(wall, smtp) == {}
    assert states(wall) == {"late": "planned"}


def test_what_is_due_after_the_next_night_waits_for_it(settings, smtp):
    publish_welcomes(settings, ANA, due_at=datetime(2026, 3, 17, 9, tzinfo=UTC))
    plan(settings, D)
    assert send(settings, smtp) == {}
    assert send(settings, smtp, D + timedelta(days=1)) == {"confirmed": 1}


def test_a_run_of_an_earlier_date_leaves_later_messages_alone(settings, smtp):
    publish_welcomes(settings, ANA)
    plan(settings, D)
    assert send(settings, smtp, D - timedelta(days=1)) == {}


def test_a_refusal_for_now_is_tried_again_later(settings, smtp):
    publish_welcomes(settings, ANA)
    plan(settings, D)
    smtp.behave = lambda number: "452 mailbox full" if number < 3 else "accept"
    assert send(settings, smtp) == {"confirmed": 1, "planned:smtp_452": 2}
    (line,) = smtp.log.lines()
    assert line["date"] == "Mon, 16 Mar 2026 09:20:00 +0000"


def test_tries_are_bounded(settings, smtp):
    publish_welcomes(settings, ANA)
    plan(settings, D)
    smtp.behave = lambda number: "452 mailbox full"
    assert send(settings, smtp) == {"planned:smtp_452": 4, "rejected:smtp_452": 1}
    assert smtp.count == 5


def test_a_refusal_for_good_rejects_that_message_only(settings, smtp):
    publish_welcomes(settings, ANA, BEN, CYD)
    plan(settings, D)
    smtp.rcpt["ana@example.com"] = "550 no such user"
    smtp.behave = lambda number: "554 looks like spam" if number == 1 else "accept"
    assert send(settings, smtp) == {"confirmed": 1, "rejected:smtp_550": 1, "rejected:smtp_554": 1}


def test_a_lost_reply_is_unknown_and_never_sent_again(settings, smtp):
    publish_welcomes(settings, ANA, BEN, CYD)
    plan(settings, D)
    smtp.behave = lambda number: "drop" if number == 2 else "accept"
    assert send(settings, smtp) == {"confirmed": 2, "unknown:no_reply": 1}
    assert send(settings, smtp) == {}
    assert len(smtp.ids) == 3 and twice(smtp.ids) == []


def test_a_wrong_password_stops_everything_and_loses_nothing(settings, smtp):
    publish_welcomes(settings, ANA, BEN, CYD)
    plan(settings, D)
    with pytest.raises(FixConnection, match="smtp_relay: login refused"):
        send(settings, smtp, password="wrong")
    assert smtp.logins == 1
    assert set(states(settings).values()) == {"planned:connection", "planned"}
    assert send(settings, smtp) == {"confirmed": 3}


def test_a_relay_that_is_down_leaves_all_planned(settings, smtp):
    publish_welcomes(settings, ANA, BEN)
    plan(settings, D)
    with pytest.raises(RetryLater):
        send(settings, smtp, port=1)
    assert {state.split(":")[0] for state in states(settings).values()} == {"planned"}
    assert send(settings, smtp) == {"confirmed": 2}


def test_without_a_secret_for_unsubscribe_links_nothing_is_sent(settings, smtp, monkeypatch):
    monkeypatch.delenv("OMNI_UNSUBSCRIBE_SECRET", raising=False)
    publish_welcomes(settings, ANA)
    plan(settings, D)
    with pytest.raises(FixConnection, match="unsubscribe_secret"):
        send(settings, smtp, extra={"disable_tls": True})


def test_a_bad_address_is_rejected_and_the_others_go_on(settings, smtp):
    bad = point("bad", "no-at-sign\r\nBcc: x@y.z")
    publish_welcomes(settings, bad, ANA)
    plan(settings, D)
    assert send(settings, smtp) == {"confirmed": 1, "rejected:bad_address": 1}


def test_a_step_without_a_template_stops_before_any_claim(settings, smtp):
    publish_welcomes(settings, ANA, journey="nothing_written")
    plan(settings, D)
    with pytest.raises(FixDeclaration, match="nothing_written"):
        send(settings, smtp)
    assert states(settings) == {"ana": "planned"}


def test_an_address_that_changed_under_its_hash_is_not_used(settings, smtp):
    publish_welcomes(settings, ANA)
    plan(settings, D)
    publish(settings, D + timedelta(days=1), dim_contact_points=[{**ANA, "address": "eve@example.com"}])
    assert send(settings, smtp) == {"rejected:wrong_address": 1}


def test_no_address_stands_in_the_ledger(settings, smtp):
    publish_welcomes(settings, ANA, BEN)
    plan(settings, D)
    smtp.behave = lambda number: "554 ana@example.com is not known here" if number == 1 else "accept"
    send(settings, smtp)
    kept = everything(settings)
    assert "first" in kept
    assert "ana@example.com" not in kept and "ben@example.com" not in kept
