"""Every template obeys the brand guide, in every language; breaking it is noticed."""

from datetime import date

import pytest
import yaml

from include.brand import BRAND, load_brand
from include.errors import FixDeclaration
from include.templates.brand_check import UNSUBSCRIBE, check_journey, list_journeys, violations
from include.templates.context import Reader, build_context, load_words
from include.templates.renderer import Renderer

GUIDE = load_brand()
JOURNEYS = list_journeys()


@pytest.fixture(scope="module")
def renderer():
    with Renderer() as running:
        yield running


@pytest.fixture(scope="module")
def welcome(renderer):
    context = build_context(GUIDE, "welcome", Reader("en", "Ana", date(2026, 3, 3)), UNSUBSCRIBE)
    return renderer.render("welcome", "first", "email", context)


@pytest.mark.parametrize(("journey", "step"), JOURNEYS)
def test_every_template_obeys_the_guide(renderer, journey, step):
    check_journey(renderer, GUIDE, journey, step)


def test_there_are_templates_and_they_hold_no_looks_of_their_own(welcome):
    assert ("welcome", "") in JOURNEYS
    assert list(violations(welcome, GUIDE, "en")) == []


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        ("html", UNSUBSCRIBE, "https://elsewhere.example", "html: the unsubscribe link is missing"),
        ("txt", UNSUBSCRIBE, "", "txt: the unsubscribe link is missing"),
        ("txt", "14 Harbour Row", "somewhere", "txt: the postal address is missing"),
        ("html", GUIDE.colours.accent, "#FF0000", "html: colour #FF0000 is not of the brand"),
        ("html", "Georgia", "Comic Sans MS", "typeface Comic Sans MS"),
        ("html", "https://www", "http://www", "is not https"),
        ("html", "</h1>", '</h1><img src="https://x.example/a.png">', "an image without alt"),
        ("html", "</h1>", "</h1><script>x</script>", "scripts are never sent"),
        ("subject", "Ana", "Ana!", "exclamation"),
        ("subject", "Welcome", "Act now: welcome", "never says 'act now'"),
        ("subject", "Welcome", "Welcome" * 10, "subject: must be one line"),
    ],
)
def test_breaking_the_guide_is_noticed(welcome, part, old, new, said):
    assert old in welcome[part]
    broken = {**welcome, part: welcome[part].replace(old, new)}
    assert any(said in found for found in violations(broken, GUIDE, "en"))


@pytest.mark.parametrize(
    ("language", "name", "subject", "reason"),
    [
        ("en", "Ana", "Welcome to Tern & Thistle, Ana", "our e-mails on 3 March 2026."),
        ("fr", "Zoë", "Bienvenue chez Tern & Thistle, Zoë", "nos e-mails le 3 mars 2026."),
        ("de", None, "Willkommen bei Tern & Thistle", "weil Sie am 3. März 2026 Ja"),
    ],
)
def test_each_language_is_written_as_it_is_spoken(renderer, language, name, subject, reason):
    reader = Reader(language, name, date(2026, 3, 3))
    parts = renderer.render("welcome", "s", "email", build_context(GUIDE, "welcome", reader, UNSUBSCRIBE))
    assert parts["subject"].strip() == subject
    assert reason in parts["txt"] and f'<html lang="{language}"' in parts["html"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "ana@example.com",
        "<b>Ana</b>",
        "https://x.example",
        "{{ 7 }}",
        "x" * 41,
        "123",
        "\u202e",
        None,
    ],
)
def test_what_does_not_read_like_a_name_is_left_out(name):
    assert build_context(GUIDE, "welcome", Reader("en", name), UNSUBSCRIBE)["name"] is None


@pytest.mark.parametrize("name", ["Ana", "Jean-Luc", "O'Brien", "Владислава", "Zoë", "محمد", "Anne Marie"])
def test_names_of_all_scripts_are_printed(name):
    assert build_context(GUIDE, "welcome", Reader("en", name), UNSUBSCRIBE)["name"] == name


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [("fr", "fr"), ("fr-CA", "fr"), ("DE_at", "de"), ("ru", "en"), (None, "en"), ("", "en")],
)
def test_a_language_we_do_not_speak_is_answered_in_our_first(wanted, spoken):
    assert GUIDE.language(wanted) == spoken


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('accent: "#8A4568"', "accent: purple", "colours.accent"),
        ("strapline:", "straplin:", "did you mean strapline"),
        ("languages: [en, fr, de]", "languages: [en, fr, es]", "footer.words has no es"),
        ("subject_max: 60", "subject_max: 0", "tone.subject_max"),
    ],
)
def test_a_mistake_in_the_guide_is_named_by_line_and_field(tmp_path, old, new, said):
    path = tmp_path / "brand.yml"
    text = BRAND.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(FixDeclaration, match=said) as caught:
        load_brand(path)
    assert str(caught.value).startswith("brand.yml, line ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda words: words.pop("de"), "de: no button, "),
        (lambda words: words["fr"].pop("lead"), "fr: no lead"),
        (lambda words: words["en"]["promises"][0].update({"and never at night": None}), "says nothing"),
    ],
)
def test_words_that_are_missing_are_named(tmp_path, change, said):
    words = yaml.safe_load((BRAND.parent / "templates" / "welcome" / "words.yml").read_text())
    change(words)
    (tmp_path / "welcome").mkdir()
    (tmp_path / "welcome" / "words.yml").write_text(yaml.safe_dump(words, allow_unicode=True))
    with pytest.raises(FixDeclaration, match=said):
        load_words("welcome", tuple(GUIDE.languages), tmp_path)
