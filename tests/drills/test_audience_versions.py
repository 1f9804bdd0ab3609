"""Sixty versions of one audience at the ad platform, with kills, lost answers, refusals and a collapse."""

import json
import random
import signal
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from include import sandbox
from include.connections import Connection
from include.ledger import approvals, exposures
from include.ledger.engine import open_ledger
from include.ledger.held import REFUSED
from include.ledger.models import AudienceMember
from include.sandbox.adplatform import members
from include.sandbox.servers.ads_gate import is_drawn
from include.senders.parts.hashing import hash_of
from include.settings import Settings
from tests.fixtures.adplatform import EXPOSURE, SYNC
from tests.fixtures.published import point, publish
from tests.fixtures.steps import Steps

VERSIONS = 60
COLLAPSES = {20, 41}  # the second one a person approves
SEED = 60
INVALID = 0.01
FAILPOINTS = (
    *("plan_sync.before_commit", "plan_sync.after_commit", "sync.before_claim", "sync.after_claim"),
    *("sync.before_send", "sync.after_send", "sync.before_acknowledge", "sync.after_acknowledge"),
    *("sync.before_release", "sync.after_release", "sync.after_answer", "sync.after_create"),
)


@dataclass
class World:
    """Who exists, with their addresses and consent, and who is in the audience now."""

    chance: random.Random
    addresses: dict[str, str] = field(default_factory=dict)
    consent: dict[str, bool] = field(default_factory=dict)
    audience: set[str] = field(default_factory=set)

    def begin(self) -> None:
        for n in range(1200):
            name = f"c{n:04}"
            self.addresses[name] = f"{name}@example.com"
            self.consent[name] = self.chance.random() > 0.1
        self.audience = set(sorted(self.addresses)[:700])

    def move(self) -> None:
        """One night: some leave, some enter, some change their address, some change their mind."""
        leaving = self.chance.sample(sorted(self.audience), 25)
        entering = self.chance.sample(sorted(self.addresses.keys() - self.audience), 25)
        self.audience = (self.audience - set(leaving)) | set(entering)
        for name in self.chance.sample(sorted(self.addresses), 15):
            self.addresses[name] = f"{name}.{self.chance.randrange(1000)}@example.com"
        for name in self.chance.sample(sorted(self.addresses), 10):
            self.consent[name] = not self.consent[name]

    def publish(self, settings: Settings, day: date) -> None:
        rows = [
            {"audience": "lapsed_buyers", "customer_id": c, "entered_date": day}
            for c in sorted(self.audience)
        ]
        points = [
            point(c, address, has_marketing_consent=self.consent[c])
            for c, address in sorted(self.addresses.items())
        ]
        publish(settings, day, fct_audience_membership=rows, dim_contact_points=points)

    def wanted(self) -> dict[str, str]:
        """Members who may be told of, and the hash of their address."""
        return {
            c: hash_of((("email", self.addresses[c]),), "email") for c in self.audience if self.consent[c]
        }


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(var=tmp_path / "var", clock="sandbox", schedules=False, lease=2.5, client_timeout=1.5)
    (settings.var / "audiences").mkdir(parents=True)
    (settings.var / "audiences" / "aud_lapsed_buyers.yml").write_text(EXPOSURE)
    sandbox.start(settings, people=50, seed=SEED)
    yield settings
    sandbox.stop(settings)


@pytest.fixture
def steps():
    steps = Steps()
    yield steps
    steps.close()


def connection(settings: Settings) -> Connection:
    told = json.loads((settings.sandbox / "connections.json").read_text())["meta_ads"]
    return Connection(conn_id="meta_ads", **told)


def refused(settings: Settings) -> set[str]:
    engine = open_ledger(settings)
    mine = select(AudienceMember.member).where(AudienceMember.standing == REFUSED)
    with engine.connect() as db:
        found = set(db.scalars(mine))
    engine.dispose()
    return found


