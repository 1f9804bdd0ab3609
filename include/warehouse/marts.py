"""Which models are published, and how: read from `config.meta.published` beside the models.

```yaml
config: {meta: {published: {key: [customer_id]}}}
config: {meta: {published: {key: [interaction_key], partition_by: month}}}
```
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from include.errors import FixDeclaration
from include.warehouse.listed import MODELS


@dataclass(frozen=True)
class Mart:
    """A published model: its unique `key`, in whose order rows are written; the column that splits it."""

    name: str
    key: tuple[str, ...]
    partition_by: str | None = None


@lru_cache
def load_marts(models: Path = MODELS) -> tuple[Mart, ...]:
    """Every published model, by name.

    Raises:
        FixDeclaration: a declaration is malformed, doubled, or there is none at all.
    """
    marts = [_mart(path, model) for path in sorted(models.rglob("*.yml")) for model in _published(path)]
    names = [mart.name for mart in marts]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise FixDeclaration(f"{models}: published twice: {', '.join(doubled)}")
    if not marts:
        raise FixDeclaration(f"{models}: no model declares `config.meta.published`")
    return tuple(sorted(marts, key=lambda mart: mart.name))


def _published(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    if "published:" not in text:
        return []
    models = (yaml.load(text, Loader=_LOADER) or {}).get("models") or []
    return [model for model in models if "published" in _meta(model)]


def _meta(model: dict[str, Any]) -> dict[str, Any]:
    return (model.get("config") or {}).get("meta") or {}


def _mart(path: Path, model: dict[str, Any]) -> Mart:
    declared = _meta(model)["published"]
    place = f"{path.relative_to(path.parents[2])}: model {model.get('name')}"
    if not isinstance(declared, dict) or not isinstance(declared.get("key"), list) or not declared["key"]:
        raise FixDeclaration(f"{place}: `published` needs `key: [column, …]`")
    unknown = sorted(set(declared) - {"key", "partition_by"})
    if unknown:
        raise FixDeclaration(f"{place}: `published` knows key and partition_by, not {', '.join(unknown)}")
    return Mart(model["name"], tuple(declared["key"]), declared.get("partition_by"))


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
