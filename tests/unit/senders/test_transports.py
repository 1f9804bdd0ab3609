"""Sockets say exactly what happened: refused, accepted, or nobody knows."""

import contextlib
import socket
import socketserver
import threading
import time

import pytest
from paramiko import SFTPError

from include.errors import FixConnection, OmniError, OutcomeUnknown, RetryLater
from include.senders.base import NotNow, Refused
from include.senders.transports.sftp import SftpTransport
from include.senders.transports.smtp import SmtpTransport
from tests.fixtures.receivers import mailhouse, relay

CONTENT = b"Message-ID: <%s>\r\nSubject: hi\r\n\r\n.\r\n..two\r\n.three\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


@pytest.fixture
def smtp(server):
    server.behave, server.rcpt, server.count = (lambda number: "accept"), {}, 0
    return server


@pytest.fixture
def session(smtp):
    transport = SmtpTransport(smtp.connection(), 5)
    yield transport
    transport.close()


def deliver(session, name=b"m1", to="ana@example.com"):
    return session.deliver("hello@x.example", to, CONTENT % name)


def test_a_message_arrives_as_it_was_dots_and_all(smtp, session):
    assert deliver(session, b"dots").startswith("250")
    assert smtp.log.lines()[-1]["content"].encode() == CONTENT % b"dots"


def test_many_messages_share_one_session(smtp, session):
    before = smtp.logins
    for number in range(5):
        deliver(session, b"n%d" % number)
    assert smtp.logins == before + 1


@pytest.mark.parametrize(
    ("reply", "error", "reason"),
    [("452 full", NotNow, "smtp_452"), ("550 no", Refused, "smtp_550"), ("554 spam", Refused, "smtp_554")],
)
def test_a_refusal_is_about_that_message_and_the_next_goes_on(smtp, session, reply, error, reason):
    smtp.behave = lambda number: reply if number == 1 else "accept"
    with pytest.raises(error) as caught:
        deliver(session)
    assert caught.value.reason == reason
    smtp.rcpt["no@example.com"] = reply
    with pytest.raises(error):
        deliver(session, to="no@example.com")
    assert deliver(session, b"after").startswith("250")


def test_silence_after_the_message_was_handed_over_is_unknown_and_the_next_goes_on(smtp, session):
    smtp.behave = lambda number: "drop" if number == 1 else "accept"
    with pytest.raises(OutcomeUnknown):
        deliver(session, b"lost")
    assert smtp.ids[-1] == "lost"
    assert deliver(session, b"after").startswith("250")


def test_a_relay_that_takes_too_long_is_unknown(smtp):
    session = SmtpTransport(smtp.connection(), 0.5)
    deliver(session, b"first")
    smtp.behave = slow
    with pytest.raises(OutcomeUnknown):
        deliver(session, b"slow")
    session.close()


def slow(_number):
    time.sleep(1)
    return "accept"


def test_a_closed_session_is_reopened(smtp, session):
    deliver(session, b"one")
    session._session.sock.shutdown(socket.SHUT_RDWR)
    with pytest.raises(RetryLater):
        deliver(session, b"two")
    assert deliver(session, b"two").startswith("250")


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"password": "wrong"}, FixConnection, "login refused"),
        ({"login": ""}, FixConnection, "login and password are required"),
        ({"extra": {}}, FixConnection, "STARTTLS"),
        ({"port": 1}, RetryLater, "not reached"),
        ({"host": "192.0.2.1"}, FixConnection, "for loopback alone"),
    ],
)
def test_what_is_wrong_with_a_connection_is_said(smtp, changed, error, said):
    session = SmtpTransport(smtp.connection(**changed), 5)
    with pytest.raises(error, match=said) as caught:
        deliver(session)
    assert "smtp_relay" in str(caught.value) and "wrong" not in str(caught.value)


