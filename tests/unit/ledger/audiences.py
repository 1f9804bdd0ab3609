"""An audience of the tests, its two syncs to the mail house, and how they are delivered and looked at."""

import csv
import io

from sqlalchemy import select

from include.ledger import exposures
from include.ledger.deliveries import apply_sync
from include.ledger.engine import open_ledger
from include.ledger.models import AudienceMember
from tests.fixtures.published import point, publish
from tests.unit.ledger.conftest import D

EXPOSURE = """
models:
  - name: aud_lapsed_buyers
exposures:
  - name: lapsed_buyers_to_mailhouse
    type: application
    owner: {name: CRM team, email: crm@example.com}
    depends_on: [ref('aud_lapsed_buyers')]
    config:
      meta: {destination: mailhouse, layout: machine, contact_point: email, purpose: marketing}
  - name: lapsed_buyers_to_people
    type: application
    owner: {name: CRM team, email: crm@example.com}
    depends_on: [ref('aud_lapsed_buyers')]
    config:
      meta: {destination: mailhouse, layout: spreadsheet, contact_point: email, purpose: marketing}
"""
SYNC = "lapsed_buyers_to_mailhouse"


def publish_audience(settings, names, business_date=D, points=None, **marts):
    rows = [{"audience": "lapsed_buyers", "customer_id": n, "entered_date": D} for n in names]
    rows.append({"audience": "another", "customer_id": "eve", "entered_date": D})
    known = [point(n, f"{n}@example.com") for n in (*names, "eve")] if points is None else points
    marts |= {"fct_audience_membership": rows, "dim_contact_points": known}
    publish(settings, business_date, **marts)


def apply(settings, sftp, business_date=D, sync=SYNC, **changed):
    return apply_sync(settings, sync, business_date, sftp.connection(**changed))


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def acknowledged(settings, sync=SYNC):
    engine = open_ledger(settings)
    with engine.connect() as db:
        found = select(AudienceMember.member).where(AudienceMember.sync == sync)
        return sorted(db.scalars(found.order_by(AudienceMember.member)))


def files(sftp):
    return {name: content for name, content in sftp.files.items() if name.endswith(".csv")}


def limit_members(monkeypatch, size, name="mailhouse"):
    real = exposures.load_destinations

    def small():
        found = real()
        limits = found[name].limits.model_copy(update={"members_per_batch": size})
        return {**found, name: found[name].model_copy(update={"limits": limits})}

    monkeypatch.setattr(exposures, "load_destinations", small)
