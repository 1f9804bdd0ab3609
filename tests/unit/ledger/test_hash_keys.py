"""The ledger's hashes are under every key of the installation: from plain ones of before to a rotation."""

import multiprocessing
import os
import secrets
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text

from include.errors import FixDeclaration, RetryLater
from include.hash_keys import keys_file
from include.keyed import HashKeys, read_keys
from include.ledger import engine as engine_module
from include.ledger.engine import open_ledger, writing, writing_hashes
from include.ledger.hashes import keys_of
from include.ledger.models import AudienceMember, AudienceOperation, HashedUnder, Message
from include.sandbox.parameters import FIRST_DATE, Parameters, World, write_world
from include.settings import ROOT, Settings
from tests.conftest import HASH_KEY
from tests.unit.ledger.conftest import keyed_by, on_sqlite

SECOND, THIRD = secrets.token_hex(32), secrets.token_hex(32)
PEOPLE = 2500  # more than are brought up at a time
PLAIN = HashKeys(())


@pytest.fixture
def of_before(ledger, monkeypatch):
    """A ledger of revision 0003: messages and members of an audience with plain hashes."""
    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0003"))
    monkeypatch.setattr(engine_module, "_bring_up_hashes", lambda *_: None)
    engine = open_ledger(ledger)
    columns = (
        "message_key, journey, step, trigger_id, customer_id, contact_point_id, channel, address_hash, "
        "purpose, business_date, due_at, message_id, state, fence, attempts"
    )
    message = (
        f"insert into messages ({columns}) values (:key, 'j', 's', 't', :key, :point, 'email', :address, "
        "'marketing', '2026-03-15', '2026-03-16', :key, 'confirmed', 1, 0)"
    )
    batch = (
        "insert into audience_batches (batch_id, sync, destination, audience, business_date, ordinal, state, "
        "reference, fence) values ('b', 's', 'mailhouse', 'a', '2026-03-15', 0, 'acknowledged', 'f', 1)"
    )
    operation = "insert into audience_operations values ('b', :key, 'add', :payload, null)"
    member = "insert into audience_members values ('s', :key, :payload, 'b', 'held', null)"
    rows = [
        {
            "key": f"k{n:05}",
            "point": plain("point", n),
            "address": plain("address", n),
            "payload": plain("p", n),
        }
        for n in range(PEOPLE)
    ]
    with writing(engine) as db:
        db.execute(text(batch))
        for statement in (message, operation, member):
            names = [name for name in rows[0] if f":{name}" in statement]
            db.execute(text(statement), [{name: row[name] for name in names} for row in rows])
    engine.dispose()
    monkeypatch.undo()
    return ledger


def plain(kind: str, number: int) -> str:
    return PLAIN.keyed(f"{kind}{number}@example.com")


def read(settings: Settings) -> list[list[tuple[str, ...]]]:
    """Every hash of the ledger, in the order of its row, and what it says they are under."""
    engine = open_ledger(settings)
    with engine.connect() as db:
        messages = select(Message.address_hash, Message.contact_point_id).order_by(Message.message_key)
        operations = select(AudienceOperation.payload_hash).order_by(AudienceOperation.member)
        members = select(AudienceMember.payload_hash).order_by(AudienceMember.member)
        under = select(HashedUnder.count_keys, HashedUnder.fingerprint)
        found = [
            [tuple(row) for row in db.execute(query)] for query in (messages, operations, members, under)
        ]
    engine.dispose()
    return found


def wanted(keys: HashKeys) -> list[list[tuple[str, ...]]]:
    people = range(PEOPLE)
    payloads = [(keys.keyed(f"p{n}@example.com"),) for n in people]
    messages = [(keys.keyed(f"address{n}@example.com"), keys.keyed(f"point{n}@example.com")) for n in people]
    return [messages, payloads, payloads, [(keys.count, keys.fingerprint)]]


def test_plain_hashes_are_brought_under_the_first_key_and_later_under_each_new_one(of_before):
    assert read(of_before) == wanted(read_keys(HASH_KEY))
    assert read(keyed_by(of_before, HASH_KEY, SECOND)) == wanted(read_keys(f"{HASH_KEY},{SECOND}"))
    three = (HASH_KEY, SECOND, THIRD)
    assert read(keyed_by(of_before, *three)) == wanted(read_keys(",".join(three)))
    assert read(keyed_by(of_before, *three)) == wanted(read_keys(",".join(three)))


def test_several_keys_at_once_are_the_same_as_one_after_another(of_before):
    two = (HASH_KEY, SECOND)
    assert read(keyed_by(of_before, *two)) == wanted(read_keys(",".join(two)))


