"""What a company is, is declared once; a variable overrides it, and nonsense is named."""

import pytest

from include.brand import load_brand
from include.company import COMPANY, load_company
from include.errors import FixDeclaration
from include.settings import ROOT, Settings
from include.warehouse.dbt import company_variables
from ops import score

TEXT = COMPANY.read_text(encoding="utf-8")
NAMES = ("COUNTRY", "LANGUAGES", "CURRENCY", "TIME_ZONE")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(f"OMNI_{name}", raising=False)


def test_the_settings_are_the_company_s():
    found = Settings()
    assert load_company().model_dump() == {name.lower(): getattr(found, name.lower()) for name in NAMES}
    assert (found.country, found.currency, found.zone.key) == ("GB", "GBP", "Europe/London")


def test_the_brand_writes_in_the_company_s_languages():
    assert set(Settings().languages) == set(load_brand().languages)


def test_a_variable_overrides_a_blank_one_does_not_and_what_is_given_wins(monkeypatch):
    for name, value in zip(NAMES, ("NO", "nb, en", "NOK", ""), strict=True):
        monkeypatch.setenv(f"OMNI_{name}", value)
    found = Settings(currency="SEK")
    assert (found.country, found.languages, found.currency) == ("NO", ("nb", "en"), "SEK")
    assert found.time_zone == "Europe/London"


def test_the_models_get_what_the_settings_say_and_the_project_says_nothing():
    found = Settings(country="JP", currency="JPY", time_zone="Asia/Tokyo")
    assert company_variables(found) == {"country": "JP", "currency": "JPY", "time_zone": "Asia/Tokyo"}
    project = (ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8")
    assert [line for line in project.splitlines() if line.split("#")[0].strip().startswith("time_zone")] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTRY", "UK"), ("COUNTRY", "gb"), ("COUNTRY", "GBR"), ("COUNTRY", "XX"),
        ("CURRENCY", "gbp"), ("CURRENCY", "GBX"), ("CURRENCY", "£"), ("CURRENCY", "EURO"),
        ("TIME_ZONE", "Mars/Base"), ("TIME_ZONE", "europe/london"), ("TIME_ZONE", "Europe"),
        ("TIME_ZONE", "../etc/passwd"), ("TIME_ZONE", "localtime"), ("TIME_ZONE", "+01:00"),
        ("LANGUAGES", "en,English"), ("LANGUAGES", ","), ("LANGUAGES", "EN"), ("RETRIES", "many"),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"OMNI_{name}", value)
    with pytest.raises(FixDeclaration, match=f"^OMNI_{name}: "):
        Settings()


def test_a_wrong_variable_is_never_shown_where_it_may_hold_a_password():
    with pytest.raises(FixDeclaration) as caught:
        Settings(ledger_url={"password": "hunter2"})
    assert "OMNI_LEDGER_URL" in str(caught.value) and "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"GB"', "GBR", "country: 'GBR' is no country"),
        ('"GB"', "NO", "country: YAML reads a bare NO as False: write it in quotes"),
        ('"GBP"', "Pounds", "currency: 'Pounds' is no currency"),
        ("Europe/London", "Mars/Base", "time_zone: 'Mars/Base' is no time zone"),
        ('["en", "fr", "de"]', "[]", "languages: "),
        ('["en", "fr", "de"]', '["en", "french"]', "languages.1: 'french' is no language"),
        ("country:", "county:", "county: unknown field; did you mean country"),
        ('currency: "GBP"\n', "", "currency: Field required"),
    ],
)
def test_a_mistake_in_the_file_is_named_by_line_and_field(tmp_path, old, new, said):
    assert old in TEXT
    file = tmp_path / "company.yml"
    file.write_text(TEXT.replace(old, new))
    with pytest.raises(FixDeclaration, match=said) as caught:
        load_company(file)
    assert str(caught.value).startswith("company.yml, line ")


def test_a_mistake_in_the_file_stops_whatever_asks_for_settings(tmp_path, monkeypatch):
    file = tmp_path / "company.yml"
    file.write_text(TEXT.replace("Europe/London", "Mars/Base"))
    monkeypatch.setattr(load_company, "__defaults__", (file,))
    with pytest.raises(
        FixDeclaration, match=r"company.yml, line \d+: time_zone: 'Mars/Base' is no time zone"
    ):
        Settings()


def test_no_company_is_written_into_the_code():
    said = ('"GB"', '"GBP"', '"Europe/London"')
    files = [p for part in ("include", "plugins", "dags", "ops") for p in (ROOT / part).rglob("*.py")]
    ours = [p for p in files if "sandbox" not in p.parts]
    assert len(ours) > 100
    assert [p.name for p in ours if any(word in p.read_text(encoding="utf-8") for word in said)] == []


def test_a_command_says_a_wrong_setting_in_one_line(monkeypatch, capsys):
    monkeypatch.setenv("OMNI_TIME_ZONE", "London")
    with pytest.raises(SystemExit) as ended:
        score.main()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.startswith("OMNI_TIME_ZONE: 'London'") and said.count("\n") == 1
