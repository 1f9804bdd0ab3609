"""The ledger's front door: open it, show it to the warehouse, sum it up."""

from include.ledger.engine import open_ledger, writing
from include.ledger.history import snapshot, summarise_messages

__all__ = ["open_ledger", "snapshot", "summarise_messages", "writing"]
