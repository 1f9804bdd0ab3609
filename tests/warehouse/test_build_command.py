"""`make build`: what it refuses, without running dbt."""

import pytest

from include.errors import CheckFailed
from include.settings import Settings
from include.warehouse import __main__ as command


def test_a_selection_of_nothing_is_a_mistake(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "_copy", lambda _: tmp_path / "dev.duckdb")
    monkeypatch.setattr(command, "_variables", lambda _: {})
    monkeypatch.setattr(command, "run_dbt", lambda *_: (0, []))
    with pytest.raises(CheckFailed, match="SELECT=aud_nosuch"):
        command.build(Settings(var=tmp_path), "aud_nosuch+")


def test_without_a_published_version_it_says_what_to_run_first(tmp_path):
    with pytest.raises(CheckFailed, match="make nightly"):
        command.build(Settings(var=tmp_path), None)
