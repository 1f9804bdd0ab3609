"""E-mail addresses: one rule for matching, suppression, hashing and sending.

A refusal must be heard however the address was typed or exported, so reading is generous; what cannot be an
address is None. Domains get their ASCII form by UTS 46, non-transitional: `ß` stays another letter than `ss`.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from urllib.parse import unquote

import idna

from include.normalise.text import READ, visible, without_blanks

MAX_LENGTH, MAX_LOCAL, MAX_LABEL = 254, 64, 63
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>(?P<rest>[^<>@]*)")
_COMMENT = re.compile(r"^\([^()@]*\)|\([^()@]*\)$")
_QUOTED = re.compile(r'"[^"]*"')  # a local part in quotes is one that needs them
_LABEL = re.compile(r"[a-z0-9_-]+")  # underscores and odd hyphens are no host names, but people have them
_QUOTES = "“”„‟«»‹›‘’‚`´"
_FRONT, _END = f"<>()[]{{}}'\",;:{_QUOTES}", f"<>()[]{{}}'\",;:.!?{_QUOTES}"
_AROUND = "".join(c for c in map(chr, range(0x21, 0x3000)) if unicodedata.category(c)[0] in "PS")
_HELD = re.compile(r"[^\s;,|/&:=?#<>()\[\]\"]+@[^\s;,|/&:=?#<>()\[\]\"]+")
_TAG = re.compile(r"(\+*[^+]+)\+.*", re.DOTALL)
_MAX_PASSES = 20
# Nearly every address: nothing in it can be read in two ways, so the careful reading would give the same.
_PLAIN = re.compile(r"(?=.{1,254}$)[a-z0-9+_.-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{0,62}")


def normal_email(text: str) -> str | None:
    """The address as it is compared, hashed and sent to: lower case, its domain in ASCII; None if it is none.

    Read are also `<a@b.c>`, `Name <a@b.c>`, `mailto:a@b.c`, quotes or brackets around, and commas or dots
    behind. Blanks vanish wherever they stand. Tags and dots stay.
    """
    if text.isascii() and _PLAIN.fullmatch(plain := text.strip(" ").lower()):
        return plain
    for _ in range(_MAX_PASSES):
        read = _read(text)
        if read is None or read == text:
            return read
        text = read
    return None  # no text is known that changes so often


def email_readings(text: str) -> tuple[str, ...]:
    """Every address that a text may mean, sorted: the one that it is, and those that it holds."""
    text = text[:READ]
    plain = visible(unquote(text))
    held = _HELD.findall(plain)
    parts = [text, *held, *(part.strip(_AROUND) for part in held)]
    return tuple(sorted({read for part in parts if (read := normal_email(part))}))


def sendable_email(text: str) -> str | None:
    """The same for what is mailed: None also where a mail program may take the address for something else."""
    address = clear_email(text)
    return address if address and is_deliverable(address) else None


def is_deliverable(address: str) -> bool:
    """Whether a local part is a name alone: no option (`-oX`), no command (`|id`), no route (`a%b`, `a!b`).

    Postfix refuses the first as `allow_min_user = no`, Exim the others by the rules that it comes with; both
    pass addresses on to programs and other hosts. In quotes they mean the same.
    """
    local = address.rpartition("@")[0].strip('"')
    return not local.startswith(("-", "/")) and not re.search(r"[%!|`@]|/\.\./", local)


def clear_email(text: str) -> str | None:
    """The same for what is hashed: None also where blanks or brackets inside leave open what is meant.

    Whatever was read by `normal_email` passes as it is. Nothing else is guessed at when something leaves.
    """
    plain = visible(text).strip()
    if without_blanks(plain) != plain or plain.startswith(tuple(_FRONT)):
        return None
    return normal_email(plain)


def mailbox(address: str, aliases: Mapping[str, str], domains_ignoring_dots: Collection[str]) -> str:
    """The mailbox behind a normalised address, for matching: tag cut, provider spellings and dots folded.

    A tag is cut only where something stands before it, and dots are dropped only where something is left:
    `+447700900111@sms.example` is a person's own.
    """
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    domain = aliases.get(domain, domain)
    tagged = None if local.startswith('"') else _TAG.fullmatch(local)
    box = tagged[1] if tagged else local
    if domain in domains_ignoring_dots:
        box = box.replace(".", "") or box
    return f"{box}@{domain}"


def _read(text: str) -> str | None:
    """One pass over a text: the address in it, perhaps not yet normal."""
    local, at, domain = _stripped(_unwrapped(without_blanks(visible(text)))).rpartition("@")
    local, ascii_domain = unicodedata.normalize("NFKC", local.lower()), _ascii(domain)
    if not (at and local and ascii_domain) or "@" in local:
        return None
    address = f"{local}@{ascii_domain}"
    is_too_long = _octets(local) > MAX_LOCAL or _octets(address) > MAX_LENGTH
    return None if is_too_long else address


def _unwrapped(text: str) -> str:
    """What stands in angle brackets. A name that is another address leaves open which of them is meant."""
    named = _NAMED.fullmatch(text)
    if not named or "@" not in named["address"]:
        return text
    name, address = (_stripped(named[part]).lower() for part in ("name", "address"))
    if "@" in _QUOTED.sub("", named["name"]) and name != address:
        return ""
    return named["address"]


def _stripped(text: str) -> str:
    """Without `mailto:` and its query, comments, and what stands around: quotes, brackets, commas, dots."""
    text = _COMMENT.sub("", text)
    is_quoted = re.match(r'"[^"]*"@', text) is not None
    text = text.rstrip(_END) if is_quoted else text.lstrip(_FRONT).rstrip(_END)
    if not text.lower().startswith("mailto:"):
        return text
    local, at, domain = text[len("mailto:") :].rpartition("@")
    return _stripped(f"{local}{at}{domain.partition('?')[0]}")


def _ascii(domain: str) -> str | None:
    """The domain in ASCII; None if it is none. Emoji and the like are kept: some registries sell them.

    Each letter is lowered alone, as UTS 46 does: a capital sigma has one small form, wherever it stands.
    """
    lowered = "".join(c.lower() for c in domain)
    try:
        mapped = lowered if lowered.isascii() else idna.uts46_remap(lowered, False, False)
        labels = mapped.rstrip(".").split(".")
        coded = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels]
    except (idna.IDNAError, UnicodeError):
        return None
    if not all(label.isascii() or _is_written(label) for label in labels):
        return None
    is_sound = all(_LABEL.fullmatch(label) and len(label) <= MAX_LABEL for label in coded)
    return ".".join(coded) if is_sound and len(coded) > 1 and not coded[-1].isdigit() else None


def _is_written(label: str) -> bool:
    """Whether a label holds letters, digits, marks and pictures alone: no quotes, no other punctuation."""
    return all(
        unicodedata.category(c)[0] in "LMN" or unicodedata.category(c) == "So" or c in "-_" for c in label
    )


def _octets(text: str) -> int:
    """Length in octets, as SMTP counts; a lone surrogate cannot be written and counts as too long."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return MAX_LENGTH + 1
