"""What is kept under `var` is for its user alone: what is written now, and what an earlier release left."""

import os
import stat
from pathlib import Path

import pytest

from include import durable, private
from include.private import make_private
from tests.night import open_to_others

ROOT_WALKS = 0o011 if os.geteuid() == 0 else 0


def test_what_was_open_is_taken_from_others_and_nothing_else_changes(tmp_path):
    var, outside = tmp_path / "var", tmp_path / "outside"
    (var / "logs").mkdir(parents=True)
    report, program = var / "logs" / "report.html", var / "run.sh"
    for path in (report, program, outside):
        path.write_text("x")
    # By chmod, since what `mkdir` and `open` give depends on the umask.
    modes = {report: 0o664, program: 0o755, outside: 0o644, var / "logs": 0o777, var: 0o755}
    for path, mode in modes.items():
        path.chmod(mode)
    (var / "link").symlink_to(outside)
    assert open_to_others(var)
    assert make_private(var) == 4
    assert open_to_others(var) == [] and make_private(var) == 0
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert stat.S_IMODE(program.stat().st_mode) == 0o700
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
    assert stat.S_IMODE(var.stat().st_mode) == 0o700 | ROOT_WALKS


def test_what_is_not_there_and_what_vanishes_is_no_fault(tmp_path):
    assert make_private(tmp_path / "none") == 0
    assert private._close(tmp_path / "gone", 0) is False


def test_a_text_is_written_for_its_user_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        durable.write_text(tmp_path / "a.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o600


COMMANDS = ["ops.nightly", "ops.up", "ops.cli", "ops.score", "include.warehouse.__main__"]
COMMANDS += ["include.ledger.__main__", "include.sandbox.__main__"]


@pytest.mark.parametrize("module", COMMANDS)
def test_every_command_that_writes_under_var_begins_by_that(module):
    text = Path(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
    assert "load_for_command(" in text or "keep_private()" in text
