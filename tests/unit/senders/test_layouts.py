"""An audience file is exact for machines, and harmless in a spreadsheet."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.keyed import HashKeys, read_keys
from include.senders.parts.layouts import LAYOUTS, guard, machine_file, spreadsheet_file
from include.senders.parts.members import Member, payload_hash
from tests.conftest import HASH_KEY

NASTY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example","y")',
    "a;=1+1",
    "a,=1+1",
    'a"=1+1',
    "a|@x",
    "a\t=1+1",
    "'=1+1",
    "''=1+1",
    '"=1+1',
    "＝1+1",
    "＋1",
    "a; \t+1",
    "+49 170 1234567",
    "\x00=1+1",
    "\u2028=1+1",
    "\ufeff=1+1",
]
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")


def cells(content, **dialect):
    return [cell for row in csv.reader(io.StringIO(content, newline=""), **dialect) for cell in row]


@pytest.mark.parametrize("value", NASTY)
def test_no_nasty_value_becomes_a_formula_in_any_locale(value):
    member = Member("add", "c1", (("email", value),), value)
    text = spreadsheet_file([member]).decode("utf-8-sig")
    assert len(text.strip().split("\r\n")) == 2
    for delimiter in ",;\t|":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            read = cells(text, delimiter=delimiter, quoting=quoting)
            assert [c for c in read if FORMULA.match(c.lstrip('"'))] == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_at_all_becomes_a_formula(name, contact):
    text = spreadsheet_file([Member("add", "c1", (("email", contact),), name)]).decode("utf-8-sig")
    for delimiter in ",;\t|":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            read = cells(text.replace("\0", ""), delimiter=delimiter, quoting=quoting)
            assert [c for c in read if FORMULA.match(c.lstrip('"'))] == []


def test_ordinary_people_are_left_as_they_are():
    for value in ("Ana", "O'Brien", "Zoë Müller", "ana-maria@example.com", "Smith; Jones", "Владислава", ""):
        assert guard(value) == value


@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=30)), max_size=5))
def test_machines_read_back_exactly_one_line_a_member(values):
    members = [Member("add", customer, (("email", address),)) for customer, address in values]
    rows = list(csv.DictReader(io.StringIO(machine_file(members).decode(errors="strict"), newline="")))
    assert len(rows) == len(members)
    for row, member in zip(rows, members, strict=True):
        printable = "".join(c if c.isprintable() else "?" for c in member.identifier)
        assert len(row["identifier"]) == len(member.identifier)
        assert [c for c in printable if c != "?" and c not in row["identifier"]] == []


def test_machines_get_telephone_numbers_in_digits():
    text = machine_file([Member("add", "c1", (("sms", "+49 170-1234567"),))]).decode()
    assert (
        text
        == '"operation","customer_id","identifier_type","identifier"\r\n"add","c1","sms","491701234567"\r\n'
    )


def test_people_get_a_byte_order_mark_so_that_accents_survive():
    content = spreadsheet_file([Member("add", "c1", (("email", "zoe@example.com"),), "Zoë")])
    assert content.startswith(b"\xef\xbb\xbf") and "Zoë" in content.decode("utf-8-sig")


def test_a_payload_changes_with_what_its_layout_tells():
    ana, renamed = (
        Member("add", "c1", (("email", "a@b.c"),), "Ana"),
        Member("add", "c1", (("email", "a@b.c"),), "Anna"),
    )
    moved = Member("add", "c1", (("email", "a@d.e"),), "Ana")
    keys = read_keys(HASH_KEY)
    three = (ana, renamed, moved)
    for_machines = [payload_hash(one, "machine", keys) for one in three]
    for_people = [payload_hash(one, "spreadsheet", keys) for one in three]
    assert for_machines[0] == for_machines[1] != for_machines[2]
    assert for_people[0] != for_people[1]
    assert payload_hash(ana, "machine", HashKeys(())) != for_machines[0]


def test_a_member_never_shows_who_it_is():
    assert "Ana" not in repr(Member("add", "c1", (("email", "ana@example.com"),), "Ana"))
    assert set(LAYOUTS) == {"machine", "spreadsheet"}
