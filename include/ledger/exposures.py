"""Syncs: one audience to one destination, declared as a dbt exposure beside the audience's model."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from include.declarations import Declaration, Document, Place, read_document, validate
from include.destinations import ContactPoint, Destination, Guards, Layout, load_destinations
from include.errors import FixDeclaration
from include.settings import ROOT

AUDIENCES = ROOT / "dbt_project" / "models" / "audiences"
REF = re.compile(r"ref\(\s*['\"]aud_([a-z0-9_]+)['\"]\s*\)")


@dataclass(frozen=True)
class Sync:
    """What goes where, in which form, to whom and for what purpose.

    `is_retired`: nobody is wanted any more; whom the destination holds is removed, once a person says yes.
    """

    name: str
    audience: str
    destination: Destination
    layout: str
    contact_point: str
    purpose: str
    guards: Guards
    is_retired: bool = False

    @property
    def conn_id(self) -> str:
        """The connection that its destination needs."""
        return self.destination.connection


class _Owner(BaseModel):
    name: str
    email: str | None = None


class _Meta(Declaration):
    """`config.meta` of an exposure. `layout`: the destination's first, if not said; `guards`: what differs
    from the destination's; `retired`: empty it at the destination."""

    destination: str
    layout: Layout | None = None
    contact_point: ContactPoint
    purpose: Literal["marketing", "service"]
    guards: Guards = Guards()
    retired: bool = False


class _Config(BaseModel):
    meta: _Meta


class _Exposure(BaseModel):
    """An exposure as far as we read it; dbt checks the rest."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(pattern=r"^[a-z0-9_]{1,100}$")
    type: Literal["application"]
    owner: _Owner
    depends_on: list[str] = Field(min_length=1)
    config: _Config


def load_syncs(folder: Path = AUDIENCES) -> list[Sync]:
    """All syncs, by name.

    Raises:
        FixDeclaration: an exposure is wrong, saying file, line and field; or two have one name.
    """
    destinations = load_destinations()
    found: dict[str, Sync] = {}
    for path in sorted(folder.glob("*.yml")):
        document = read_document(path)
        exposures = document.value.get("exposures") if isinstance(document.value, dict) else None
        for number in range(len(exposures or [])):
            sync = _read(document, ("exposures", number), destinations)
            if sync.name in found:
                raise FixDeclaration(
                    f"{document.at(('exposures', number, 'name'))}: {sync.name} is there twice"
                )
            found[sync.name] = sync
    return [found[name] for name in sorted(found)]


def find_sync(name: str, folder: Path = AUDIENCES) -> Sync:
    """One sync.

    Raises:
        FixDeclaration: there is none of that name.
    """
    for sync in load_syncs(folder):
        if sync.name == name:
            return sync
    raise FixDeclaration(f"no exposure {name} in {folder.name}/*.yml")


def _read(document: Document, place: Place, destinations: dict[str, Destination]) -> Sync:
    exposure = validate(document, _Exposure, place)
    meta = exposure.config.meta
    audiences = [found.group(1) for ref in exposure.depends_on if (found := REF.fullmatch(ref.strip()))]
    destination = destinations.get(meta.destination)
    at_meta: Place = (*place, "config", "meta")
    _insist(len(audiences) == 1, document, (*place, "depends_on"), "must be one ref('aud_<audience>')")
    _insist(
        destination is not None and destination.carries == "audiences",
        document,
        (*at_meta, "destination"),
        f"no destination {meta.destination} takes audiences; there are "
        + ", ".join(d.name for d in destinations.values() if d.carries == "audiences"),
    )
    assert destination is not None
    layout = meta.layout or destination.layouts[0]
    for field, value, allowed in (
        ("layout", layout, destination.layouts),
        ("contact_point", meta.contact_point, destination.contact_points),
    ):
        said = f"{destination.name} does not take {value}, but {', '.join(allowed)}"
        _insist(value in allowed, document, (*at_meta, field), said)
    guards = destination.guards.model_copy(update=meta.guards.model_dump(exclude_unset=True))
    told = (layout, meta.contact_point, meta.purpose)
    return Sync(exposure.name, audiences[0], destination, *told, guards, meta.retired)


def _insist(is_so: Any, document: Document, place: Place, said: str) -> None:
    if not is_so:
        raise FixDeclaration(f"{document.at(place)}: {said}")
