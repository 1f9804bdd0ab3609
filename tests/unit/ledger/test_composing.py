"""What goes wrong while a message is written: only its own template rejects it."""

import os
import signal
import threading
import time

import psutil
import pytest

from include.brand import load_brand
from include.destinations import destination_of
from include.errors import FixDeclaration, RetryLater
from include.keyed import read_keys
from include.ledger import states as ledger_states
from include.ledger.contacts import ContactPoint
from include.ledger.dispatch import dispatch
from include.ledger.letters import Claim, Desk
from include.ledger.messages import plan
from include.ledger.outcomes import attempt
from include.ledger.states import Run
from include.templates.renderer import FOLDER, WORKER, Renderer
from tests.conftest import HASH_KEY
from tests.fixtures.published import decision, point, publish
from tests.fixtures.receivers import SECRET
from tests.unit.ledger.conftest import D, messages, states

PEOPLE = [point(name, f"{name}@example.com") for name in ("ana", "ben", "cyd")]


class Killer:
    """From `start` to `stop`, kills each worker that renders templates as soon as it appears."""

    def __init__(self):
        self.killed = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._kill)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def _kill(self):
        while not self._stop.wait(0.002):
            for child in psutil.Process().children():
                self._kill_worker(child)

    def _kill_worker(self, child):
        try:
            if str(WORKER) in child.cmdline():
                os.kill(child.pid, signal.SIGKILL)
                self.killed += 1
        except (psutil.Error, ProcessLookupError):
            pass


@pytest.fixture
def planned(settings):
    rows = [decision(p, D) for p in PEOPLE]
    publish(settings, D, dim_contact_points=PEOPLE, fct_message_decisions=rows)
    plan(settings, D)
    return settings


def send(settings, smtp):
    return dispatch(settings, D, {"smtp_relay": smtp.connection()})


def test_a_worker_that_is_killed_again_and_again_leaves_messages_planned_and_none_rejected(planned, smtp):
    killer = Killer()

    def from_now_on(_number):
        killer.start()
        while not killer.killed:
            time.sleep(0.001)
        return "accept"

    smtp.behave = from_now_on
    with pytest.raises(RetryLater, match="SIGKILL"):
        send(planned, smtp)
    killer.stop()
    smtp.behave = lambda _number: "accept"
    assert killer.killed >= 2 and len(smtp.ids) == 1
    assert sorted(states(planned).values()) == ["confirmed", "planned", "planned:not_rendered"]
    assert send(planned, smtp) == {"confirmed": 2}
    assert [row["attempts"] for row in messages(planned)] == [0, 0, 0]


def test_a_worker_that_is_killed_before_any_claim_leaves_all_planned(planned, smtp):
    killer = Killer()
    killer.start()
    with pytest.raises(RetryLater, match="SIGKILL"):
        send(planned, smtp)
    killer.stop()
    assert set(states(planned).values()) == {"planned"}
    assert send(planned, smtp) == {"confirmed": 3}


def composed(tmp_path, text):
    """What becomes of a message whose html template is `text`."""
    folder = tmp_path / "templates" / "welcome"
    folder.mkdir(parents=True)
    for part in ("subject", "txt", "html"):
        (folder / f"email.{part}.j2").write_text(text if part == "html" else "fine")
    (folder / "words.yml").write_text((FOLDER / "welcome" / "words.yml").read_text())
    person = ContactPoint(**{name: PEOPLE[0].get(name) for name in ContactPoint.__dataclass_fields__})
    claim = Claim(
        "k", 1, "m@x.example", "welcome", "first", "marketing", "hash", 0, person, time.monotonic() + 30
    )
    with Renderer(folder.parent) as renderer:
        desk = Desk(load_brand(), destination_of("email"), renderer, SECRET, read_keys(HASH_KEY))
        return attempt(None, None, desk, claim, Run(D, None), 1)


def test_a_template_that_fails_over_one_reader_rejects_that_message_and_names_the_place(tmp_path):
    outcome = composed(tmp_path, "\n{{ words.nobody }}")
    assert (outcome.to, outcome.reason) == (ledger_states.REJECTED, "unrenderable")
    assert outcome.why.endswith("email.html.j2, line 2: 'dict object' has no attribute 'nobody'")


def test_templates_that_do_not_compile_reject_no_message(tmp_path):
    outcome = composed(tmp_path, "{% if %}")
    assert (outcome.to, outcome.reason) == (ledger_states.PLANNED, "not_rendered")
    assert isinstance(outcome.error, FixDeclaration) and "email.html.j2, line 1" in str(outcome.error)
