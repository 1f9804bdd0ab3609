"""Header values that cannot become headers. Profile values are data, whatever they contain."""

import re
import unicodedata
from email import policy
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.parser import BytesParser

from include.normalise.emails import sendable_email
from include.senders.base import Refused

ENCODED_WORD = re.compile(r"=\?[^?\s]*\?[bBqQ]\?[^?]*\?=")
LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
ADDRESS = re.compile(LOCAL + r"@(?=.{1,190}$)[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+")
MAX_TEXT = 200


def clean_text(value: str) -> str:
    """One line of plain text: encoded words decoded, controls gone, blanks collapsed, at most 200 long."""
    for _ in range(5):
        decoded = ENCODED_WORD.sub(_decode, _one_line(value))
        if decoded == value:
            break
        value = decoded
    return _one_line(value).replace("=?", "= ?").replace("?=", "? =")[:MAX_TEXT].strip()


def clean_address(value: str) -> str:
    """An address that is fit for an envelope: the one that matching knows (include/normalise/emails.py).

    Raises:
        Refused: it is not (reason `bad_address`).
    """
    address = sendable_email(value) or ""
    if not ADDRESS.fullmatch(address) or "=?" in address:
        raise Refused("bad_address", "the address is not one that SMTP can carry")
    return address


def header_line(name: str, value: str) -> bytes:
    """`Name: value` in ASCII, ending with CRLF. Only what must be encoded is folded."""
    said = (
        value
        if value.isascii()
        else Header(value, "utf-8", maxlinelen=76, header_name=name).encode(linesep="\r\n")
    )
    return f"{name}: {said}\r\n".encode("ascii")


def verify(message: bytes, names: list[str], recipient: str, subject: str) -> None:
    """Read a finished message back, as a receiver would, and insist that it says what was meant.

    Raises:
        Refused: a header too many or too few, or another recipient or subject (`unsafe_header`).
    """
    wanted = (sorted(name.lower() for name in names), [recipient], subject)
    try:
        is_as_meant = _read_back(message) == wanted
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        is_as_meant = False
    if not is_as_meant:
        raise Refused("unsafe_header", "the finished message does not read back as it was meant")


def _read_back(message: bytes) -> tuple[list[str], list[str], str] | None:
    """Header names, recipients and subject; None where two ways of reading disagree."""
    strict = BytesParser(policy=policy.default).parsebytes(message, headersonly=True)
    lenient = BytesParser(policy=policy.compat32).parsebytes(message, headersonly=True)
    names, again = (sorted(name.lower() for name in read) for read in (strict, lenient))
    recipients = [address.addr_spec for address in strict["To"].addresses]
    subject = str(make_header(decode_header(lenient["Subject"])))
    return (names, recipients, subject) if names == again else None


def _decode(match: re.Match[str]) -> str:
    try:
        return str(make_header(decode_header(match.group(0))))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return ""


def _one_line(value: str) -> str:
    """Format marks vanish; controls, surrogates and separators become blanks; blanks are collapsed."""
    return " ".join("".join(_plain(character) for character in value).split())


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    return "" if category == "Cf" else " " if category[0] in "CZ" else character
