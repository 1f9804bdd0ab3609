"""Latin and Cyrillic names keep the keys that they had when SQL spelled them, letter by letter."""

import unicodedata

import duckdb
import pytest

from include.normalise.names import name_key
from include.sandbox.world.names_eastern import EASTERN, SHORT_FORMS
from include.sandbox.world.names_western import WESTERN

SPELLED = {
    **{"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"},
    **{"ё": "e", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "ь": "", "ъ": ""},
}
PLAIN = ("абвгдезийклмнопрстуфыэіїєґқңғүұһәө", "abvgdeziyklmnoprstufyeiiegknguuhao")


def sandbox_names():
    """Every name of the made-up company's people, as written, in capitals and in small letters."""
    lists = [names for culture in (*EASTERN.values(), *WESTERN.values()) for names in culture]
    words = {
        word for names in (*lists, SHORT_FORMS) for word in names.replace(":", " ").replace(",", " ").split()
    }
    return sorted(words | {word.upper() for word in words} | {word.lower() for word in words})


def spelled_in_sql(names):
    """The keys by the rule that the models had: letters replaced, accents dropped, all but a to z removed."""
    text = "lower(x)"
    for letter, latin in SPELLED.items():
        text = f"replace({text}, '{letter}', '{latin}')"
    text = f"strip_accents(translate({text}, '{PLAIN[0]}', '{PLAIN[1]}'))"
    query = f"select x, nullif(regexp_replace({text}, '[^a-z]', '', 'g'), '') from unnest(?) as t(x)"
    with duckdb.connect() as con:
        return dict(con.execute(query, [names]).fetchall())


def test_every_name_of_the_sandbox_keeps_its_key():
    expected = spelled_in_sql(sandbox_names())
    assert len(expected) > 3000
    assert {name: name_key(name) for name in expected} == expected


@pytest.mark.parametrize("name", ["Сергей", "Zoë", "Łukasz", "Γιώργος", "محمّد", "がくと", "김민준"])
def test_a_name_is_the_same_however_its_marks_are_encoded(name):
    assert name_key(unicodedata.normalize("NFD", name)) == name_key(unicodedata.normalize("NFC", name))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ΠΑΥΛΟΣ", "Παύλος"),
        ("Ευάγγελος", "Evangelos"),
        ("Χρήστος", "Christos"),
        ("Μπάμπης", "Babis"),
        ("ﾀﾞｲｽｹ", "ダイスケ"),
        ("山田　太郎", "山田太郎"),
        ("Đặng", "Dang"),
        ("ʻOkina", "Okina"),
        ("مـحـمـد", "محمد"),
    ],
)
def test_two_spellings_of_one_name_are_one_key(one, other):
    assert name_key(one) == name_key(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Γιώργος", "Νίκος"),
        ("王", "李"),
        ("がくと", "かくと"),
        ("मोहन", "मीहन"),
        ("Δαυίδ", "Μαρία"),
        ("Đỗ", "Ô"),
    ],
)
def test_two_names_in_another_script_are_two_keys(one, other):
    assert name_key(one) != name_key(other)
    assert None not in (name_key(one), name_key(other))
