"""Bounces: whether an address is given up, from what the mail servers said.

The first reply code (RFC 5321) or status code (RFC 3463) decides; words decide only where there is no code.
"""

import re

from include.normalise.bounce_noise import without_noise
from include.normalise.text import visible

MAX_TEXT = 2000  # the code stands near the beginning; a whole returned message may follow
_UNITS = (
    "bytes? [kmg]i?b mega\\w* seconds?|secs? minutes?|mins? hours? days? messages? e?mails? recipients?"
    " times? %"
).replace(" ", "|")
# Where a reply code stands: at the beginning, after punctuation, or after a word that announces it.
_ANNOUNCING = (
    "code error status said says e?smtp reply replied response responded dsn got returned with rejected"
    " refused failed failure bounced? diagnostic temporary permanent temp perm fatal"
).replace(" ", "|")
_BEFORE = rf"(?:^|[\n:;,|({{\[<>\"'`=#/]|\b(?:{_ANNOUNCING})\b[\s:=-]*)\s*"
_AFTER = rf"(?=[\s\-#:;,.)\]}}>\"'`/]|$)(?!\.\d)(?!\s*(?:{_UNITS})(?:\W|$))"
_REPLY = rf"{_BEFORE}(?P<reply>[245])[0-5]\d{_AFTER}"
_STATUS = r"(?<![\w.])(?P<status>[245])\.[0-7]\.\d{1,3}(?!\w|\.\d)"
_CODE = re.compile(f"{_REPLY}|{_STATUS}")

_PLACE = "(?:user|recipient|address|mailbox|account|person|domain|host|local user|local part)"
_FOR_GOOD = (
    r"permanent(?:ly)?",
    r"hard ?bounced?",
    r"(?:do(?:es)?(?: not|n.?t)|not|never|no longer) exists?",
    r"(?:is|are) no longer",
    r"non ?existent",
    rf"(?:unknown|no such|invalid|bad|disabled|inactive) {_PLACE}",
    rf"{_PLACE}(?: is)? (?:unknown|invalid|disabled|closed|deactivated|inactive)",
    rf"{_PLACE} (?:was )?not (?:found|known)",
    r"no mailbox",
    r"unroute?able",
)
_FOR_NOW = (
    r"soft",
    r"soft ?bounced?",
    r"full",
    r"quotas?",
    r"over ?quota\w*",
    r"(?:size|storage)(?: \(?limit\)?)? (?:reached|exceeded|limit)",
    r"exceed(?:s|ed) (?:its )?(?:size|storage)",
    r"no space left",
    r"lost connection",
    r"temporar(?:y|ily)",
    r"temp",
    r"transient",
    r"try(?:ing)? (?:it )?again",
    r"later",
    r"retry(?:ing)?",
    r"busy",
    r"time ?outs?",
    r"timed out",
    r"defer(?:red|ral)?",
    r"delayed",
    r"gr[ea]y ?list(?:ed|ing)?",
    r"throttl(?:ed|ing)",
    r"(?:rate|message|connection) limit(?:s|ed|ing)?",
    r"too many (?:connections|messages|recipients|e?mails|sessions)",
    r"too (?:fast|quickly)",
    r"overload(?:ed)?",
    r"insufficient (?:system )?(?:storage|resources|disk space)",
    r"(?:out of|exceeded) storage",
    r"connection (?:refused|reset|lost|dropped|closed)",
    r"(?:network|host) (?:is )?unreachable",
    r"no route to host",
    r"(?:could not|unable to) connect",
    r"expired",
    r"at the moment",
)
_PERMANENT, _TEMPORARY = (re.compile(rf"\b(?:{'|'.join(words)})\b") for words in (_FOR_GOOD, _FOR_NOW))


def is_permanent_bounce(text: str | None) -> bool:
    """Whether the address is given up after a bounce with this text.

    A first code of class 5 is permanent, of class 4 or 2 not. Without a code, words that say "for good" count
    before those that say "for now"; a text that says neither, or none, is permanent.
    """
    plain = without_noise(_camel_spelled(visible(text or ""))[:MAX_TEXT].lower())
    code = _CODE.search(plain)
    if code:
        return (code["reply"] or code["status"]) == "5"
    words = re.sub(r"[\s_\-]+", " ", plain)
    return _PERMANENT.search(words) is not None or _TEMPORARY.search(words) is None


def _camel_spelled(text: str) -> str:
    """`MailboxFull` as two words, as vendors' own codes are written."""
    return re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)
