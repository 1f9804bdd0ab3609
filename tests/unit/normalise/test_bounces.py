"""A bounce is permanent by its first code, and by words only where there is none."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.normalise.bounces import is_permanent_bounce
from include.warehouse.functions import register
from tests.unit.normalise.bounce_texts import PERMANENT, TEMPORARY

TEXTS = [*((text, True) for text in PERMANENT), *((text, False) for text in TEMPORARY)]
LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz")
HOST = st.builds("mx{}.{}450.example".format, st.integers(0, 999), LETTERS)
NOISE = st.one_of(
    st.builds("<{}later@{}>".format, LETTERS, HOST),
    st.builds("full.{}@{}".format, LETTERS, HOST),
    st.builds("[{}.{}.{}.{}]:25".format, *[st.integers(1, 254)] * 4),
    st.builds("{}.{}.{}.{}".format, *[st.integers(1, 254)] * 4),
    st.builds("[2001:db8::{:x}]".format, st.integers(0, 65535)),
    HOST,
    st.builds("https://{}/450/full".format, HOST),
    st.builds("{}640c23a62f3a-12.{}".format, LETTERS, st.integers(400, 599)),
    st.builds("2026-03-16T04:50:{:02d}Z".format, st.integers(0, 59)),
)


def test_what_mail_servers_really_say_is_understood():
    assert [text for text, is_permanent in TEXTS if is_permanent_bounce(text) is not is_permanent] == []
    assert len(TEXTS) > 80


def test_no_text_is_permanent_and_sql_says_the_same():
    with duckdb.connect() as con:
        register(con)
        found = con.execute(
            "select x, is_permanent_bounce(x) from unnest(?) as t(x)", [[text for text, _ in TEXTS]]
        ).fetchall()
        assert dict(found) == dict(TEXTS)
        assert con.execute("select is_permanent_bounce(null)").fetchone() == (True,)
    assert is_permanent_bounce(None) is True


@settings(max_examples=500, deadline=None)
@given(said=st.sampled_from(TEXTS), noise=st.lists(NOISE, min_size=1, max_size=3))
def test_ids_addresses_and_host_names_behind_a_text_do_not_change_its_class(said, noise):
    text, is_permanent = said
    assert is_permanent_bounce(" ".join([text, *noise])) is is_permanent


@settings(max_examples=500, deadline=None)
@given(
    said=st.sampled_from([("550 5.1.1 User unknown", True), ("452 4.2.2 mailbox full", False),
                          ("5.1.1 bad mailbox", True), ("4.4.7 expired", False), ("mailbox full", False),
                          ("no such user here", True)]),
    noise=st.lists(NOISE, min_size=1, max_size=3),
)  # fmt: skip
def test_nor_do_they_before_it(said, noise):
    text, is_permanent = said
    assert is_permanent_bounce(f"{' '.join(noise)} said: {text}") is is_permanent


@given(text=st.text(max_size=200))
def test_every_text_has_a_class(text):
    assert is_permanent_bounce(text) in (True, False)


@pytest.mark.parametrize(
    ("text", "is_permanent"),
    [
        ("550 5.1.1 a640c23a62f3a-12.450 - gsmtp", True),
        ("550 no account, connection from 10.4.22.17", True),
        ("550 <busybee@mail.example> unknown", True),
        ("user unknown at 10.4.22.17 port 450", True),
        ("450 try again, 550 was said before", False),
    ],
)
def test_the_first_code_decides(text, is_permanent):
    assert is_permanent_bounce(text) is is_permanent
