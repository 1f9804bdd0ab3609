"""No value of a profile ever becomes a header, a recipient or a line of its own."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from include.senders.base import Refused
from include.senders.parts.headers import clean_address, clean_text
from include.senders.smtp_email import Request, payload

NAMES = sorted(
    [
        "date",
        "from",
        "reply-to",
        "to",
        "subject",
        "message-id",
        "content-language",
        "x-campaign",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "auto-submitted",
        "mime-version",
        "content-type",
    ]
)
NASTY = [
    "A é =?UTF-8?Q?=0A?=Bcc: x@y.z",
    "=?utf-8?b?QmNjOiB4QHkueg==?=",
    "=?utf-8?b?DQpCY2M6IHhAeS56DQo=?=",
    "=?utf-8?q?=3D=3Futf-8=3Fq=3F=0ABcc=3A_x=40y=2Ez=3F=3D?=",
    "a\r\nBcc: x@y.z",
    "a\nBcc: x@y.z\n\nbody",
    "a\x00b\x0bc\x85d\u2028e\u2029f",
    "=\u200b?utf-8?q?=0ABcc:_x=40y.z?=",
    "\ud800 lone surrogate",
    "\u202eevil\u202c",
    "=?unknown-charset?q?x?=",
    "=?utf-8?b?broken base64?=",
    "x" * 5000,
    "é" * 5000,
    "=?" * 200,
    '"quoted" <a@b.c>, d@e.f',
    "",
    " ",
]
PIECES = st.sampled_from(
    [
        *("=?UTF-8?Q?", "?=", "=0A", "=0D=0A", "\r\n", "\n", "\r", "Bcc: x@y.z", "To: x@y.z", "é", " ", "\t"),
        *("=", "?", "\u2028", "\x85", "\x00", "=?utf-8?b?DQpCY2M6IHhAeS56?=", ",", "<x@y.z>", "\u200b", "a"),
    ]
)
VALUES = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join), st.sampled_from(NASTY))


def request(subject="Welcome", recipient="ana@example.com", name="Tern & Thistle", campaign="welcome/first"):
    return Request(
        message_id=f"{'a' * 64}@mail.example",
        sender_name=name,
        sender_address="hello@ternandthistle.example",
        reply_to="care@ternandthistle.example",
        recipient=recipient,
        subject=subject,
        text="Hello\n",
        html="<p>Hello</p>\n",
        campaign=campaign,
        language="en",
        date=datetime(2026, 3, 16, 9, tzinfo=UTC),
        unsubscribe_url="https://mail.example/unsubscribe?token=t",
    )


def parsed(content):
    return [message_from_bytes(content, policy=p) for p in (policy.default, policy.compat32)]


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES, VALUES)
@example(*NASTY[:3])
@example(*NASTY[3:6])
@example(*NASTY[6:9])
@example(*NASTY[9:12])
@example(*NASTY[12:15])
@example(*NASTY[15:18])
def test_whatever_a_profile_says_a_message_has_exactly_its_own_headers(subject, name, campaign):
    content = payload(request(subject=subject, name=name, campaign=campaign))
    assert b"\n" not in content.replace(b"\r\n", b"")
    for message in parsed(content):
        assert sorted(key.lower() for key in message) == NAMES
        assert str(message["To"]) == "ana@example.com"
        assert [part.get_content_type() for part in message.get_payload()] == ["text/plain", "text/html"]
    strict, lenient = parsed(content)
    assert [a.addr_spec for a in strict["From"].addresses] == ["hello@ternandthistle.example"]
    assert str(make_header(decode_header(lenient["Subject"]))) == clean_text(subject)


@settings(max_examples=300, deadline=None)
@given(st.one_of(VALUES, VALUES.map(lambda v: f"{v}@example.com"), VALUES.map(lambda v: f"ana@{v}.com")))
def test_an_address_is_one_address_or_refused(value):
    try:
        content = payload(request(recipient=value))
    except Refused as error:
        assert error.reason in ("bad_address", "unsafe_header")
        return
    for message in parsed(content):
        assert sorted(key.lower() for key in message) == NAMES
        assert str(message["To"]) == clean_address(value) and str(message["To"]).count("@") == 1


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("Welcome, Ana", "Welcome, Ana"),
        ("  Zoë\t Müller ", "Zoë Müller"),
        ("Владислава", "Владислава"),
        ("=?utf-8?q?Zo=C3=AB?=", "Zoë"),
        ("A é =?UTF-8?Q?=0A?=Bcc: x@y.z", "A é Bcc: x@y.z"),
        ("a\r\nBcc: x@y.z", "a Bcc: x@y.z"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_clean_text_keeps_what_people_are_called(value, cleaned):
    assert clean_text(value) == cleaned


@settings(max_examples=300)
@given(VALUES)
def test_clean_text_is_clean_already(value):
    assert clean_text(clean_text(value)) == clean_text(value)


@pytest.mark.parametrize(
    "value", ["ana@example.com", "a.b+tag@sub.example.co.uk", "=x@example.com", "ana@münchen.de"]
)
def test_good_addresses_pass(value):
    assert clean_address(f" {value} ").endswith(value.rpartition("@")[2].encode("idna").decode())


@pytest.mark.parametrize("domain", ["straße-mode.example", "STRASSE-MODE.example", "ﬂuss.example", "faß.de"])
def test_a_letter_goes_to_the_domain_that_was_meant_and_to_no_other(domain):
    meant = {"straße-mode.example": "xn--strae-mode-83a.example", "faß.de": "xn--fa-hia.de"}
    assert clean_address(f"uli@{domain}") == f"uli@{meant.get(domain, domain.lower().replace('ﬂ', 'fl'))}"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ana",
        "@example.com",
        "ana@",
        "a@b@c.com",
        "ana@example",
        "ana@-.",
        "a b@example.com",
        "ana@exa mple.com",
        "ana,eve@example.com",
        "<ana@example.com>",
        "ana@example.com\r\nBcc: x@y.z",
        "=?utf-8?q?x?=@example.com",
        "a" * 65 + "@example.com",
        "ana@" + "a." * 100 + "com",
        "иван@example.com",
        '"a b"@example.com',
        "ana@[127.0.0.1]",
    ],
)
def test_what_smtp_cannot_carry_is_refused(value):
    with pytest.raises(Refused, match="not one that SMTP can carry"):
        clean_address(value)


def test_a_message_larger_than_the_relay_takes_is_refused():
    with pytest.raises(Refused) as caught:
        payload(Request(**{**vars(request()), "text": "x" * 600_000}))
    assert caught.value.reason == "too_large"


def test_equal_requests_are_equal_bytes():
    assert payload(request()) == payload(request())
