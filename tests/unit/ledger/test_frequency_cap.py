"""The cap is said in one place: what decides by it and what asks it again read the same numbers."""

from dataclasses import replace

import pytest

from include.errors import FixDeclaration
from include.ledger import claims
from include.ledger.messages import plan
from include.policies import SEED, load_policies
from tests.fixtures.published import decision, publish
from tests.unit.ledger.conftest import D, states
from tests.unit.ledger.test_dispatch import ANA, publish_welcomes, send


@pytest.mark.parametrize("most", [1, 4])
def test_the_cap_that_is_asked_again_is_the_one_that_decisions_go_by(settings, smtp, monkeypatch, most):
    policies = replace(load_policies(), cap_messages=most)
    monkeypatch.setattr(claims, "load_policies", lambda: policies)
    rows = [decision(ANA, D, trigger=f"order-{n}") for n in range(5)]
    publish(settings, D, dim_contact_points=[ANA], fct_message_decisions=rows)
    plan(settings, D)
    assert send(settings, smtp) == {"confirmed": most, "suppressed:frequency_cap": 5 - most}


def test_with_a_wrong_cap_nothing_is_claimed(settings, smtp, monkeypatch, tmp_path):
    wrong = tmp_path / "contact_policies.csv"
    wrong.write_text(SEED.read_text().replace("frequency_cap_days,7,", "frequency_cap_days,a week,"))
    monkeypatch.setattr(load_policies, "__defaults__", (wrong,))
    publish_welcomes(settings, ANA)
    plan(settings, D)
    with pytest.raises(FixDeclaration, match=r"contact_policies\.csv, line 4: frequency_cap_days"):
        send(settings, smtp)
    assert states(settings) == {"ana": "planned"}
    assert smtp.ids == []
