"""Which channel gives which canonical shape: `vars.channels` of `dbt_project.yml`, and whether it is so."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path

from include.channels import load_channels
from include.declarations import Document, read_document
from include.errors import FixDeclaration
from include.settings import ROOT

PROJECT = ROOT / "dbt_project"
SHAPES = (
    *("records", "identifiers", "orders", "order_lines", "interactions", "consents", "preferences"),
    *("memberships", "returns", "carts", "message_events"),
)
NOT_CHANNELS = {"ledger", "night"}  # folders of models/staging/ that read what the platform itself wrote


def load_shapes(
    project: Path = PROJECT, declared: Collection[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Channel → the shapes it gives. `declared`: names of the channels there are, those of include/channels.

    Raises:
        FixDeclaration: a channel is declared and not listed, or the reverse; a shape is unknown, or has no
            model; models of a channel that is gone are left. Names file and line, all that is wrong at once.
    """
    document = read_document(project / "dbt_project.yml")
    listed = ((document.value or {}).get("vars") or {}).get("channels")
    if not isinstance(listed, dict):
        raise FixDeclaration(f"{document.at(('vars', 'channels'))}: a mapping of channels to their shapes")
    names = load_channels() if declared is None else declared
    broken = [*_unlisted(document, listed, names), *_left(project, listed, names)]
    for channel, shapes in listed.items():
        broken += _channel(document, project, str(channel), shapes, names)
    if broken:
        raise FixDeclaration("\n".join(broken))
    return {channel: tuple(shapes) for channel, shapes in listed.items()}


def absent_shapes(project: Path = PROJECT, declared: Collection[str] | None = None) -> tuple[str, ...]:
    """Shapes that no channel gives: what rests on them is empty. See `load_shapes`.

    Raises:
        FixDeclaration: a channel is declared and not listed, or the reverse.
    """
    given = {shape for shapes in load_shapes(project, declared).values() for shape in shapes}
    return tuple(shape for shape in SHAPES if shape not in given)


def _unlisted(document: Document, listed: Collection[str], names: Collection[str]) -> Iterator[str]:
    for name in names:
        if name not in listed:
            yield (
                f"{document.at(('vars', 'channels'))}: there is include/channels/{name}.yml, and {name} is "
                "not listed here: add it with its shapes, or delete that file"
            )


def _left(project: Path, listed: Collection[str], names: Collection[str]) -> Iterator[str]:
    """Staging models of a channel that is neither declared nor listed would read inputs that never come."""
    folders = {path.parent.name for path in project.glob("models/staging/*/*.sql")}
    for name in sorted(folders - NOT_CHANNELS - {*listed, *names}):
        yield f"dbt_project/models/staging/{name}: there is no channel {name}: delete the folder too"


def _channel(
    document: Document, project: Path, channel: str, shapes: object, names: Collection[str]
) -> Iterator[str]:
    place = ("vars", "channels", channel)
    if channel not in names:
        yield f"{document.at(place)}: there is no include/channels/{channel}.yml: add it, or remove this line"
    if not isinstance(shapes, list) or not all(isinstance(shape, str) for shape in shapes):
        yield f"{document.at(place)}: a list of shapes, of {', '.join(SHAPES)}"
        return
    for shape in shapes:
        if shape not in SHAPES:
            near = get_close_matches(shape, SHAPES, n=1)
            hint = f" (did you mean {near[0]}?)" if near else f"; there are {', '.join(SHAPES)}"
            yield f"{document.at(place)}: no shape is called {shape!r}{hint}"
    for shape in SHAPES:
        model = f"models/staging/{channel}/stg_{channel}__{shape}.sql"
        if (shape in shapes) != (project / model).exists():
            said = "there is no" if shape in shapes else f"{shape} is missing here, though there is"
            yield f"{document.at(place)}: {said} dbt_project/{model}"
