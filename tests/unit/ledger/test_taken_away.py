"""A mail house that takes files away as they arrive gets each of them once, whatever breaks on the way."""

import signal
from contextlib import suppress

import pytest
from sqlalchemy import select

from include.errors import FixRequest, OmniError, OutcomeUnknown, RetryLater
from include.ledger.__main__ import main
from include.ledger.engine import open_ledger
from include.ledger.models import AudienceBatch
from include.ledger.plans import plan_sync
from include.ledger.settle import BY_A_PERSON, settle_batch
from include.senders import sftp_file
from include.senders.base import InDoubt
from tests.fixtures.receivers import mailhouse
from tests.fixtures.steps import Steps
from tests.unit.ledger.audiences import SYNC, acknowledged, apply, publish_audience, rows_of
from tests.unit.ledger.conftest import D, on_sqlite

pytestmark = pytest.mark.usefixtures("audiences")
WAYS = ("", "at once", "later", "whole")


def again_and_again(settings, sftp, times=4):
    """Every error of so many runs; the last run's counts."""
    errors, counts = [], None
    for _ in range(times):
        with suppress(OmniError):
            try:
                plan_sync(settings, SYNC, D)
                counts = apply(settings, sftp)
            except OmniError as error:
                errors.append(error)
                raise
    return errors, counts


def sent(sftp, ending=".csv"):
    return [name for name, _ in sftp.got if name.endswith(ending)]


def batch(settings):
    engine = open_ledger(settings)
    with engine.connect() as db:
        row = db.execute(select(AudienceBatch.__table__)).one()
    engine.dispose()
    return row


@pytest.mark.parametrize("takes", WAYS)
def test_a_confirmed_renaming_is_an_arrival_whether_the_file_is_seen_or_not(settings, sftp, takes):
    sftp.takes = takes
    publish_audience(settings, ["ana", "ben"])
    errors, counts = again_and_again(settings, sftp)
    assert (errors, counts["batches"]) == ([], 0)
    assert acknowledged(settings) == ["ana", "ben"]
    ((name, content), (checksum, _)) = sftp.got
    assert [row["customer_id"] for row in rows_of(content)] == ["ana", "ben"]
    assert checksum == f"{name}.sha256"


@pytest.mark.parametrize("takes", ["at once", "later"])
def test_a_lost_answer_stays_unknown_and_the_file_is_never_sent_again_by_itself(settings, sftp, takes):
    sftp.takes, sftp.cut, sftp.cut_at = takes, 1, ".csv"
    publish_audience(settings, ["ana"])
    errors, _ = again_and_again(settings, sftp, 5)
    assert [type(error) for error in errors] == [InDoubt, *[OutcomeUnknown] * 4]
    assert len(sent(sftp)) == 1 and sent(sftp, ".sha256") == []
    assert (batch(settings).state, batch(settings).reason.split()[0]) == ("unknown", "placing")
    said, short = str(errors[-1]), batch(settings).batch_id[:12]
    for words in (SYNC, batch(settings).reference, f"--arrived {short} ", f"--not-arrived {short},"):
        assert words in said
    assert "ana" not in said.replace("an answer", "")


@pytest.mark.parametrize("takes", WAYS)
def test_a_lost_answer_to_the_checksum_leaves_no_doubt_of_the_file(settings, sftp, takes):
    sftp.takes, sftp.cut, sftp.cut_at = takes, 1, ".sha256"
    publish_audience(settings, ["ana"])
    errors, _ = again_and_again(settings, sftp)
    assert [type(error) for error in errors] == [InDoubt]
    assert acknowledged(settings) == ["ana"]
    assert len(sent(sftp)) == len(sent(sftp, ".sha256")) == 1


def test_a_server_that_goes_away_between_file_and_checksum_gets_the_checksum_alone(
    settings, sftp, monkeypatch
):
    sftp.takes = "at once"
    publish_audience(settings, ["ana"])

    def gone(name):
        if name == "sync.after_file":
            raise RetryLater("the server went away")

    with monkeypatch.context() as once:
        once.setattr(sftp_file, "failpoint", gone)
        with pytest.raises(RetryLater):
            apply(settings, sftp)
    assert apply(settings, sftp)["add"] == 1
    assert len(sent(sftp)) == len(sent(sftp, ".sha256")) == 1


@pytest.mark.parametrize("takes", WAYS)
def test_a_refused_renaming_has_not_arrived_and_is_tried_again(settings, sftp, takes):
    sftp.takes, sftp.refuses = takes, 1
    publish_audience(settings, ["ana"])
    errors, _ = again_and_again(settings, sftp)
    assert [type(error) for error in errors] == [RetryLater]
    assert acknowledged(settings) == ["ana"] and len(sent(sftp)) == 1


def test_a_failure_that_is_answered_after_the_renaming_is_a_lost_answer(settings, sftp):
    sftp.takes, sftp.fails = "at once", 1
    publish_audience(settings, ["ana"])
    errors, _ = again_and_again(settings, sftp)
    assert {type(error) for error in errors} == {InDoubt, OutcomeUnknown}
    assert len(sent(sftp)) == 1


