"""What of requirements.lock goes into the image: all but the tools of development and what only they need.

`python image_requirements.py pyproject.toml requirements.lock`: the lock's entries, hashes included. Of each
entry the lock says by whom it is needed (`# via`); what `pyproject.toml` names outside the group `dev` is the
root.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

WITHOUT = {"dev"}
NAME = re.compile(r"^([A-Za-z0-9][\w.-]*)")
VIA = re.compile(r"^    # (?: |via )+([\w.-]+)", re.MULTILINE)


def needed(project: Mapping[str, Any], lock: str) -> list[str]:
    """The entries of the lock that the image needs, in the lock's order.

    Raises:
        SystemExit: the project names what the lock does not hold.
    """
    found = list(entries(lock))
    roots = set(_roots(project))
    if missing := roots - {name for name, _ in found}:
        raise SystemExit(f"requirements.lock lacks {', '.join(sorted(missing))}: make lock")
    taken, before = roots, set[str]()
    while taken != before:
        before = taken
        taken = before | {name for name, text in found if before & set(VIA.findall(text))}
    return [text for name, text in found if name in taken]


def entries(lock: str) -> Iterator[tuple[str, str]]:
    """Each entry of a lock: name, and its lines."""
    for text in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE):
        if name := NAME.match(text):
            yield _canonical(name[1]), text


def _roots(project: Mapping[str, Any]) -> Iterator[str]:
    groups = project.get("dependency-groups", {})
    lists = [project["project"]["dependencies"], *(groups[name] for name in groups if name not in WITHOUT)]
    for requirement in (one for some in lists for one in some):
        if name := NAME.match(requirement):
            yield _canonical(name[1])


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    project_file, lock_file = map(Path, sys.argv[1:])
    declared = tomllib.loads(project_file.read_text(encoding="utf-8"))
    sys.stdout.writelines(needed(declared, lock_file.read_text(encoding="utf-8")))
