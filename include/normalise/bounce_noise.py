"""What stands in the text of a bounce and only looks like a code or a word."""

import re

_HEX = "[0-9a-f]{0,4}"
_ID_NAMES = "[qsm]?id|queued as|session|ref|reference|ticket|transaction"
_PATTERNS = (
    # pages, addresses, message ids
    r"https?://\S+",
    r"\bwww\.\S+",
    r"<[^<>\s]*>",
    r"[^\s<>()\[\]\"';,]*@[^\s<>()\[\]\"';,]+",
    # IPv4 and IPv6, with brackets and ports
    r"\[?(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)\]?(?:/\d+)?(?::\d+)?",
    r"\[(?:ipv6:)?[0-9a-f]*:[0-9a-f:.]*(?:%\w+)?\](?::\d+)?",
    rf"(?:\bipv6:)?(?<![\w:.]){_HEX}(?::{_HEX}){{2,7}}(?:\.\d+){{0,3}}(?:%\w+)?(?![\w:])",
    # dates and times
    r"\b\d{4}-\d\d-\d\d(?:[t ]+(?=\d\d?:))?",
    r"(?<![\d.])\d{1,2}[./]\d{1,2}[./]\d{4}\b",
    r"(?<![\w:.])\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?(?:z|[ap]m|utc|gmt|[+-]\d\d:?\d\d)\b)?",
    # ports, versions, and what a log line adds
    r"\bport[\s:=]*\d+",
    r"\b(?:version|ver|release|v)[\s.]*\d+(?:\.\d+)+",
    r"\b[a-z]+/\d+(?:\.\d+)+",
    r"\b[a-z]+(?:/[a-z]+)+\[\d+\]",
    r"\bdelays?=[\d./]+",
    # ids: named ones, and those that mix letters and digits
    rf"\b(?:{_ID_NAMES})\b[\s:=#]*(?=\w*\d)(?![245]\d\d\W)\w[\w.-]*",
    r"(?<![\w.-])(?:(?![245]\d\d-)\w+-)*(?=[a-z_]*\d)(?=\w*[a-z])\w{5,}(?:[-.]\w+)*",
    # host names: several labels, at least one of them with a letter besides the last
    r"(?<![\w.-])(?=[\w.-]*[a-z_-][\w-]*\.|(?:[\w-]+\.){2})(?:[\w-]+\.)+[a-z]{2,}\b(?:[:/]\d+)?",
)
_NOISE = re.compile("|".join(_PATTERNS))


def without_noise(said: str) -> str:
    """A text in small letters without what misleads; line ends stay, other blanks are collapsed."""
    return re.sub(r"[^\S\n]+", " ", _NOISE.sub(" ", said)).strip()
