"""What landing needs: an HTTP API of one's own, and a new installation."""

from tests.unit.sources.conftest import api, settings

__all__ = ["api", "settings"]
