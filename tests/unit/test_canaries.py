"""The search for canaries finds them, in each form and kind of place: what it does not find is not there."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests import canaries
from tests.canaries import IDENTITIES, PEOPLE, SECRETS, count_files, dump, forms, identities, search, secrets

ANA = PEOPLE[17]
EMAIL, NAME = ANA.values["email"], ANA.values["last_name"]
KNOWN = identities() | secrets()


def test_there_are_two_hundred_people_and_twenty_secrets_each_like_no_other():
    assert len({one.values["email"] for one in PEOPLE}) == IDENTITIES == 200
    assert len(set(secrets().values())) == SECRETS == 20
    assert len(set(KNOWN.values())) >= 6 * 200 + 20


@pytest.mark.parametrize(
    "text",
    [
        f"sent to {EMAIL}",
        "sent to quill.aabh%2Bnest%40aviary.example",
        "sent%20to%20quill.aabh%2bnest%40aviary.example",
        "b'" + canaries.base64.b64encode(f"to: {EMAIL}".encode()).decode() + "'",
        canaries.base64.b64encode(f"x to: {EMAIL}".encode()).decode(),
        canaries.base64.urlsafe_b64encode(f"xy to: {EMAIL}".encode()).decode(),
        '{"name": "O\'F\\u00ednch-aabh"}',
        "<td>O&#x27;Fínch-aabh</td>",
        "tel 0" + ANA.spellings()[f"person {ANA.number}, digits"],
    ],
)
def test_a_planted_value_is_found_in_every_form(tmp_path, text):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "task.log").write_text(f"a line\n{text}\nanother\n", encoding="utf-8")
    found = search(KNOWN, tmp_path)
    assert found and all(name.startswith(f"person {ANA.number}, ") for _, name in found)


@pytest.mark.parametrize("number", range(SECRETS))
def test_every_form_of_a_secret_is_found(tmp_path, number):
    name, value = f"secret {number}", secrets()[f"secret {number}"]
    spelt = forms(value)
    assert len(spelt) >= 7
    for n, form in enumerate(sorted(spelt)):
        (tmp_path / f"{n}.log").write_text(f"key={form};", encoding="utf-8")
    assert {path for path, found in search(KNOWN, tmp_path) if found == name} == set(tmp_path.iterdir())


def test_what_stands_in_a_database_is_found_by_its_table(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        db.execute("create table xcom (id int, value blob)")
        db.executemany("insert into xcom values (?, ?)", [(1, b"nothing"), (2, f'"{NAME}"'.encode())])
        db.commit()
    told = tmp_path / "told"
    told.mkdir()
    assert dump(tmp_path / "a.db", told) == {"xcom": 2}
    assert search(KNOWN, told) == {(told / "xcom.txt", f"person {ANA.number}, last_name")}
    assert count_files(told) == 1


def test_where_there_is_none_none_is_found(tmp_path):
    (tmp_path / "task.log").write_text("sent 14 messages, 2 held back\n")
    assert search(KNOWN, tmp_path) == set()
    assert not list(Path(tmp_path).glob("*.db"))
