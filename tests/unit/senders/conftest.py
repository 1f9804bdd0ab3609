"""The sandbox's ad platform for the tests of a module: without faults at the start of each."""

import pytest

from tests.fixtures.adplatform import ad_platform


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with ad_platform(tmp_path_factory.mktemp("ads")) as vendor:
        yield vendor


@pytest.fixture
def vendor(running):
    running.faults.clear()
    return running
