"""Hashes of addresses under keys: what they are, how one more key is put on top, which keys are refused."""

import base64
import hashlib
import hmac
import random

import pytest

from include.errors import FixDeclaration
from include.hash_keys import add_key, find_keys, keys_file, load_keys
from include.keyed import HashKeys, read_keys
from include.settings import Settings
from tests.conftest import HASH_KEY

# The same in every process of a test run, which must collect the same tests.
DRAW = random.Random(7)
FIRST, SECOND = "8f" * 4 + DRAW.randbytes(28).hex(), DRAW.randbytes(48).hex()
PHONE = "+447700900123"


def test_a_hash_is_sha256_and_then_hmac_under_each_key_the_oldest_first():
    plain = hashlib.sha256(PHONE.encode()).hexdigest()
    once = hmac.new(bytes.fromhex(FIRST), plain.encode(), "sha256").hexdigest()
    twice = hmac.new(bytes.fromhex(SECOND), once.encode(), "sha256").hexdigest()
    keys = read_keys(f"{FIRST},{SECOND}")
    assert keys.keyed(PHONE) == twice
    assert keys.first(1).keyed(PHONE) == once
    assert keys.first(0).keyed(PHONE) == HashKeys(()).keyed(PHONE) == plain


def test_one_more_key_needs_no_address():
    keys = read_keys(f"{FIRST}\n{SECOND}\n")
    for count in range(3):
        assert keys.raised(keys.first(count).keyed(PHONE), count) == keys.keyed(PHONE)


def test_a_candidate_is_found_by_nobody_who_lacks_the_last_key():
    kept = read_keys(f"{FIRST},{SECOND}").keyed(PHONE)
    tried = {HashKeys(keys).keyed(PHONE) for keys in ((), (bytes.fromhex(FIRST),), (bytes.fromhex(SECOND),))}
    assert len(tried) == 3 and kept not in tried


def test_keys_are_known_again_by_a_fingerprint_and_in_their_order():
    keys = read_keys(f"{FIRST},{SECOND}")
    assert keys.begins_with(1, read_keys(FIRST).fingerprint)
    assert keys.begins_with(0, HashKeys(()).fingerprint)
    assert not read_keys(f"{SECOND},{FIRST}").begins_with(1, read_keys(FIRST).fingerprint)
    assert not read_keys(FIRST).begins_with(2, keys.fingerprint)
    assert len({keys.fingerprint, keys.first(1).fingerprint, HashKeys(()).fingerprint}) == 3


def test_base64_of_either_alphabet_is_a_key_as_hexadecimal_is():
    raw = bytes(range(200, 256, 2)) + bytes.fromhex(HASH_KEY)
    for text in (base64.b64encode(raw), base64.urlsafe_b64encode(raw), base64.b64encode(raw).rstrip(b"=")):
        assert read_keys(text.decode()).keys == (raw,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no key"),
        ("changeme", "key 1 has 6 bytes, fewer than 32"),
        (DRAW.randbytes(31).hex(), "key 1 has 31 bytes"),
        (f"{FIRST},{DRAW.randbytes(16).hex()}", "key 2 has 16 bytes"),
        ("changeme" * 8, "not random"),
        ("ab" * 32, "not random"),
        ("0123456789abcdef" * 4, "not random"),
        (bytes(range(64)).hex(), "not random"),
        (b"correct horse battery staple, correct".hex(), "not random"),
        ("thesecretofthisinstallationisaverylongphrase", "not random"),
        (f"ChangeMe{base64.b64encode(bytes.fromhex(HASH_KEY)).decode()[8:]}", "not random"),
        ("no.key.at.all!" * 4, "neither hexadecimal nor base64"),
        (f"{FIRST},{SECOND},{FIRST}", "key 3 is key 1 once more"),
    ],
)
def test_a_key_that_can_be_guessed_is_refused_and_never_shown(text, said):
    with pytest.raises(FixDeclaration, match=said) as caught:
        read_keys(text)
    assert (
        "OMNI_HASH_KEYS" in str(caught.value) and "token_hex(32)" in str(caught.value)
    ) or "once more" in said
    assert not [word for word in text.split(",") if word and word in str(caught.value)]


def test_random_keys_are_taken_in_every_form():
    for _ in range(300):
        raw = DRAW.randbytes(32)
        for text in (
            raw.hex(),
            raw.hex().upper(),
            base64.b64encode(raw).decode(),
            base64.urlsafe_b64encode(DRAW.randbytes(32)).decode(),
        ):
            assert read_keys(text).count == 1


def test_keys_are_shown_nowhere(monkeypatch):
    monkeypatch.setenv("OMNI_HASH_KEYS", FIRST)
    settings = Settings()
    shown = f"{settings!r} {settings} {load_keys(settings)!r} {settings.model_dump()}"
    assert FIRST not in shown and str(bytes.fromhex(FIRST)) not in shown
    assert load_keys(settings).count == 1


def test_without_the_variable_they_stand_in_a_file_that_its_owner_alone_reads(tmp_path, monkeypatch):
    monkeypatch.delenv("OMNI_HASH_KEYS")
    settings = Settings(var=tmp_path / "var")
    assert find_keys(settings) is None
    with pytest.raises(FixDeclaration, match=r"OMNI_HASH_KEYS is not set, and there is no .*hash_keys"):
        load_keys(settings)
    made, more = add_key(settings), add_key(settings)
    assert (made.count, more.count) == (1, 2) and more.first(1) == made
    assert load_keys(settings) == more
    path = keys_file(settings)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    path.chmod(0o640)
    with pytest.raises(FixDeclaration, match="chmod 600"):
        load_keys(settings)


def test_what_the_environment_gives_is_not_written_down(tmp_path):
    settings = Settings(var=tmp_path / "var")
    with pytest.raises(FixDeclaration, match="add a new one at its end"):
        add_key(settings)
    assert not keys_file(settings).exists()