def test_no_address_stands_in_an_error(smtp, session):
    smtp.behave = lambda number: "550 <ana@example.com>: unknown user ana@example.com"
    with pytest.raises(Refused) as caught:
        deliver(session)
    assert "ana" not in str(caught.value)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with mailhouse(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture
def files(house):
    transport = SftpTransport(house.connection(), 5)
    yield transport
    transport.close()


def test_a_file_appears_whole_under_its_final_name_in_new_folders(house, files):
    content = bytes(range(256)) * 2000
    assert files.put_once("/incoming/new/one.csv", content) is True
    assert house.files["/incoming/new/one.csv"] == content
    assert [name for name in house.files if name.endswith(".part")] == []


def test_the_same_file_again_is_no_upload(house, files):
    files.put_once("/incoming/two.csv", b"two")
    before = house.log.lines()
    assert files.put_once("/incoming/two.csv", b"two") is False
    assert house.log.lines() == before


def test_another_file_of_that_name_is_an_error(house, files):
    files.put_once("/incoming/three.csv", b"three")
    with pytest.raises(Refused) as caught:
        files.put_once("/incoming/three.csv", b"other")
    assert caught.value.reason == "name_taken" and house.files["/incoming/three.csv"] == b"three"


def test_what_a_crash_left_half_uploaded_is_written_anew(house, files):
    (house.root / "incoming").mkdir(exist_ok=True)
    (house.root / "incoming" / "four.csv.part").write_bytes(b"half of something much longer than it")
    files.put_once("/incoming/four.csv", b"four")
    assert house.files["/incoming/four.csv"] == b"four"


def test_an_empty_file_is_a_file(house, files):
    assert files.find("/incoming/empty.csv") is None
    files.put_once("/incoming/empty.csv", b"")
    assert files.find("/incoming/empty.csv") is not None


def test_a_line_cut_at_the_renaming_leaves_it_open_and_the_next_try_finds_the_file(house, files):
    house.cut = 1
    with pytest.raises(OutcomeUnknown, match="mailhouse_sftp: no clear answer to the renaming of /incoming"):
        files.put_once("/incoming/five.csv", b"five")
    assert files.put_once("/incoming/five.csv", b"five") is False


def test_a_server_that_is_not_there_is_tried_again_later(house):
    with pytest.raises(RetryLater, match="mailhouse_sftp"):
        SftpTransport(house.connection(port=1), 2).find("/incoming/x")


def test_a_file_that_is_taken_away_at_once_has_arrived(house, files):
    house.takes = "at once"
    try:
        assert files.put_once("/incoming/six.csv", b"six") is True
        assert files.find("/incoming/six.csv") is None
    finally:
        house.takes = ""


def test_what_happens_around_a_renaming_is_noted(house, files):
    steps = []
    files.note = lambda step: steps.append((step, "/incoming/seven.csv" in house.files))
    files.put_once("/incoming/seven.csv", b"seven")
    assert steps == [("placing seven.csv", False), ("placed seven.csv", True)]


def test_a_server_that_refuses_the_renaming_has_not_got_the_file(house, files):
    house.refuses = 1
    with pytest.raises(RetryLater, match="quota exceeded"):
        files.put_once("/incoming/eight.csv", b"eight")
    assert files.put_once("/incoming/eight.csv", b"eight") is True


@pytest.mark.parametrize("error", [SFTPError("Garbage packet received"), "ß".encode("latin-1").decode])
def test_an_answer_that_cannot_be_read_is_the_servers_trouble(house, monkeypatch, error):
    transport = SftpTransport(house.connection(), 5)

    def garbled(*_):
        raise error if isinstance(error, Exception) else UnicodeDecodeError("utf-8", b"\xdf", 0, 1, "no")

    monkeypatch.setattr("paramiko.SFTPClient.stat", garbled)
    with pytest.raises(RetryLater, match="no usable answer"):
        transport.put_once("/incoming/nine.csv", b"nine")
    transport.close()


def test_a_host_that_no_dns_may_hold_is_the_connections_matter(house):
    with pytest.raises(FixConnection, match="no address"):
        SftpTransport(house.connection(host="a..example"), 2).find("/incoming/x")


class Scripted(socketserver.StreamRequestHandler):
    """A relay that answers each command as the script says; `.` is the end of a message."""

    def handle(self):
        self.say("220 relay.example")
        while line := self.rfile.readline():
            verb = line.split(b":")[0].split()[0].upper().decode()
            if verb in ("EHLO", "HELO"):
                self.say("250-relay.example\r\n250-STARTTLS\r\n250 AUTH PLAIN")
                continue
            reply = self.server.script.get(verb, {"AUTH": "235 ok", "DATA": "354 go on"}.get(verb, "250 ok"))
            self.say(reply)
            if verb == "DATA" and reply.startswith("354"):
                while self.rfile.readline() != b".\r\n":
                    pass
                self.say(self.server.script.get(".", "250 taken"))

    def say(self, reply):
        self.wfile.write(reply.encode() + b"\r\n")


STAGES = ("MAIL", "RCPT", "DATA", ".")


@pytest.mark.parametrize(
    ("reply", "errors"),
    [
        ("421 closing", [RetryLater, RetryLater, RetryLater, RetryLater]),
        ("450 4.2.1 later", [RetryLater, NotNow, NotNow, NotNow]),
        ("451 4.7.1 greylisted", [RetryLater, NotNow, NotNow, NotNow]),
        ("550 5.1.1 unknown", [FixConnection, Refused, Refused, Refused]),
        ("550 5.1.8 bad sender", [FixConnection] * 4),
        ("530 5.7.57 not logged in", [FixConnection] * 4),
        ("550 5.1.80 odd", [FixConnection, Refused, Refused, Refused]),
        ("354 go on", [RetryLater, RetryLater, None, OutcomeUnknown]),
        ("250 ok", [None, None, RetryLater, None]),
        ("hello", [RetryLater, RetryLater, RetryLater, OutcomeUnknown]),
        ("999 what", [RetryLater, RetryLater, RetryLater, OutcomeUnknown]),
        ("100 wait", [RetryLater, RetryLater, RetryLater, OutcomeUnknown]),
    ],
)
def test_a_reply_says_the_same_at_each_stage_as_far_as_it_says_anything(smtp, reply, errors):
    for stage, error in zip(STAGES, errors, strict=True):
        assert type(outcome_of(smtp, {stage: reply})) is (error or str), (stage, reply)


@pytest.mark.parametrize(
    ("reply", "error"),
    [("454 4.7.0 later", RetryLater), ("what", RetryLater), ("535 5.7.8 no", FixConnection)],
)
def test_only_a_refusal_for_good_of_a_login_is_the_connections_matter(smtp, reply, error):
    assert type(outcome_of(smtp, {"AUTH": reply})) is error


def test_a_relay_that_refuses_tls_for_good_is_the_connections_matter(smtp):
    offers = {"STARTTLS": "554 5.7.3 no TLS here"}
    with scripted(offers) as port:
        session = SmtpTransport(smtp.connection(port=port, extra={}), 5)
        with pytest.raises(FixConnection, match="smtp_relay: the relay refuses TLS or the login with 554"):
            deliver(session)


@contextlib.contextmanager
def scripted(script):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scripted) as server:
        server.daemon_threads, server.script = True, script
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def outcome_of(smtp, script):
    """The error of one delivery, or the relay's word of acceptance."""
    with scripted(script) as port:
        session = SmtpTransport(smtp.connection(port=port), 5)
        try:
            return deliver(session)
        except OmniError as error:
            return error
        finally:
            session.close()
