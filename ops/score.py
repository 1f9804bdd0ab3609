"""`make score`: hold the last published version against the sandbox's known truth."""

import json
import sys

import pyarrow.parquet as pq

from include import settings
from include.identity.addresses import score_addresses
from include.identity.score import score
from include.warehouse.published import current, read_mart


def main() -> int:
    """Write `var/score.json` and print it; 2 when there is nothing to score yet."""
    house = settings.load_for_command()
    version, truth = current(house), house.sandbox / "truth" / "records.parquet"
    if version is None or not truth.exists():
        print("Nothing to score yet: run `make nightly` first.", file=sys.stderr)
        return 2
    records, whose = read_mart(version, "customer_records"), pq.read_table(truth)
    points = read_mart(version, "dim_contact_points")
    people = pq.read_table(truth.with_name("people.parquet"))
    scores = {
        "version": version.name,
        "identity": score(records, whose),
        "addresses": score_addresses(records, points, whose, people),
    }
    text = json.dumps(scores, indent=2, sort_keys=True)
    (house.var / "score.json").write_text(text + "\n")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
