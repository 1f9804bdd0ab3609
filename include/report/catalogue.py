"""What the repository says about its audiences, journeys and brand: the words of the report.

Everything here is optional to the report: a missing description leaves a gap, never an error.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from include.channels import load_channels
from include.destinations import load_destinations
from include.settings import ROOT

MODELS = ROOT / "dbt_project" / "models"
BRAND = ROOT / "include" / "brand.yml"
HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Catalogue:
    """Descriptions of audiences and journey steps by model name without prefix, titles, the brand."""

    audiences: Mapping[str, str] = field(default_factory=dict)
    journeys: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    destinations: Mapping[str, str] = field(default_factory=dict)
    brand: str = "Omnichannel"
    colours: Mapping[str, str] = field(default_factory=dict)


def load_catalogue(models: Path = MODELS, brand: Path = BRAND) -> Catalogue:
    """Read the descriptions that analysts and marketing keep beside their models."""
    spoken = _yaml(brand)
    return Catalogue(
        audiences=dict(_described(models / "audiences", "aud_")),
        journeys=dict(_described(models / "journeys", "jny_")),
        channels={channel.name: channel.title for channel in load_channels().values()},
        destinations={name: vendor.title for name, vendor in load_destinations().items()},
        brand=str(spoken.get("name") or "Omnichannel"),
        colours=_colours(spoken),
    )


def audience_names(models: Path = MODELS) -> list[str]:
    """Every audience that the repository declares, the empty ones too."""
    return [path.stem.removeprefix("aud_") for path in sorted((models / "audiences").glob("**/aud_*.sql"))]


def _described(folder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("**/*.yml")):
        for model in _yaml(path).get("models") or []:
            if str(model.get("name", "")).startswith(prefix):
                yield model["name"].removeprefix(prefix), " ".join((model.get("description") or "").split())


def _colours(brand: Mapping[str, Any]) -> dict[str, str]:
    """Colours by name; what is not a plain #rrggbb never reaches the style sheet."""
    colours = brand.get("colours") or brand.get("colors") or {}
    return {k: v for k, v in colours.items() if isinstance(v, str) and HEX.fullmatch(v)}


def _yaml(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content if isinstance(content, dict) else {}
