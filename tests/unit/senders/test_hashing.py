"""Identifiers are hashed as the vendors' published examples are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.senders.parts.hashing import hash_of, hashed, normal_email, normal_phone

JOHN = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
PHONE = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"


@pytest.mark.parametrize(
    "value",
    [
        "john_smith@gmail.com",
        "  John_Smith@GMAIL.com\t\n",
        "\u00a0john_smith@gmail.com\u3000",
        "ｊｏｈｎ＿ｓｍｉｔｈ＠ｇｍａｉｌ．ｃｏｍ",
    ],
)
def test_an_address_gives_the_published_hash_however_it_is_typed(value):
    assert hash_of((("email", value),), "email") == JOHN


@pytest.mark.parametrize(
    "value",
    [
        "16505551212",
        "+16505551212",
        "+1 (650) 555-1212",
        " 001 650 555 1212",
        "0016505551212",
        "+1.650.555.1212",
        "＋１６５０５５５１２１２",
        "\u202a+16505551212\u202c",
    ],
)
def test_a_telephone_number_gives_the_published_hash_however_it_is_typed(value):
    assert hash_of((("sms", value),), "sms") == PHONE


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ("Zoë@Exämple.com", "zoë@xn--exmple-cua.com"),
        ("zoe\u0308@example.com", "zoë@example.com"),
        ("first.last+tag@gmail.com", "first.last+tag@gmail.com"),
        ("ИВАН@пример.рф", "иван@xn--e1afmkfd.xn--p1ai"),
        ("STRASSE@Straße.de", "strasse@xn--strae-oqa.de"),
    ],
)
def test_accents_dots_and_tags_stay_and_the_domain_is_ascii(value, normal):
    assert normal_email(value) == normal


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ("+44 (0)20 7946 0958", "442079460958"),
        ("0044 20 7946 0958", "442079460958"),
        ("+39 06 698 12345", "390669812345"),
        ("+7 (916) 123-45-67", "79161234567"),
        ("+49 170 1234567", "491701234567"),
    ],
)
def test_a_trunk_zero_goes_and_a_zero_that_belongs_stays(value, normal):
    assert normal_phone(value) == normal


@pytest.mark.parametrize(
    "value", ["", " ", "ana", "@example.com", "ana@", "ana@b", "a b@c.de", "a@b@c.de", "a@b..c"]
)
def test_what_is_no_address_is_not_hashed(value):
    assert normal_email(value) is None


@pytest.mark.parametrize(
    "value", ["", "+", "00", "020 7946 0958", "0170 1234567", "12", "call me", "+999 1", "9" * 40]
)
def test_what_is_no_international_number_is_not_hashed(value):
    assert normal_phone(value) is None


def test_the_first_usable_one_of_its_kind_is_taken():
    known = (
        ("sms", "020 7946"),
        ("email", "nobody"),
        ("email", "john_smith@gmail.com"),
        ("sms", "+16505551212"),
    )
    assert (hash_of(known, "email"), hash_of(known, "sms")) == (JOHN, PHONE)
    assert hash_of((("email", "nobody"),), "email") == hash_of((), "sms") == ""


@given(st.text(max_size=40))
def test_no_text_breaks_it_and_what_is_normal_stays_so(value):
    for normal in (normal_email, normal_phone):
        once = normal(value)
        assert once is None or normal(once) == once
    assert len(hashed(value.encode("utf-8", "replace").decode())) == 64
