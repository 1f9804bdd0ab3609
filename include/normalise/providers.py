"""What mail providers do with addresses: the seed email_domains.csv, which analysts edit, read once."""

import csv
from functools import cache
from pathlib import Path

from include.errors import FixDeclaration
from include.normalise.emails import mailbox

SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "identity" / "email_domains.csv"


def provider_mailbox(address: str) -> str:
    """The mailbox behind a normalised address, as its provider delivers (see `emails.mailbox`)."""
    aliases, ignoring_dots = domains()
    return mailbox(address, aliases, ignoring_dots)


@cache
def domains() -> tuple[dict[str, str], frozenset[str]]:
    """Each domain's main one, where it is another; and the main ones that ignore dots.

    Raises:
        FixDeclaration: a line of the seed is not complete, or its main domain is itself another's alias.
    """
    with SEED.open(encoding="utf-8", newline="") as file:
        lines = {row["email_domain"]: row for row in csv.DictReader(file)}
    for number, (domain, row) in enumerate(lines.items(), start=2):
        main = row["mailbox_domain"]
        is_alias = main in lines and lines[main]["mailbox_domain"] != main
        if not main or is_alias or row["ignores_dots"] not in ("true", "false"):
            raise FixDeclaration(
                f"{SEED.name}, line {number} ({domain}): needs a main domain, and true or false"
            )
    aliases = {domain: row["mailbox_domain"] for domain, row in lines.items()}
    return aliases, frozenset(r["mailbox_domain"] for r in lines.values() if r["ignores_dots"] == "true")
