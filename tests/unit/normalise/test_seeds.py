"""What analysts edit for the rules: no row of a seed contradicts another row, or a code of ISO 3166."""

import csv

import duckdb
import pycountry
import pytest

from include.errors import FixDeclaration
from include.normalise import providers
from include.normalise.countries import SEED, aliases, country_code, name_of
from include.warehouse.functions import register

CODES = {country.alpha_2 for country in pycountry.countries} | {"XK"}


def test_every_alias_is_read_once_and_names_a_country():
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({name_of(row["alias"]) for row in rows}) == len(rows) > 100
    assert {row["country"] for row in rows} <= CODES
    assert {alias: country_code(alias) for alias in aliases()} == aliases()


def test_every_code_and_name_of_iso_3166_is_its_country():
    said = [
        (getattr(country, kind, country.name), country.alpha_2)
        for country in pycountry.countries
        for kind in ("alpha_2", "alpha_3", "numeric", "name", "official_name", "common_name")
    ]
    assert len(said) > 1400
    assert [(text, code) for text, code in said if country_code(text) != code] == []


def test_every_country_of_the_seed_countries_is_known_by_its_name():
    with SEED.with_name("countries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 240
    assert [row for row in rows if country_code(row["country_name"]) != row["country"]] == []


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Áo", "AT"),  # Vietnamese; AO is Angola
        ("es_AR", "AR"),
        ("ES-AR", "ES"),
        ("Austria / Österreich", "AT"),
        ("Georgia, USA", None),
        ("Virgin Islands", None),
        ("Soviet Union", None),
        ("n.a.", None),
        ("44", None),
    ],
)
def test_what_could_be_two_countries_is_none(text, country):
    assert country_code(text) == country


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["gmail.com,gmail.com,true", "googlemail.com,,true"], 3),
        (["gmail.com,gmail.com,maybe"], 2),
        (["a.example,b.example,false", "b.example,c.example,false"], 2),
    ],
)
def test_a_wrong_line_of_the_providers_is_named(tmp_path, monkeypatch, lines, line):
    seed = tmp_path / "email_domains.csv"
    seed.write_text("\n".join(["email_domain,mailbox_domain,ignores_dots", *lines]))
    monkeypatch.setattr(providers, "SEED", seed)
    with pytest.raises(FixDeclaration, match=f"line {line} "):
        providers.domains.__wrapped__()


def test_cursors_share_the_functions_and_a_table_made_with_them_opens_without(tmp_path):
    with duckdb.connect(tmp_path / "made.duckdb") as con:
        register(con)
        con.cursor().execute(
            "create table t as select normal_email(' ANA@mail.example ') as x from range(5000)"
        )
    with duckdb.connect(tmp_path / "made.duckdb", read_only=True) as con:
        assert con.execute("select distinct x from t").fetchall() == [("ana@mail.example",)]
        with pytest.raises(duckdb.CatalogException):
            con.execute("select normal_email('a@b.cd')")
