"""The night's command refuses what cannot be run before it starts anything, and says what to do."""

import subprocess
import sys
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from include.errors import FixDeclaration
from include.sandbox.parameters import Parameters, World, write_world
from include.settings import Settings
from ops import bring_up, interrupts, nightly, services


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNI_VAR", str(tmp_path))
    monkeypatch.setattr(interrupts, "end_as_interrupted", lambda: None)
    monkeypatch.setattr(bring_up, "bring_up", lambda *_: pytest.fail("something was started"))
    return Settings(var=tmp_path)


def test_a_wrong_declaration_is_named_before_anything_starts(house, monkeypatch, capsys):
    def load():
        raise FixDeclaration("shop.yml, line 5: is_required: not a boolean")

    monkeypatch.setattr(nightly, "load_channels", load)
    assert nightly.main([]) == 2
    assert "shop.yml, line 5: is_required" in capsys.readouterr().err


def test_services_that_run_on_another_company_are_not_used(house, monkeypatch, capsys):
    write_world(house, World(Parameters(400, 7, date(2026, 3, 15)), date(2026, 3, 15)))
    monkeypatch.setattr(bring_up, "running", lambda _: services.Services(house, 1, ""))
    assert nightly.main(["--people", "500"]) == 2
    assert "people 400 (asked: 500)" in capsys.readouterr().err


@pytest.mark.parametrize(("begins", "nights"), [(0, "1"), (-3, "7")])
def test_a_date_that_has_not_ended_is_refused_before_anything_starts(house, begins, nights, capsys):
    today = datetime.now(house.zone).date()
    first = today + timedelta(days=begins)
    assert nightly.main(["--date", str(first), "--nights", nights]) == 2
    said = capsys.readouterr().err
    assert "has not ended in Europe/London" in said and f"is {today - timedelta(days=1)}" in said


def test_when_airflow_stops_answering_its_own_last_error_is_shown(house, monkeypatch, capsys):
    log = house.var / "logs" / "services" / "api-server.log"
    log.parent.mkdir(parents=True)
    log.write_text(
        "OSError: of an earlier request\n"
        "2026-11-25T03:15:35Z [error ] request failed\nTraceback (most recent call last):\n"
        "    return timedelta(seconds=x)\nTypeError: unsupported type for timedelta seconds component: dict\n"
        "2026-11-25T03:15:36Z [info ] request finished\n"
    )
    answer = httpx.Response(500, request=httpx.Request("POST", "http://127.0.0.1/clear"))
    error = httpx.HTTPStatusError("Server error '500'", request=answer.request, response=answer)

    def run_night(*_):
        raise error

    write_world(house, World(Parameters(400, 7, date(2026, 3, 15)), date(2026, 3, 15)))
    monkeypatch.setattr(bring_up, "running", lambda _: services.Services(house, 1, ""))
    monkeypatch.setattr(bring_up, "refuse_other_world", lambda *_: None)
    monkeypatch.setattr(nightly, "run_night", run_night)
    assert nightly.main(["--date", "2026-03-15"]) == 2
    assert "Its last error: TypeError: unsupported type for timedelta" in capsys.readouterr().err


def test_a_night_ends_when_a_service_has_ended_and_not_when_its_time_is_up(house, monkeypatch):
    api = SimpleNamespace(await_dags=lambda _: None, runs=lambda _: [], run=lambda *_: "run")
    monkeypatch.setattr(services.Services, "api", lambda _: api)
    (house.var / "airflow").mkdir(parents=True)
    ended = subprocess.Popen([sys.executable, "-c", "# airflow"])
    ended.wait()
    (house.var / "airflow" / "pids.json").write_text(f"[{ended.pid}]")
    with pytest.raises(services.ServiceFailed, match="Airflow's api-server has ended"):
        nightly.run_night(services.Services(house, 1, ""), date(2026, 3, 15), lambda _: None)


@pytest.mark.parametrize("value", ["0", "-1", "two"])
def test_a_number_of_nights_is_a_number(house, value, capsys):
    with pytest.raises(SystemExit) as ended:
        nightly.main([f"--nights={value}"])
    assert ended.value.code == 2
    assert "from 1 on" in capsys.readouterr().err
