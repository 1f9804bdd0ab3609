"""Syncs are declared as exposures beside their audience; a wrong one is named by file, line and field."""

import pytest

from include.errors import FixDeclaration
from include.ledger import exposures
from include.ledger.exposures import find_sync, load_syncs
from tests.unit.ledger.audiences import EXPOSURE, SYNC


def test_every_exposure_of_the_project_is_a_sync():
    folder = exposures.AUDIENCES
    count = sum(
        path.read_text().count("\n  - name: ")
        for path in folder.glob("*.yml")
        if "exposures:" in path.read_text()
    )
    syncs = load_syncs(folder)
    assert 6 <= len(syncs) <= count
    assert {sync.conn_id for sync in syncs} == {"mailhouse_sftp", "meta_ads"}
    assert {sync.layout for sync in syncs} == {"machine", "spreadsheet", "hashed"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "destination: mailhouse, layout: machine",
            "destination: mailhaus, layout: machine",
            "no destination mailhaus",
        ),
        (
            "destination: mailhouse, layout: machine",
            "destination: email_relay, layout: machine",
            "takes audiences",
        ),
        ("layout: machine", "layout: pdf", "line 10: exposures.0.config.meta.layout"),
        ("layout: machine", "layuot: machine", "did you mean layout"),
        ("contact_point: email", "contact_point: fax", "contact_point"),
        ("[ref('aud_lapsed_buyers')]", "[ref('dim_customers')]", "line 8: exposures.0.depends_on"),
        ("name: lapsed_buyers_to_people", f"name: {SYNC}", "line 11: exposures.1.name: .* twice"),
        ("    owner: {name: CRM team, email: crm@example.com}\n", "", "owner: Field required"),
    ],
)
def test_a_wrong_exposure_is_named_by_file_line_and_field(audiences, old, new, said):
    path = audiences / "aud_lapsed_buyers.yml"
    path.write_text(EXPOSURE.replace(old, new, 1))
    with pytest.raises(FixDeclaration, match=said) as caught:
        load_syncs(audiences)
    assert str(caught.value).startswith("aud_lapsed_buyers.yml, line ")


def test_an_unknown_sync_is_named():
    with pytest.raises(FixDeclaration, match="no exposure nothing"):
        find_sync("nothing")
