"""What others ask of the lake: which days landed, and what each manifest says."""

from datetime import date
from typing import Any

import pytest

from include.lake import manifests as asked
from include.lake.manifests import landed, last_landed, manifests, partitions, read_manifest
from include.lake.stage import Place, Stage
from include.lake.staged import commit
from include.lake.store import lake, quarantine
from include.settings import Settings
from tests.unit.lake.landing import CURSOR, DAY, land, stream
from tests.unit.sources.rows import contact

CONTACTS = stream("crm", "contacts")
SIXTEENTH, TWENTIETH = date(2026, 3, 16), date(2026, 3, 20)


def put(settings: Settings, name: str, d: date) -> dict[str, Any]:
    place = Place(lake(settings), quarantine(settings), d, max(d, lake(settings).newest() or d))
    found = Stage(stream("crm", name), place, None)
    staged = found.seal(dict(CURSOR), "test")
    commit([staged], lake(settings), quarantine(settings))
    return staged.manifest


def test_nothing_is_there_before_it_landed(settings: Settings) -> None:
    assert read_manifest(settings, "crm", "contacts", DAY) is None
    assert (partitions(settings, "crm", "contacts"), landed(settings, "crm", DAY)) == ([], False)
    assert last_landed(settings, "crm", DAY) is None


def test_a_channel_has_landed_when_every_stream_has(settings: Settings) -> None:
    for name in ("contacts", "preferences"):
        put(settings, name, DAY)
    assert not landed(settings, "crm", DAY)
    put(settings, "consents", DAY)
    put(settings, "contacts", SIXTEENTH)

    assert landed(settings, "crm", DAY) and not landed(settings, "crm", SIXTEENTH)
    assert last_landed(settings, "crm", TWENTIETH) == DAY
    assert last_landed(settings, "crm", date(2026, 3, 14)) is None


def test_a_day_that_arrives_late_says_so_and_keeps_saying_it(settings: Settings) -> None:
    assert put(settings, "contacts", TWENTIETH)["arrived"] == "2026-03-20"
    assert put(settings, "consents", DAY)["arrived"] == "2026-03-20"
    put(settings, "contacts", date(2026, 3, 25))
    assert put(settings, "consents", DAY)["arrived"] == "2026-03-20"


def test_the_index_opens_a_footer_once_and_again_when_the_file_changed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(settings, CONTACTS, [contact(1)])
    first = manifests(settings, "crm", "contacts")
    opened: list[str] = []
    real = asked.from_footer
    monkeypatch.setattr(asked, "from_footer", lambda store, path: opened.append(path) or real(store, path))

    assert manifests(settings, "crm", "contacts") == first
    assert opened == []
    land(settings, CONTACTS, [contact(2)])
    assert manifests(settings, "crm", "contacts")[DAY]["loaded"] == 2
    assert len(opened) == 1


def test_a_broken_index_is_only_forgotten(settings: Settings) -> None:
    land(settings, CONTACTS, [contact(1)])
    (settings.var / "index/crm").mkdir(parents=True)
    (settings.var / "index/crm/contacts.json").write_text("{half")
    assert manifests(settings, "crm", "contacts")[DAY]["loaded"] == 1


def test_the_lake_may_be_a_bucket(settings: Settings, s3_lake: str) -> None:
    remote = settings.model_copy(update={"lake_url": s3_lake})

    manifest = land(remote, CONTACTS, [contact(1), contact(2, points="x")])
    assert land(remote, CONTACTS, [contact(1), contact(2, points="x")]) == manifest

    assert read_manifest(remote, "crm", "contacts", DAY) == manifest
    assert partitions(remote, "crm", "contacts") == [DAY]
    assert manifests(remote, "crm", "contacts") == {DAY: manifest}
    assert lake(remote).newest() == DAY
