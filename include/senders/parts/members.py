"""Members of an audience as a destination is told of them."""

import json
from dataclasses import dataclass, field

from include.keyed import HashKeys


@dataclass(frozen=True)
class Member:
    """What to do with whom, and by which identifiers. Removals need none.

    `identifiers`: (contact channel, address), the one to use first; telephone numbers in E.164.
    """

    operation: str
    customer_id: str
    identifiers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    name: str = field(default="", repr=False)

    @property
    def identifier_type(self) -> str:
        """Contact channel of the first identifier; `none` without one."""
        return self.identifiers[0][0] if self.identifiers else "none"

    @property
    def identifier(self) -> str:
        """The first identifier; empty without one."""
        return self.identifiers[0][1] if self.identifiers else ""


def payload_hash(member: Member, layout: str, keys: HashKeys) -> str:
    """What the destination gets of a member, hashed for the ledger: the diff compares these."""
    told = [member.customer_id, *(part for identifier in member.identifiers for part in identifier)]
    if layout == "spreadsheet":
        told.append(member.name)
    return keys.keyed(json.dumps(told))
