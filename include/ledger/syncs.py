"""Syncs' front door: which there are, what they would change, and delivering it."""

from include.ledger.deliveries import apply_sync
from include.ledger.exposures import Sync, find_sync, load_syncs
from include.ledger.plans import plan_sync

__all__ = ["Sync", "apply_sync", "find_sync", "load_syncs", "plan_sync"]