def test_what_is_unknown_is_not_sent_with_the_next_change_either(settings, sftp):
    sftp.takes, sftp.cut = "at once", 1
    publish_audience(settings, ["ana"])
    again_and_again(settings, sftp, 2)
    publish_audience(settings, ["ana", "ben"])
    errors, _ = again_and_again(settings, sftp)
    assert len(errors) == 4 and len(sent(sftp)) == 1


@pytest.fixture
def unknown(settings, sftp):
    """A batch of which nobody can see whether it arrived; its short name."""
    sftp.takes, sftp.cut = "at once", 1
    publish_audience(settings, ["ana"])
    again_and_again(settings, sftp, 2)
    return batch(settings).batch_id[:12]


def test_a_person_says_that_it_arrived(settings, sftp, unknown):
    assert settle_batch(settings, unknown, has_arrived=True).endswith("has arrived: add 1")
    assert (batch(settings).state, batch(settings).reason) == ("acknowledged", BY_A_PERSON)
    assert apply(settings, sftp)["batches"] == 0
    assert acknowledged(settings) == ["ana"] and len(sent(sftp)) == 1


def test_a_person_says_that_it_did_not_and_the_next_run_sends_it(settings, sftp, unknown):
    assert "planned again" in settle_batch(settings, unknown, has_arrived=False)
    assert apply(settings, sftp)["add"] == 1
    assert acknowledged(settings) == ["ana"]
    assert len(sent(sftp)) == 2 and len(sent(sftp, ".sha256")) == 1


def test_only_what_is_unknown_can_be_settled(settings, sftp, unknown):
    settle_batch(settings, unknown, has_arrived=True)
    for name, said in (
        (unknown, "is acknowledged, not unknown"),
        ("0" * 12, "0 batches"),
        ("abc", "first 12 or more digits"),
        ("%" * 12, "first 12 or more digits"),
    ):
        with pytest.raises(FixRequest, match=said):
            settle_batch(settings, name, has_arrived=False)
    assert acknowledged(settings) == ["ana"]


@on_sqlite
@pytest.mark.parametrize(("option", "state"), [("--arrived", "acknowledged"), ("--not-arrived", "planned")])
def test_the_command_of_the_message_settles_it(settings, sftp, unknown, option, state, monkeypatch, capsys):
    monkeypatch.setattr("include.settings.load", lambda: settings)
    assert main([option, unknown]) == 0
    assert batch(settings).reference in capsys.readouterr().out
    assert batch(settings).state == state
    assert main([option, unknown]) == 2
    assert "not unknown" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--arrived", unknown, "--not-arrived", unknown])


@pytest.fixture(scope="module")
def steps():
    running = Steps()
    yield running
    running.close()


@on_sqlite
@pytest.mark.parametrize(
    ("point", "takes", "files"),
    [
        *(("sync.after_claim", takes, 1) for takes in WAYS),
        *(("sync.before_send", takes, 1) for takes in WAYS),
        *(("sync.before_rename", takes, 1) for takes in WAYS),
        *(("sync.after_file", takes, 1) for takes in WAYS),
        *(("sync.after_send", takes, 1) for takes in WAYS),
        *(("sync.before_acknowledge", takes, 1) for takes in WAYS),
    ],
)
def test_a_crash_of_our_own_loses_nothing_and_doubles_nothing(
    settings, tmp_path, steps, audiences, point, takes, files
):
    publish_audience(settings, ["ana"])
    (settings.var / "audiences").symlink_to(audiences)
    with mailhouse(tmp_path) as sftp:
        sftp.takes = takes
        code, said = steps.run(SYNC, settings.var, sftp.connection(), OMNI_FAILPOINT=point)
        assert code == -signal.SIGKILL, said
        assert steps.run(SYNC, settings.var, sftp.connection())[0] == 0
        assert acknowledged(settings) == ["ana"]
        assert len(sent(sftp)) == len(sent(sftp, ".sha256")) == files


@on_sqlite
@pytest.mark.parametrize(("takes", "is_known"), [("", True), ("whole", True), ("at once", False)])
def test_a_crash_right_after_the_renaming_is_known_only_where_the_file_is_seen(
    settings, tmp_path, steps, audiences, takes, is_known
):
    publish_audience(settings, ["ana"])
    (settings.var / "audiences").symlink_to(audiences)
    with mailhouse(tmp_path) as sftp:
        sftp.takes = takes
        steps.run(SYNC, settings.var, sftp.connection(), OMNI_FAILPOINT="sync.after_rename")
        for _ in range(3):
            code, said = steps.run(SYNC, settings.var, sftp.connection())
            assert (code == 0) == is_known
            assert is_known or "--not-arrived" in said
        assert len(sent(sftp)) == 1
        assert batch(settings).state == ("acknowledged" if is_known else "unknown")
