"""Who is greeted by name, and what a stranger cannot write into a mail by calling himself so."""

import pytest

from include.normalise.greetings import greeting_name

NAMES = """
Ana; O'Brien; O’Brien; D'Arcy; Jean-Luc; Jean‑Luc; María José; José Mª; van der Berg; Nuñez
Zoë; Łukasz; Đorđe; Nguyễn Thị Minh; İbrahim; Þórdís; Ħabib; Šárka; Núria Gal·la; N'Golo
Hawaiʻi; Noʻeau; J.; J. R.; John J.; Sammy Jr.; J.-P.; Nina; Нина; Владислава; Наталія; Мар'яна
Ελένη; Αντώνης; Գոհար; ნინო; 王小明; 欧阳娜娜; さくら; ジャン・リュック; 佐々木; 김민준; محمد
عبد الرحمن; فاطمه; مهسا‌سادات; דוד; ז'קלין; ז׳קלין; आरती; प्रिया; சுபா; สมชาย; နန္ဒာ; ដារា; አበበ
ᏣᎳᎩ; ᠪᠠᠲᠤ; বিপাশা; ਗੁਰਪ੍ਰੀਤ; Siân; Þóra Björg; Ngozi; Seán
"""
REAL = [name.strip() for line in NAMES.split("\n") for name in line.split(";") if name.strip()]
WRITTEN_BY_STRANGERS = [
    "You won! visit evil.example",
    "evil.example",
    "evil.example.",
    "e.vil",
    "evil。example",
    "evil．example",
    "evil\ua4f8example",
    "evil\ua78fexample",
    "httpꓽ evil",
    "www.evil",
    "win 1000",
    "Anna2",
    "١٢٣",
    "call 0800",
    "Ana, you won",
    "Ana: click",
    "Ana; click",
    "Ana/Bob",
    "a@b",
    "ana＠example",
    "<b>Ana</b>",
    "{{ name }}",
    "$$$ Ana",
    "€ Ana",
    "Ana 🎁",
    "Ana ★",
    "Ana_Bob",
    "Ana\u202ebob",
    "Ana\u2066bob",
    "Ana\u200fbob",
    "Ana\u200bbob",
    "Ana\u00adbob",
    "\ufeffAna",
    "Ana\x00",
    "Ana\x1b[31m",
    "one two three four five",
    "you have won a prize",
    "x" * 41,
    "Z" + "\u0301" * 12,
    "\u0301Ana",
    "-Ana",
    "Ana-",
    "Ana--Bob",
    "O''Brien",
    "'",
    "''",
    "...",
    "Anna.",
    "Mister. Ana",
    "Click here!",
    "Ana?",
    "(Ana)",
    '"Ana"',
    "=1+1",
    "",
    " ",
    "\n",
    "\u200d",
    "・",
]


@pytest.mark.parametrize("name", REAL)
def test_people_of_all_scripts_are_greeted_by_name(name):
    assert greeting_name(name) == name


def test_there_are_names_of_many_scripts():
    assert len(REAL) > 60


@pytest.mark.parametrize("name", WRITTEN_BY_STRANGERS)
def test_what_is_no_name_is_not_printed(name):
    assert greeting_name(name) is None
    assert greeting_name(f"Ana {name}") is None or not name.strip()
    assert greeting_name(None) is None


def test_blanks_are_single_and_accents_composed():
    assert greeting_name(" Mari\u0301a \u00a0 Jose\u0301\t") == "María José"
