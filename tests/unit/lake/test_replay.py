"""Refused rows, repaired and brought back: once, with the counts right, whatever crashes."""

import json
from pathlib import Path
from typing import Any

import pytest

from include.errors import FixDeclaration, FixPayload
from include.lake import replay as command
from include.lake.replay import export, replay
from include.settings import Settings
from tests.fixtures.mortal import KILLED, run
from tests.unit.lake.killing import replay as replay_apart
from tests.unit.lake.landing import DAY, files, land, landed_rows, refused_rows, stream
from tests.unit.sources.rows import order

LABEL = "shop/orders"
ORDERS = stream("shop", "orders")


def parents(*orders: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: value for key, value in one.items() if key != "lines"} for one in orders]


def feed() -> list[dict[str, Any]]:
    good = [order(n) for n in range(40)]
    return parents(*good, order(50, status="lost"), order(51, total_amount="x"), order(51, total_amount="x"))


def mended(settings: Settings) -> list[dict[str, Any]]:
    return [
        row | {"status": "paid", "total_amount": "1.00"} for row in export(settings, "shop", "orders", DAY)
    ]


def test_the_export_names_each_refused_row_with_reason_and_field(settings: Settings) -> None:
    land(settings, ORDERS, feed())
    first = next(iter(export(settings, "shop", "orders", DAY)))
    assert (first["_reason"], first["_field"], first["order_id"]) == ("not_allowed", "status", "o50")
    assert len(first["_quarantined"]) == 16


def test_repaired_rows_join_their_partition_and_leave_the_quarantine(settings: Settings) -> None:
    before = land(settings, ORDERS, feed())
    after = replay(settings, "shop", "orders", DAY, mended(settings))

    assert (before["rows_in"], before["loaded"], before["quarantined"]) == (43, 40, 3)
    assert (after["rows_in"], after["loaded"], after["duplicate"], after["quarantined"]) == (43, 42, 1, 0)
    assert landed_rows(settings, LABEL)["order_id"].to_pylist()[-2:] == ["o50", "o51"]
    assert refused_rows(settings, LABEL) == []


def test_replaying_again_or_landing_again_changes_nothing(settings: Settings) -> None:
    land(settings, ORDERS, feed())
    repaired = mended(settings)[:2]
    manifest = replay(settings, "shop", "orders", DAY, repaired)
    found = files(settings)
    assert (manifest["loaded"], manifest["quarantined"]) == (42, 1)

    assert replay(settings, "shop", "orders", DAY, repaired) == manifest
    assert land(settings, ORDERS, feed()) == manifest
    assert files(settings) == found


def test_a_row_that_is_still_broken_stops_the_replay_and_is_named(settings: Settings) -> None:
    land(settings, ORDERS, feed())
    found = files(settings)
    rows = mended(settings)
    rows[1]["currency"] = None
    with pytest.raises(FixPayload, match=r"repaired row 2: currency: missing_required"):
        replay(settings, "shop", "orders", DAY, rows)
    assert files(settings) == found


def test_rows_nobody_refused_are_not_let_in_by_this_door(settings: Settings) -> None:
    land(settings, ORDERS, feed())
    with pytest.raises(FixPayload, match="line 1: _quarantined is missing"):
        replay(settings, "shop", "orders", DAY, parents(order(99)))
    with pytest.raises(FixDeclaration, match="has not landed"):
        replay(settings, "shop", "carts", DAY, [])


@pytest.mark.parametrize("where", ["before_data", "data_renamed", "before_quarantine", "after_quarantine"])
def test_a_replay_killed_twice_is_finished_by_doing_it_again(where: str, tmp_path: Path) -> None:
    quiet, killed = Settings(var=tmp_path / "quiet"), Settings(var=tmp_path / "killed")
    for settings in (quiet, killed):
        land(settings, ORDERS, feed())
    rows = mended(quiet)[:2]
    replay(quiet, "shop", "orders", DAY, rows)

    codes = [run(replay_apart, killed.var, rows, DAY, f"landing.{where}") for _ in range(3)]

    assert codes == [KILLED, KILLED, 0]
    assert files(killed) == files(quiet)


def test_landing_again_after_a_killed_replay_counts_each_row_once(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    land(settings, ORDERS, feed())
    rows = mended(settings)[:2]
    assert run(replay_apart, settings.var, rows, DAY, "landing.before_quarantine") == KILLED

    manifest = land(settings, ORDERS, feed())

    assert (manifest["rows_in"], manifest["loaded"], manifest["quarantined"]) == (43, 42, 1)
    assert len(refused_rows(settings, LABEL)) == 1


def test_the_command_says_what_it_did_and_fails_where_a_person_must_act(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMNI_VAR", str(settings.var))
    land(settings, ORDERS, feed())
    file, what = tmp_path / "refused.jsonl", ["shop", "orders", DAY.isoformat()]

    assert command.main([*what, "--from", str(file)]) == 1
    assert "refused.jsonl cannot be read: " in capsys.readouterr().err
    assert command.main([*what, "--export", str(file)]) == 0
    assert file.stat().st_mode & 0o077 == 0
    assert command.main([*what, "--from", str(file)]) == 1
    file.write_text("".join(json.dumps(row) + "\n" for row in mended(settings)))
    assert command.main([*what, "--from", str(file)]) == 0

    said = capsys.readouterr()
    assert "3 refused rows written" in said.out
    assert "43 rows_in, 42 loaded, 1 duplicate, 0 quarantined" in said.out
    assert "repaired row 1: status: not_allowed" in said.err
