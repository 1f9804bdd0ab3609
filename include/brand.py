"""The brand guide as data: names, colours, typefaces, sender identities, tone, footers."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, StringConstraints, model_validator

from include.declarations import Declaration, read_document, validate

BRAND = Path(__file__).parent / "brand.yml"
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class SenderIdentity(Declaration):
    """Who a message is from."""

    name: Words
    address: str = Field(pattern=r"^[a-z0-9._-]+@[a-z0-9.-]+$")
    reply_to: str = Field(pattern=r"^[a-z0-9._-]+@[a-z0-9.-]+$")


class Colours(Declaration):
    """The palette. Templates use these and no others."""

    primary: Colour
    accent: Colour
    ink: Colour
    muted: Colour
    paper: Colour
    card: Colour
    line: Colour
    tint: Colour
    sand: Colour
    foam: Colour


class Typefaces(Declaration):
    """Font stacks."""

    heading: Words
    text: Words


class Tone(Declaration):
    """Editorial rules that can be checked."""

    subject_max: int = Field(gt=0)
    exclamation_marks_max: int = Field(ge=0)
    never_say: list[str]


class FooterWords(Declaration):
    """The footer in one language."""

    why: Words
    on_date: Words
    unsubscribe: Words
    no_more: Words
    months: list[str] = Field(min_length=12, max_length=12)
    date_form: Words

    def reason(self, consented_on: date | None) -> str:
        """Why the reader gets this, with the day of consent where it is known."""
        if consented_on is None:
            return self.why.replace("{on_date}", "")
        said = self.date_form.replace("{day}", str(consented_on.day)).replace(
            "{year}", str(consented_on.year)
        )
        said = said.replace("{month}", self.months[consented_on.month - 1])
        return self.why.replace("{on_date}", self.on_date.replace("{date}", said))


class Footer(Declaration):
    """What stands under every message."""

    address: Words
    registered: Words
    words: dict[str, FooterWords]


class Brand(Declaration):
    """The whole guide."""

    name: Words
    strapline: Words
    site: HttpUrl
    senders: dict[str, SenderIdentity]
    message_id_domain: str = Field(pattern=r"^[a-z0-9.-]+$")
    colours: Colours
    typefaces: Typefaces
    tone: Tone
    languages: list[str] = Field(min_length=1)
    footer: Footer

    @model_validator(mode="after")
    def _speaks_its_languages(self) -> "Brand":
        for language in self.languages:
            if language not in self.footer.words:
                raise ValueError(f"footer.words has no {language}, though languages does")
        return self

    def language(self, wanted: str | None) -> str:
        """The language to write in: the one wanted (`fr`, `fr-CA`) if we speak it, else our first."""
        short = (wanted or "").replace("_", "-").split("-")[0].lower()
        return short if short in self.languages else self.languages[0]


@cache
def load_brand(path: Path = BRAND) -> Brand:
    """The brand guide.

    Raises:
        FixDeclaration: the file is wrong, saying line and field.
    """
    return validate(read_document(path), Brand)
