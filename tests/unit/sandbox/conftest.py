"""The channel systems over a hand-made world, started once for all tests of this room."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from include import sandbox
from include.settings import Settings
from tests.unit.sandbox.servers_world import FIRST, lay_down


@dataclass(frozen=True)
class Servers:
    """A running sandbox and how to reach it."""

    settings: Settings
    connections: dict[str, dict[str, Any]]

    def get(self, path: str, token: str | None = None, **query: Any) -> httpx.Response:
        """GET from one of the HTTP systems, with its token unless another is given."""
        known = self.connections[f"{path.strip('/').split('/')[0]}_api"]
        headers = {"Authorization": f"Bearer {token if token is not None else known['password']}"}
        url = f"http://{known['host']}:{known['port']}{path}"
        return httpx.get(url, params=query, headers=headers, timeout=30)

    def received(self, system: str) -> list[dict[str, Any]]:
        """Lines of a receiving system's log."""
        path = self.settings.sandbox / "received" / f"{system}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def connect(settings: Settings) -> Servers:
    """Read what the running sandbox says of itself."""
    return Servers(settings, json.loads((settings.sandbox / "connections.json").read_text()))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Running systems of the hand-made world on its first day."""
    settings = Settings(var=tmp_path_factory.mktemp("servers") / "var", clock="sandbox")
    lay_down(settings.sandbox)
    sandbox.start(settings, people=40, seed=3, first_date=FIRST)
    yield connect(settings)
    sandbox.stop(settings)


@pytest.fixture
def faults(servers: Servers) -> Iterator[Any]:
    """Sets a fault for one test: `faults("shop", "http_500")`."""
    yield lambda system, kind, **values: sandbox.set_fault(servers.settings, system, kind, **values)
    sandbox.clear_faults(servers.settings)
