"""What the declarations of destinations must hold to, and how a mistake in one is told."""

import importlib

import pytest

from include.destinations import FOLDER, destination_of, load_destinations
from include.errors import FixDeclaration

MAILHOUSE = (FOLDER / "mailhouse.yml").read_text()
RELAY = (FOLDER / "email_relay.yml").read_text()


def test_there_are_destinations_and_each_names_a_sender():
    found = load_destinations()
    assert {"mailhouse", "email_relay"} <= set(found)
    assert destination_of("email").name == "email_relay"


@pytest.mark.parametrize("name", sorted(load_destinations()))
def test_a_sender_can_forget_someone_or_says_why_there_is_nothing_to_forget(name):
    destination = load_destinations()[name]
    sender = importlib.import_module(f"include.senders.{destination.sender}")
    assert hasattr(sender, "erase") == destination.erase.supported
    assert destination.erase.supported or len(sender.ERASE) > 20


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (
            MAILHOUSE,
            "sender: sftp_file",
            "sender: pigeon",
            "line 5: sender: there is no .*pigeon.py",
        ),
        (MAILHOUSE, "name: mailhouse", "name: mailhous", "line 3: name: must be mailhouse"),
        (MAILHOUSE, "members_per_batch: 50000", "members_per_batch: 0", "line 17: limits.members_per_batch"),
        (
            MAILHOUSE,
            "folder: /incoming",
            "foldr: /incoming",
            "line 12: foldr: .* did you mean folder",
        ),
        (MAILHOUSE, "folder: /incoming", "folder: ../incoming", "folder: String should match"),
        (MAILHOUSE, "operations: [add, remove, update]\n", "", "needs operations"),
        (MAILHOUSE, "owner: CRM team", "owner: CRM team\nowner: me", "said twice"),
        (MAILHOUSE, "owner: CRM team", "owner: [CRM", "not YAML"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_field(tmp_path, text, old, new, said):
    assert old in text
    (tmp_path / "mailhouse.yml").write_text(text.replace(old, new))
    with pytest.raises(FixDeclaration, match=said) as caught:
        load_destinations(tmp_path)
    assert str(caught.value).startswith("mailhouse.yml, line ")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "unsubscribe_url: https://mail.ternandthistle.example/unsubscribe\n",
            "",
            "needs channel",
        ),
        ("America/New_York]", "Mars/Olympus]", "no such time zone: Mars/Olympus"),
        ('begin: "21:00"', "begin: late", "limits.quiet_hours.begin"),
    ],
)
def test_a_mistake_in_the_relay_is_named(tmp_path, old, new, said):
    assert old in RELAY
    (tmp_path / "email_relay.yml").write_text(RELAY.replace(old, new))
    with pytest.raises(FixDeclaration, match=said):
        load_destinations(tmp_path)


def test_a_channel_has_one_destination(tmp_path):
    (tmp_path / "email_relay.yml").write_text(RELAY)
    (tmp_path / "second.yml").write_text(RELAY.replace("name: email_relay", "name: second"))
    with pytest.raises(FixDeclaration, match="more than one destination sends email"):
        load_destinations(tmp_path)
    with pytest.raises(FixDeclaration, match="no destination has channel: sms"):
        destination_of("sms")


def test_codes_are_declared_one_by_one_or_as_ranges(tmp_path):
    (tmp_path / "mailhouse.yml").write_text(MAILHOUSE + "error_codes:\n  retry: [-1, 4, 80000-80003]\n")
    codes = load_destinations(tmp_path)["mailhouse"].error_codes
    assert codes.retry == (-1, 4, 80000, 80001, 80002, 80003) and codes.connection == ()


@pytest.mark.parametrize(
    "codes", ["[299-200]", "[5-5]", "[1-99999]", "[4 - 5]", "[four]", "[1.5]", "4", "200-299"]
)
def test_a_range_that_is_none_is_named(tmp_path, codes):
    (tmp_path / "mailhouse.yml").write_text(MAILHOUSE + f"error_codes:\n  retry: {codes}\n")
    with pytest.raises(FixDeclaration, match=r"line \d+: error_codes\.retry"):
        load_destinations(tmp_path)


def test_no_code_of_a_destination_asks_for_two_remedies():
    found = [d.error_codes for d in load_destinations().values() if d.error_codes.retry]
    assert found
    for codes in found:
        declared = [*codes.retry, *codes.connection, *codes.payload]
        assert len(declared) == len(set(declared)) > 100
