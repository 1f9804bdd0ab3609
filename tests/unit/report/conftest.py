"""A night's figures to tell, and a way to change some of them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NIGHT = json.loads((Path(__file__).parent / "night.json").read_text(encoding="utf-8"))


@pytest.fixture
def night() -> Callable[..., dict[str, Any]]:
    """The night of the fixture file, with top-level parts replaced."""

    def build(**parts: Any) -> dict[str, Any]:
        return copy.deepcopy(NIGHT) | parts

    return build
