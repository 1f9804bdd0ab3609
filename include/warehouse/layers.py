"""Build the candidate layer by layer: each a `dbt build` of its models and data tests.

What became of every model and test is kept under `var/warehouse/results/<date>/<layer>.json`, for the audit
and the report. It names models and tests and counts rows; values of rows stay in the warehouse.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from include import durable
from include.errors import CheckFailed
from include.settings import Settings
from include.warehouse.candidate import candidate_file, variables_file
from include.warehouse.dbt import run_dbt

LAYERS = ("staging", "identity", "profile", "audiences", "journeys", "measurement")
_BAD = {"error", "fail", "runtime error"}


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test. `failures`: rows that broke a test, None for a model."""

    name: str
    resource_type: str
    status: str
    failures: int | None
    seconds: float


@dataclass(frozen=True)
class LayerResult:
    """What became of one layer. `counts`: nodes by status (success, pass, warn, fail, error, skipped)."""

    layer: str
    business_date: date
    counts: dict[str, int]
    nodes: tuple[NodeResult, ...]

    @property
    def broken(self) -> tuple[NodeResult, ...]:
        """Models that did not build and critical tests that failed."""
        return tuple(node for node in self.nodes if node.status in _BAD)


def run_layer(settings: Settings, layer: str, business_date: date) -> LayerResult:
    """Build and test one layer on the candidate that was opened for `business_date`.

    Raises:
        CheckFailed: a model or a critical test failed, or the candidate is another date's; the message
            names them and says what to do.
        ValueError: there is no such layer.
    """
    if layer not in LAYERS:
        raise ValueError(f"no layer is called {layer!r}: {', '.join(LAYERS)}")
    variables = _variables(settings, business_date)
    arguments = ["build", "--selector", layer, "--exclude-resource-type", "unit_test"]
    exit_code, nodes = run_dbt(settings, arguments, candidate_file(settings), variables)
    result = _result(layer, business_date, nodes)
    _keep(settings, result)
    if result.broken:
        raise CheckFailed(_say(result))
    if exit_code:
        raise CheckFailed(
            f"dbt ended with {exit_code} in layer {layer} though nothing failed: see the lines above"
        )
    return result


def results_file(settings: Settings, business_date: date, layer: str) -> Path:
    """Where the results of one layer are kept."""
    return settings.warehouse / "results" / str(business_date) / f"{layer}.json"


def read_layer(settings: Settings, business_date: date, layer: str) -> LayerResult | None:
    """The kept results of one layer; None if it was not built for that date."""
    path = results_file(settings, business_date, layer)
    if not path.exists():
        return None
    kept = json.loads(path.read_text())
    nodes = tuple(NodeResult(**node) for node in kept["nodes"])
    return LayerResult(kept["layer"], date.fromisoformat(kept["business_date"]), kept["counts"], nodes)


def _variables(settings: Settings, business_date: date) -> dict[str, Any]:
    path = variables_file(settings)
    variables: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    is_there = candidate_file(settings).exists()  # a withdrawal takes it away, and leaves the variables
    if not is_there or variables.get("business_date") != str(business_date):
        found = variables.get("business_date", "none") if is_there else "none"
        raise CheckFailed(
            f"the candidate is opened for {found}, not {business_date}: clear open_candidate first"
        )
    return variables


def _result(layer: str, business_date: date, nodes: Sequence[Mapping[str, Any]]) -> LayerResult:
    results = sorted((_node(node) for node in nodes), key=lambda node: node.name)
    counts = dict(sorted(Counter(node.status for node in results).items()))
    return LayerResult(layer, business_date, counts, tuple(results))


def _node(node: Mapping[str, Any]) -> NodeResult:
    kind, _, name = str(node["unique_id"]).split(".", 2)
    seconds = round(float(node["execution_time"]), 3)
    return NodeResult(name.split(".")[0], kind, str(node["status"]), node.get("failures"), seconds)


def _keep(settings: Settings, result: LayerResult) -> None:
    path = results_file(settings, result.business_date, result.layer)
    text = json.dumps(asdict(result), default=str, indent=1)
    durable.write_text(path, text + "\n", "results")


def _say(result: LayerResult) -> str:
    broken = [_in_words(node) for node in result.broken]
    lines = [
        f"layer {result.layer} of {result.business_date}: {len(broken)} failed: {'; '.join(broken)}",
        "The log above names each file. Correct the model or its source, then clear open_candidate onward.",
    ]
    return "\n".join(lines)


def _in_words(node: NodeResult) -> str:
    rows = f", {node.failures} rows" if node.failures else ""
    return f"{node.resource_type} {node.name} ({node.status}{rows})"
