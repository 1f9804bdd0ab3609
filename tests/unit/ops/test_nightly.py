"""The night's command refuses what cannot be run before it starts anything, and says what to do."""

from datetime import date

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
    monkeypatch.setattr(services, "running", lambda _: services.Services(house, 1, ""))
    assert nightly.main(["--people", "500"]) == 2
    assert "people 400 (asked: 500)" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-1", "two"])
def test_a_number_of_nights_is_a_number(house, value, capsys):
    with pytest.raises(SystemExit) as ended:
        nightly.main([f"--nights={value}"])
    assert ended.value.code == 2
    assert "from 1 on" in capsys.readouterr().err
