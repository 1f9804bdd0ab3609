"""Hold every template to the brand guide, before anything is sent with it."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from html import unescape
from pathlib import Path

from include.brand import Brand
from include.errors import FixDeclaration
from include.templates.context import Reader, build_context
from include.templates.renderer import FOLDER, Renderer, Unrenderable, sources

UNSUBSCRIBE = "https://mail.example/unsubscribe?token=sample"
HEX = re.compile(r"#[0-9A-Fa-f]{3,8}\b")
FONTS = re.compile(r"font-family:\s*([^;\"}]+)")
IMAGES = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
LINKS = re.compile(r"(?:href|src)=\"([^\"]*)\"")
SAMPLES = (
    ("Ana", date(2026, 3, 3)),
    ("Владислава-Александра", date(2026, 12, 31)),
    (None, None),
)


def check_journey(renderer: Renderer, brand: Brand, journey: str, step: str, channel: str = "email") -> None:
    """Render a step in every language for several readers, and read the result.

    Raises:
        FixDeclaration: it cannot be rendered, or breaks the guide; all that is wrong, one line each.
        NotRendered: the process that renders it was killed, or is too slow: nothing is known about it.
    """
    wrong = [
        said
        for language in brand.languages
        for said in _check(renderer, brand, (journey, step, channel), language)
    ]
    if wrong:
        raise FixDeclaration("\n".join(dict.fromkeys(wrong)))


def list_journeys(folder: Path = FOLDER) -> list[tuple[str, str]]:
    """Journey and step (empty where all its steps share one) of every e-mail template."""
    names = [Path(name) for name in sources(folder) if name.endswith("/email.subject.j2")]
    return sorted((name.parts[0], name.parts[1] if len(name.parts) == 3 else "") for name in names)


def _check(renderer: Renderer, brand: Brand, place: tuple[str, str, str], language: str) -> Iterator[str]:
    journey, step, channel = place
    for name, consented_on in SAMPLES:
        context = build_context(brand, journey, Reader(language, name, consented_on), UNSUBSCRIBE)
        try:
            parts = renderer.render(journey, step, channel, context)
        except Unrenderable as error:
            yield f"{error} (rendered in {language})"
            return
        at = f"include/templates/{journey}/{channel}, rendered in {language}"
        yield from (f"{at}: {said}" for said in violations(parts, brand, language))


def violations(parts: Mapping[str, str], brand: Brand, language: str) -> Iterator[str]:
    """What a finished message (parts subject, txt, html) does against the guide."""
    yield from _tone(parts, brand)
    yield from _looks(unescape(parts["html"]), brand)
    words = brand.footer.words[language]
    for part in ("txt", "html"):
        text = unescape(parts[part])
        for wanted, what in (
            (brand.name, "the brand's name"),
            (brand.footer.address, "the postal address"),
            (brand.footer.registered, "the registration"),
            (words.unsubscribe, "the words of the unsubscribe link"),
            (UNSUBSCRIBE, "the unsubscribe link"),
            (words.no_more, "the way out in words"),
        ):
            if wanted not in text:
                yield f"{part}: {what} is missing"


def _tone(parts: Mapping[str, str], brand: Brand) -> Iterator[str]:
    subject = parts["subject"].strip()
    if not subject or "\n" in subject or len(subject) > brand.tone.subject_max:
        yield f"subject: must be one line of 1 to {brand.tone.subject_max} characters, is {len(subject)}"
    said = f"{subject}\n{unescape(parts['txt'])}"
    if said.count("!") > brand.tone.exclamation_marks_max:
        yield f"more than {brand.tone.exclamation_marks_max} exclamation marks"
    yield from (f"the guide never says {word!r}" for word in brand.tone.never_say if word in said.lower())


def _looks(html: str, brand: Brand) -> Iterator[str]:
    palette = {colour.lower() for colour in brand.colours.model_dump().values()}
    stacks = set(brand.typefaces.model_dump().values())
    yield from (
        f"html: colour {c} is not of the brand" for c in set(HEX.findall(html)) if c.lower() not in palette
    )
    fonts = {found.strip() for found in FONTS.findall(html)}
    yield from (f"html: typeface {font} is not of the brand" for font in fonts - stacks)
    yield from ("html: an image without alt" for image in IMAGES.findall(html) if " alt=" not in image)
    yield from (
        f"html: {link} is not https" for link in LINKS.findall(html) if not link.startswith("https://")
    )
    yield from ("html: scripts are never sent" for _ in re.findall(r"<script", html, re.IGNORECASE))
