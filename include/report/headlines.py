"""The night in a few sentences: what a marketer should know before the first figure."""

from collections.abc import Mapping
from typing import Any

from include.report import words
from include.report.absent import sentences

Summary = Mapping[str, Any]


def headlines(summary: Summary) -> list[str]:
    """Sentences in order of interest; never empty."""
    told = [
        _published(summary),
        *_messages(summary),
        _unanswered(summary),
        _settled(summary),
        _audiences(summary),
    ]
    return [
        sentence
        for sentence in [*told, _customers(summary), *_late(summary), *sentences(summary)]
        if sentence
    ]


def _published(summary: Summary) -> str:
    if summary["version"]:
        return ""
    failed = summary["checks"]["failed"]
    why = f": {words.count(failed, 'check')} failed" if failed else ""
    before = "Everyone still sees the last version that passed." if summary["previous_version"] else ""
    return f"Nothing new was published for {words.day(summary['date'])}{why}. {before}".rstrip()


def _messages(summary: Summary) -> list[str]:
    return [_step(journey, step) for journey, steps in summary["messages"].items() for step in steps.values()]


def _step(journey: str, step: Mapping[str, Any]) -> str:
    sent = step["states"].get("confirmed", 0)
    kind = f"{words.plain(journey).lower()} message"
    went = f"{words.count(sent, kind)} went out"
    refused = sum(step["held_back"].values())
    if not refused:
        return f"{words.first_upper(went)}."
    largest = words.by_size(step["held_back"])
    why = [f"{words.reason(code)} ({words.number(n)})" for code, n in largest[:3]]
    if len(largest) == 1:
        why = [words.reason(largest[0][0])]
    verb = "was" if refused == 1 else "were"
    people = words.count(refused, "person", "people")
    return f"{words.first_upper(went)}; {people} {verb} not written to: {words.listed(why)}."


def _unanswered(summary: Summary) -> str:
    unknown = sum(d["unknown"] for d in summary["destinations"].values())
    if not unknown:
        return ""
    asked = words.first_upper(words.count(unknown, "message"))
    them = "It is" if unknown == 1 else "They are"
    return (
        f"{asked} got no answer from the receiving side. {them} not sent again while nobody knows; "
        "the delivery reports will tell."
    )


def _settled(summary: Summary) -> str:
    if not summary["settled"]:
        return ""
    gone = words.count(summary["settled"].get("confirmed", 0), "message")
    return f"{words.first_upper(gone)} of earlier nights, unanswered then, turned out to have arrived."


def _audiences(summary: Summary) -> str:
    sizes = summary["audiences"]
    if not sizes:
        return ""
    entered = sum(a["entered"] for a in sizes.values())
    left = sum(a["left"] for a in sizes.values())
    if not summary["previous_version"]:
        return f"{words.count(len(sizes), 'audience').capitalize()} were built for the first time."
    return (
        f"{words.count(len(sizes), 'audience').capitalize()} were refreshed: "
        f"{words.count(entered, 'entry', 'entries')} and {words.count(left, 'departure')}."
    )


def _customers(summary: Summary) -> str:
    people = summary["customers"]
    if not people:
        return ""
    visitors = people["total"] - people["known"]
    text = f"{words.count(people['known'], 'customer').capitalize()} are known"
    text += f", and {words.count(visitors, 'visitor')} by a browser or device alone"
    if summary["previous_version"]:
        text += f"; {words.number(people['new'])} of all these are new"
    if people["merged"]:
        verb = "person" if people["merged"] == 1 else "people"
        text += f"; {words.number(people['merged'])} turned out to be {verb} we knew already"
    return f"{text}."


def _late(summary: Summary) -> list[str]:
    late = []
    for channel in summary["stale"]:
        name = words.plain(channel["channel"])
        if channel["days"] is None:
            late.append(f"{name} has never arrived: nothing here rests on it.")
        else:
            since = words.count(channel["days"], "day")
            late.append(f"{name} is {since} behind: what rests on it is that old.")
    return late
