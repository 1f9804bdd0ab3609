"""The two forms of an audience file.

`machine`: every value a quoted string, telephone numbers in digits; for programs, never to be opened by hand.
`spreadsheet`: safe to open in one; no cell can become a formula, in any locale.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence

from include.senders.parts.members import Member

TRIGGERS = "=+\\-@＝＋－＠"
STARTS_FORMULA = re.compile(rf"^[\s'\"]*[{TRIGGERS}]")
AFTER_SEPARATOR = re.compile(rf"([,;|\"'])(\s*)([{TRIGGERS}])")


def machine_file(members: Sequence[Member]) -> bytes:
    """UTF-8, CRLF, all values quoted."""
    head = ("operation", "customer_id", "identifier_type", "identifier")
    rows = [(m.operation, m.customer_id, m.identifier_type, machine_identifier(m)) for m in members]
    return _write(head, rows, one_line).encode()


def spreadsheet_file(members: Sequence[Member]) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read accents; dangerous cells are quote-prefixed."""
    head = ("Operation", "Customer", "Name", "Contact")
    rows = [(m.operation, m.customer_id, m.name, m.identifier) for m in members]
    return b"\xef\xbb\xbf" + _write(head, rows, guard).encode()


LAYOUTS: dict[str, Callable[[Sequence[Member]], bytes]] = {
    "machine": machine_file,
    "spreadsheet": spreadsheet_file,
}


def machine_identifier(member: Member) -> str:
    """A telephone number without its plus sign; anything else as it is."""
    is_phone = member.identifier_type == "sms"
    return "".join(c for c in member.identifier if c.isdigit()) if is_phone else member.identifier


def guard(cell: str) -> str:
    """Text that stays text: a quote before what could start a formula, at the cell's start or, where a
    spreadsheet splits at another separator than ours, within it."""
    text = AFTER_SEPARATOR.sub(r"\1\2'\3", one_line(cell))
    return f"'{text}" if STARTS_FORMULA.match(text) else text


def one_line(cell: str) -> str:
    """Tabs, line ends and other controls become blanks."""
    return "".join(" " if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c for c in cell)


def _write(head: Sequence[str], rows: Sequence[Sequence[str]], clean: Callable[[str], str]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([clean(cell) for cell in row] for row in rows)
    return text.getvalue()