@pytest.mark.parametrize("keys", [[SECOND], [SECOND, HASH_KEY], [HASH_KEY], [HASH_KEY, THIRD]])
def test_a_list_that_does_not_begin_with_the_ledgers_keys_is_refused_and_changes_nothing(of_before, keys):
    both = keyed_by(of_before, HASH_KEY, SECOND)
    before = read(both)
    with pytest.raises(FixDeclaration, match=r"OMNI_HASH_KEYS .* written with 2 keys") as caught:
        open_ledger(keyed_by(of_before, *keys))
    assert not any(key in str(caught.value) for key in (HASH_KEY, SECOND, THIRD))
    assert read(both) == before


def bring_up_and_die(settings: Settings, var: str) -> None:
    os.environ |= {"OMNI_VAR": var, "OMNI_FAILPOINT": "hash_keys.before_commit", "OMNI_FAILPOINT_TIMES": "2"}
    open_ledger(settings)


def test_killed_before_its_end_it_has_changed_nothing_and_the_next_opening_does_it(of_before, tmp_path):
    codes = []
    for _ in range(2):
        fork = multiprocessing.get_context("fork")
        child = fork.Process(target=bring_up_and_die, args=(of_before, str(tmp_path / "kills")))
        child.start()
        child.join()
        codes.append(child.exitcode)
    assert codes == [-signal.SIGKILL] * 2
    assert read(of_before) == wanted(read_keys(HASH_KEY))


def test_eight_processes_at_once_put_each_key_on_once(of_before):
    both = keyed_by(of_before, HASH_KEY, SECOND)
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert pool.map(partial(count_keys), [both] * 8) == [2] * 8
    assert read(both) == wanted(read_keys(f"{HASH_KEY},{SECOND}"))


def count_keys(settings: Settings) -> int:
    engine = open_ledger(settings)
    try:
        return keys_of(engine).count
    finally:
        engine.dispose()


def test_who_opened_the_ledger_before_a_key_was_added_compares_no_hash_after_it(ledger):
    engine = open_ledger(ledger)
    with writing_hashes(engine):
        pass
    open_ledger(keyed_by(ledger, HASH_KEY, SECOND)).dispose()
    with pytest.raises(RetryLater, match="a key was added meanwhile"), writing_hashes(engine):
        pytest.fail("hashes under one key met hashes under two")
    engine.dispose()


@on_sqlite
def test_a_new_installation_makes_its_key_and_never_another_once_it_is_lost(settings, monkeypatch):
    monkeypatch.delenv("OMNI_HASH_KEYS")
    fresh = Settings(var=settings.var)
    assert count_keys(fresh) == count_keys(fresh) == 1
    kept = keys_file(fresh).read_text()
    keys_file(fresh).chmod(0o640)
    with pytest.raises(FixDeclaration, match=r"hash_keys can be read by others .* chmod 600"):
        open_ledger(fresh)
    keys_file(fresh).unlink()
    with pytest.raises(FixDeclaration, match=r"written with 1 keys .*hash_keys is gone: bring it back"):
        open_ledger(fresh)
    assert not keys_file(fresh).exists()
    keys_file(fresh).write_text("\n")
    keys_file(fresh).chmod(0o600)
    with pytest.raises(FixDeclaration, match=r"hash_keys is empty: bring its keys back"):
        open_ledger(fresh)
    keys_file(fresh).unlink()
    assert count_keys(keyed_by(fresh, kept.strip())) == 1


def rotate(var: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "OMNI_HASH_KEYS"}
    environment |= {"PYTHONPATH": str(ROOT), "OMNI_VAR": str(var), "OMNI_LEDGER_URL": "", **changed}
    line = [sys.executable, "-m", "include.ledger", "--rotate-hash-keys"]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


def test_the_command_adds_a_key_to_the_file_and_hashes_once_more(tmp_path):
    write_world(Settings(var=tmp_path / "var"), World(Parameters(20, 7, FIRST_DATE), FIRST_DATE))
    first, second = rotate(tmp_path / "var"), rotate(tmp_path / "var")
    assert [done.returncode for done in (first, second)] == [0, 0], first.stderr + second.stderr
    assert first.stdout.count("under 1 keys") == first.stdout.count("under 2 keys") == 1
    assert "under 3 keys" in second.stdout
    keys = (tmp_path / "var" / "secrets" / "hash_keys").read_text().split()
    assert len(keys) == len(set(keys)) == 3
    assert not any(key in first.stdout + second.stdout for key in keys)


def test_where_the_keys_stand_in_the_environment_the_command_says_what_to_do(tmp_path):
    done = rotate(tmp_path / "var", OMNI_HASH_KEYS=HASH_KEY)
    assert done.returncode == 2
    assert "add a new one at its end" in done.stderr and HASH_KEY not in done.stdout + done.stderr
