"""Every sender, present and future, speaks the dialect that was recorded for it."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from include.senders import base

GOLDEN = Path(__file__).parents[1] / "fixtures" / "senders"
NAMES = sorted({p.stem for p in Path(base.__file__).parent.glob("*.py")} - {"__init__", "base"})


class FakeTransport:
    """Notes every call and gives the recorded replies."""

    def __init__(self, replies: list[Any]) -> None:
        self.calls: list[list[Any]] = []
        self._replies = iter(replies)

    def __getattr__(self, method: str) -> Any:
        def call(*arguments: Any) -> Any:
            said = [a.decode("utf-8") if isinstance(a, bytes) else a for a in arguments]
            self.calls.append([method, *said])
            return next(self._replies)

        return call


def read(name):
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    sender = importlib.import_module(f"include.senders.{name}")
    return golden, sender, TypeAdapter(sender.Request).validate_python(golden["request"])


def test_senders_are_found():
    assert {"smtp_email", "sftp_file"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_sender_speaks_the_recorded_dialect(name):
    golden, sender, request = read(name)
    transport = FakeTransport(golden["replies"])

    receipt = sender.send(transport, request)

    assert transport.calls == golden["calls"]
    assert receipt == base.Receipt(**golden["receipt"])


@pytest.mark.parametrize("name", NAMES)
def test_a_request_never_shows_whom_it_is_about(name):
    golden, _, request = read(name)
    assert golden["personal"]
    for value in golden["personal"]:
        assert value not in repr(request)


@pytest.mark.parametrize("name", NAMES)
def test_a_sender_has_what_all_senders_have(name):
    sender = base.load_sender(name)
    for part in ("EXAMPLES", "Request", "payload", "receipt", "send", "connect"):
        assert hasattr(sender, part), part
    assert hasattr(sender, "erase") != hasattr(sender, "ERASE")


def test_the_receiver_is_asked_to_forget_by_a_file():
    sender = importlib.import_module("include.senders.sftp_file")
    transport = FakeTransport([True, True])
    sender.erase(transport, "/incoming", "2026-03-15", ["c2", "c1", "c2"])
    (_, path, content), (_, checksum, _) = transport.calls
    assert path.startswith("/incoming/erasures/2026-03-15_") and checksum == f"{path}.sha256"
    assert content.splitlines()[1:] == ['"erase","c1","none",""', '"erase","c2","none",""']
