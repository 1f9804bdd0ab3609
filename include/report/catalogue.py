"""What the repository says about its audiences, journeys and brand: the words of the report.

A missing description leaves a gap in the report, never an error.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from include.brand import load_brand
from include.channels import load_channels
from include.destinations import load_destinations
from include.warehouse.listed import MODELS

GRAIN = re.compile(r" ?One row per [^.]*\.$")
PLAIN = {
    "primary": "#1f5c57",
    "accent": "#b4532a",
    "ink": "#1b2330",
    "muted": "#5b6472",
    "paper": "#faf8f4",
    "card": "#ffffff",
    "line": "#e4e1da",
    "tint": "#f7e6dd",
    "sand": "#d9b88a",
    "foam": "#a9c3bc",
}


@dataclass(frozen=True)
class Catalogue:
    """Descriptions of audiences and journey steps by model name without prefix, titles, the brand."""

    audiences: Mapping[str, str] = field(default_factory=dict)
    journeys: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    destinations: Mapping[str, str] = field(default_factory=dict)
    brand: str = "Omnichannel"
    colours: Mapping[str, str] = field(default_factory=lambda: dict(PLAIN))


def load_catalogue(models: Path = MODELS) -> Catalogue:
    """Read the words that analysts and marketing keep beside their models and in the brand guide.

    Raises:
        FixDeclaration: a channel, a destination or the brand guide is declared wrongly.
    """
    brand = load_brand()
    return Catalogue(
        audiences=dict(_described(models / "audiences", "aud_")),
        journeys=dict(_described(models / "journeys", "jny_")),
        channels={channel.name: channel.title for channel in load_channels().values()},
        destinations={name: vendor.title for name, vendor in load_destinations().items()},
        brand=brand.name,
        colours=brand.colours.model_dump(),
    )


def _described(folder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("**/*.yml")):
        for model in _yaml(path).get("models") or []:
            if str(model.get("name", "")).startswith(prefix):
                yield model["name"].removeprefix(prefix), _said(model.get("description") or "")


def _said(description: str) -> str:
    """A description without what is for analysts alone: its grain."""
    return GRAIN.sub("", " ".join(description.split()))


def _yaml(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content if isinstance(content, dict) else {}
