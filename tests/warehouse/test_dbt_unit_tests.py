"""The models' own unit tests, run once on a warehouse without a row, and the rules that YAML must keep."""

import json
from datetime import date
from functools import cache

import pytest

from include.declarations import read_document
from include.ledger.history import snapshot
from include.settings import Settings
from include.warehouse.candidate import candidate_file, open_candidate, variables_file
from include.warehouse.dbt import run_dbt
from include.warehouse.listed import MODELS, listed_models
from include.warehouse.marts import load_marts

DAY = date(2026, 3, 15)
DECIDING = ["int_messages__judged", "int_messages__told", "fct_message_decisions", "fct_identity_changes"]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What became of every node, by name, when the whole project was built on an empty lake."""
    settings = Settings(var=tmp_path_factory.mktemp("empty") / "var", clock="sandbox")
    open_candidate(settings, DAY)
    snapshot(settings, before=DAY)
    variables = json.loads(variables_file(settings).read_text())
    arguments = ["build", "--quiet", "--exclude-resource-type", "test"]
    _, nodes = run_dbt(settings, arguments, candidate_file(settings), variables)
    return {node["unique_id"]: node["status"] for node in nodes}


@cache
def declared():
    """Every file of declarations beside the models, with what it says."""
    return [(path, read_document(path).value or {}) for path in sorted(MODELS.rglob("*.yml"))]


def test_every_unit_test_passes(results):
    unit_tests = {name: status for name, status in results.items() if name.startswith("unit_test.")}
    written = [test["name"] for _, content in declared() for test in content.get("unit_tests", [])]
    assert len(unit_tests) == len(written) > 20
    assert {name: status for name, status in unit_tests.items() if status != "pass"} == {}


def test_every_model_builds_on_a_lake_without_a_row(results):
    assert {name: s for name, s in results.items() if s not in ("success", "pass", "no-op")} == {}


def test_everything_that_decides_has_a_unit_test():
    tested = {test["model"] for _, content in declared() for test in content.get("unit_tests", [])}
    assert tested >= {*DECIDING, *listed_models()["audiences"], *listed_models()["journeys"]}


def test_every_reason_to_refuse_is_met_in_a_unit_test():
    text = (MODELS / "journeys" / "_messages__models.yml").read_text()
    seed = (MODELS.parent / "seeds" / "policies" / "decision_reasons.csv").read_text().splitlines()[1:]
    reasons = [line.split(",")[0] for line in seed if line.split(",")[2] == "decision"]
    assert len(reasons) == 7
    assert [reason for reason in reasons if f"reason: {reason}" not in text] == []


def test_every_audience_has_a_description_a_contract_and_a_sync():
    audiences = listed_models()["audiences"]
    assert len(audiences) >= 6
    for name in audiences:
        content = read_document(MODELS / "audiences" / f"{name}.yml").value
        (model,) = content["models"]
        assert "?" in model["description"], name
        assert model["config"]["contract"]["enforced"], name
        assert content["exposures"], name
        for exposure in content["exposures"]:
            assert exposure["depends_on"] == [f"ref('{name}')"]


def test_everything_published_keeps_a_contract_and_knows_its_key():
    models = {m["name"]: m for _, content in declared() for m in content.get("models", [])}
    for mart in load_marts():
        columns = [column["name"] for column in models[mart.name]["columns"]]
        assert models[mart.name]["config"]["contract"]["enforced"], mart.name
        assert set(mart.key) <= set(columns), mart.name
    assert len(load_marts()) >= 15
