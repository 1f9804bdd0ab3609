"""Drills: whole nights with something broken on purpose. `make drill` runs them; they take long."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.night import House


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house after one good night, never touched again: copy it."""
    house = House(tmp_path_factory.mktemp("undisturbed") / "var")
    code, out = house.night()
    assert code == 0, out
    return house


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[House], House]:
    """A copy of a house, to be disturbed."""

    def copy(house: House) -> House:
        shutil.copytree(house.var, tmp_path / "var", symlinks=True)
        return House(tmp_path / "var", house.people, house.seed)

    return copy
