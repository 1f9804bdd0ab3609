"""An HTTP API of one's own, and settings of an installation that lives as long as one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.settings import Settings
from tests.unit.sources.api import Api, running


@pytest.fixture
def api() -> Iterator[Api]:
    """A well-behaved API without rows."""
    with running() as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A new installation."""
    return Settings(var=tmp_path / "var")
