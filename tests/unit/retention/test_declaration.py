"""Nothing is pruned until a file says so, and what would lose a customer or a consent cannot be said."""

from pathlib import Path

import pytest

from include.channels import load_channels
from include.errors import FixDeclaration
from include.retention.declaration import KINDS, RETENTION, SUPPRESSING, load_retention
from include.retention.streams import for_ever, shapes_by_stream
from include.settings import ROOT

EVENTS = "email/events: {days: 400, keep: {event_type: [bounce, complaint, unsubscribe]}}"


@pytest.fixture
def say(tmp_path: Path):
    """A file of these lines, read."""

    def read(*lines: str):
        file = tmp_path / "retention.yml"
        file.write_text("\n".join(lines) + "\n")
        return load_retention(file)

    return read


def lake(*entries: str) -> list[str]:
    return ["lake:", *(f"  {entry}" for entry in entries)]


def test_everything_is_kept_for_ever_as_the_project_comes():
    found = load_retention()
    assert found.kinds == []
    assert found.lake == {}
    text = RETENTION.read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"\n{kind}:" not in text] == []


def test_each_kind_can_be_given_its_days(say):
    found = say(
        *lake(EVENTS, "shop/web_events: {days: 30}"), "reports: 7", "ledger_details: 30", "run_log: null"
    )
    assert found.kinds == ["lake", "reports", "ledger_details"]
    assert found.lake["email/events"].keep == {"event_type": ("bounce", "complaint", "unsubscribe")}
    assert (found.lake["shop/web_events"].days, found.reports, found.run_log) == (30, 7, None)


def test_the_example_in_the_file_can_be_taken_as_it_is(say):
    example = next(line for line in RETENTION.read_text().splitlines() if "{days:" in line)
    assert say("lake:", example.removeprefix("#").rstrip()).kinds == ["lake"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["lake: {}", "quarantine: 5"], "retention.yml, line 2: quarantine: "),
        (["reports: soon"], "retention.yml, line 1: reports: "),
        (["report: 30"], "retention.yml, line 1: report: unknown field; did you mean reports?"),
        (lake("shop/web_events: {days: 29}"), "line 2: lake.shop/web_events.days: "),
        (lake("shop/web_evnts: {days: 40}"), "line 2: lake.shop/web_evnts: no such stream is declared"),
        (lake("shop/order_lines: {days: 400}"), "lie in shop/orders and go with them: name that one"),
        (lake("email/events: {days: 400}"), "suppressions rest on some of its rows; say which stay: bounce"),
        (
            lake("email/events: {days: 400, keep: {event_type: [bounce, unsubscribe]}}"),
            "keep: event_type leaves out complaint, on which suppressions rest",
        ),
        (
            lake("email/events: {days: 400, keep: {event_type: [bounces]}}"),
            "keep: event_type is never bounces; there are accepted, bounce",
        ),
        (lake("shop/web_events: {days: 40, keep: {kind: [login]}}"), "keep: kind is no column of texts"),
        (lake("shop/orders: {days: 400, keep: {status: [paid]}}"), "other streams are nested in this one"),
        (lake("stores/receipts: {days: 400}"), "stores/receipt_lines belongs to the same orders"),
        (
            lake("stores/receipts: {days: 400}", "stores/receipt_lines: {days: 399}"),
            "line 3: lake.stores/receipt_lines: stores/receipts belongs to the same orders",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_line_and_field(say, lines, said):
    with pytest.raises(FixDeclaration) as refused:
        say(*lines)
    assert said in str(refused.value)


def test_all_that_is_wrong_is_said_at_once(say):
    with pytest.raises(FixDeclaration) as refused:
        say(*lake("crm/consents: {days: 400}", "shop/customers: {days: 400}", EVENTS))
    consents, customers = str(refused.value).splitlines()
    assert consents.startswith("retention.yml, line 2: lake.crm/consents: consents are made from it: ")
    assert customers.startswith("retention.yml, line 3: lake.shop/customers: it gives the current state ")


def test_no_stream_with_a_consent_or_a_record_s_current_state_can_be_cut_by_date():
    shapes = shapes_by_stream()
    declared = {s.label for channel in load_channels().values() for s in channel.streams.values()}
    assert shapes.keys() == declared
    refused = {label for label, of in shapes.items() if for_ever(of)}
    assert refused == {
        "crm/consents",
        "crm/contacts",
        "crm/preferences",
        "email/subscribers",
        "shop/customers",
    }
    giving = {label for label, of in shapes.items() if of & {"consents", "preferences", "memberships"}}
    assert giving and giving <= refused


def test_a_stream_of_which_nobody_knows_what_rests_on_it_keeps_all():
    assert "no staging model reads it" in for_ever(frozenset())


def test_the_events_that_must_stay_are_those_that_suppress():
    model = (ROOT / "dbt_project/models/marts/contacts/fct_suppressions.sql").read_text()
    said = model[model.index("event_type in ") : model.index("is_permanent_bounce(")]
    assert all(f"'{event}'" in said for event in SUPPRESSING)
    assert said.count("'") == 2 * len(SUPPRESSING)
