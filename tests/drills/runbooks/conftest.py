"""Runbooks, walked: one installation from a copy of the repository, with one good night behind it."""

from collections.abc import Iterator

import pytest

from tests.breaking import copy_repository
from tests.walking import Walked


@pytest.fixture(scope="package")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """Kept up without schedules; its second and third dates have not been run."""
    folder = tmp_path_factory.mktemp("walked")
    walked = Walked(folder, 400, copy_repository(folder / "repository"))
    try:
        code, said = walked.up()
        assert code == 0, said
        code, said = walked.house.night(str(walked.nights[0]), **walked.env)
        assert code == 0, said
        yield walked
    finally:
        walked.close()


@pytest.fixture(scope="module", autouse=True)
def only_the_alerts_that_were_due(walked: Walked) -> Iterator[None]:
    """Every alert is read by a test of its module: none is sent about what is no fault."""
    yield
    assert walked.hook.unread() == []