def held(settings: Settings) -> dict[str, str]:
    """Members at the platform, by its own word, and the hash it was told last."""
    return {name: hashes[0] for name, hashes in members(settings.sandbox, SYNC).items()}


def deliver(steps: Steps, settings: Settings, day: date, chance: random.Random, seen: Counter) -> dict:
    """Run the sync until it ends well, killing it now and then."""
    for attempt in range(60):
        kill = chance.choice(FAILPOINTS) if chance.random() < 0.8 and attempt < 20 else ""
        counter = settings.var / "failpoints" / kill if kill else None
        if counter and counter.exists():
            counter.unlink()
        environment = {"OMNI_FAILPOINT": kill, "STEP_DATE": str(day)}
        code, said = steps.run(SYNC, settings.var, connection(settings), **environment)
        if code == 0:
            return json.loads(said)
        if code == -signal.SIGKILL:
            seen["kills"] += 1
            continue
        kind = said.partition(":")[0]
        assert kind in ("RetryLater", "OutcomeUnknown"), said
        seen[kind] += 1
    raise AssertionError(f"{day}: not delivered in sixty tries")


def test_sixty_versions_arrive_whatever_breaks(settings, steps, monkeypatch):
    monkeypatch.setattr(exposures.find_sync, "__defaults__", (settings.var / "audiences",))
    chance, seen = random.Random(SEED), Counter()
    world = World(chance)
    world.begin()
    wrong = 0
    spoiled = {name for name in world.addresses if is_drawn(INVALID, SEED, "entry", name)}
    sandbox.set_fault(settings, "ad_platform", "drop_after_accept", every=12)
    sandbox.set_fault(settings, "ad_platform", "busy", share=0.07)
    sandbox.set_fault(settings, "ad_platform", "invalid_entries", share=INVALID)
    for version in range(VERSIONS):
        day = date(2026, 3, 15) + timedelta(days=version)
        before = held(settings)
        if version:
            world.move()
        whole = set(world.audience)
        if version in COLLAPSES:
            world.audience = set(sorted(whole)[: int(len(whole) * 0.4)])
        world.publish(settings, day)
        counts = deliver(steps, settings, day, chance, seen)
        if version in COLLAPSES:
            assert counts["waiting:remove"] > 0
            gone = before.keys() - held(settings).keys()
            assert gone == {name for name in before if not world.consent[name]}, "consent waited"
            seen["waited"] += counts["waiting:remove"]
            if version != max(COLLAPSES):
                wrong += count_wrong(settings, seen, before, world)
                world.audience = whole
                continue
            (asked,) = approvals.open_questions(settings, day)
            at = datetime(2026, 3, 16, 9, tzinfo=UTC)
            approvals.answer(settings, SYNC, day, asked.question, approvals.APPROVED, "ana", at)
            deliver(steps, settings, day, chance, seen)
        wanted = world.wanted()
        assert held(settings) == {name: wanted[name] for name in wanted.keys() - spoiled}
        assert refused(settings) == wanted.keys() & spoiled
        wrong += count_wrong(settings, seen, before, world)
    print(f"\n{VERSIONS} versions: {dict(seen)}, refused: {len(refused(settings))}, wrong removals: {wrong}")
    assert wrong == 0
    assert seen["kills"] > 20 and seen["RetryLater"] + seen["OutcomeUnknown"] > 5
    assert refused(settings)


def count_wrong(settings: Settings, seen: Counter, before: dict[str, str], world: World) -> int:
    """Removals since the last version of somebody who is wanted and was told of just as now."""
    lines = (settings.sandbox / "received" / "ad_platform.jsonl").read_text().splitlines()
    new, wanted = lines[seen["lines"] :], world.wanted()
    seen["lines"] = len(lines)
    requests = [line for line in map(json.loads, new) if line["operation"] == "remove"]
    removed = [name for line in requests for name in line["members"]]
    seen["removals"] += len(removed)
    return sum(1 for name in removed if name in wanted and before.get(name) == wanted[name])
