"""Secrets that can be guessed stop the start by their names; their values are never said."""

import base64
import os
import random
import re
import subprocess
import sys

import pytest

from include.errors import FixDeclaration, FixRequest
from include.settings import ROOT
from include.strength import INSTALLATION, check, refuse_password, weakness

# The same in every process of a test run, which must collect the same tests.
DRAW = random.Random(7)
FERNET = base64.urlsafe_b64encode(bytes(range(7, 39))).decode()


def good() -> dict[str, str]:
    """An installation as .env.example says to make it."""
    url = "postgresql+psycopg://x:{}@/x?host=/var/run/postgresql"
    return {
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(DRAW.randbytes(32)).decode(),
        "AIRFLOW__API_AUTH__JWT_SECRET": DRAW.randbytes(48).hex(),
        "AIRFLOW__API__SECRET_KEY": DRAW.randbytes(48).hex(),
        "OMNI_UNSUBSCRIBE_SECRET": DRAW.randbytes(48).hex(),
        "OMNI_HASH_KEYS": f"{DRAW.randbytes(32).hex()},{base64.b64encode(DRAW.randbytes(32)).decode()}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url.format(DRAW.randbytes(48).hex()),
        "OMNI_LEDGER_URL": url.format(DRAW.randbytes(48).hex()),
        "AIRFLOW_ADMIN_PASSWORD": base64.urlsafe_b64encode(DRAW.randbytes(12)).decode(),
    }


def test_what_the_example_says_to_make_passes_a_hundred_times():
    assert set(good()) == {secret.variable for secret in INSTALLATION}
    for _ in range(100):
        check(good())


URL = "postgresql+psycopg://ledger:{}@/ledger?host=/var/run/postgresql"
WRONG = [
    *((secret.variable, "", "is empty") for secret in INSTALLATION),
    ("AIRFLOW__CORE__FERNET_KEY", DRAW.randbytes(16).hex(), "is no list of keys of 32"),
    ("AIRFLOW__CORE__FERNET_KEY", base64.urlsafe_b64encode(b"a" * 32).decode(), "repeats itself"),
    ("AIRFLOW__API_AUTH__JWT_SECRET", DRAW.randbytes(31).hex(), "is shorter than 64"),
    ("AIRFLOW__API_AUTH__JWT_SECRET", "ab" * 40, "repeats itself"),
    ("AIRFLOW__API__SECRET_KEY", "hunter2-hunter2", "is shorter than 32"),
    ("OMNI_UNSUBSCRIBE_SECRET", "changeme-secret-password-admin-airflow", "is made of well-known words"),
    ("OMNI_HASH_KEYS", f"{DRAW.randbytes(32).hex()},{DRAW.randbytes(8).hex()}", "is no list of keys of 32"),
    ("OMNI_HASH_KEYS", "00" * 32, "repeats itself"),
    ("OMNI_LEDGER_URL", URL.format("ledger"), "has a password that is shorter than 16"),
    ("OMNI_LEDGER_URL", URL.format(""), "has a password that is shorter than 16"),
    ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", URL.format("postgres-password"), "is made of well-known words"),
    ("AIRFLOW_ADMIN_PASSWORD", "admin", "is shorter than 12"),
]


@pytest.mark.parametrize(("variable", "value", "why"), WRONG)
def test_a_weak_secret_is_named_and_not_shown(variable, value, why):
    with pytest.raises(FixDeclaration, match=f"{variable}.*{re.escape(why)}") as refused:
        check(good() | {variable: value})
    assert not value or value not in str(refused.value)


def test_two_that_are_the_same_are_both_named():
    same = DRAW.randbytes(48).hex()
    pair = {"AIRFLOW__API_AUTH__JWT_SECRET": same, "OMNI_LEDGER_URL": URL.format(same)}
    with pytest.raises(FixDeclaration) as refused:
        check(good() | pair)
    assert "AIRFLOW__API_AUTH__JWT_SECRET and OMNI_LEDGER_URL hold the same" in str(refused.value)
    assert same not in str(refused.value)


def test_a_file_has_no_password_and_what_an_installation_does_not_have_is_not_missed():
    check(good() | {"OMNI_LEDGER_URL": "sqlite:////somewhere/ledger.sqlite"})
    check({name: value for name, value in good().items() if name != "OMNI_HASH_KEYS"})


GUESSED = ["t00short", "aaaaaaaaaaaaaaaa", "abcdefghijklmnop", "9876543210987654", "Password1234!"]
GUESSED += ["admin-admin-admin", "abcabcabcabcabc", "qwerty12345678", "Omnichannel2026"]


@pytest.mark.parametrize("password", GUESSED)
def test_a_password_that_can_be_guessed_is_refused(password):
    with pytest.raises(FixRequest) as refused:
        refuse_password(password)
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password",
    [
        "Gr3en-kettle-on-the-roof",
        "vier Eulen über Prag",
        base64.urlsafe_b64encode(DRAW.randbytes(12)).decode(),
    ],
)
def test_a_long_one_that_nobody_knows_is_taken(password):
    assert weakness(password, 12) == ""


def test_the_command_ends_with_2_and_says_which():
    env = os.environ | good() | {"AIRFLOW__API__SECRET_KEY": "hunter2-hunter2", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "include.strength"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr.startswith("AIRFLOW__API__SECRET_KEY is shorter than 32") and "hunter2" not in done.stderr
    )
    fine = subprocess.run(command, env=os.environ | good(), cwd=ROOT, capture_output=True, check=False)
    assert fine.returncode == 0
