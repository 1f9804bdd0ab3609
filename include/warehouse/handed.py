"""What a dbt process is handed through its standard input, and nobody else sees: keys, and folders to read.

Neither the environment nor the command line holds them: a model can read the one with `env_var`, and
everybody on the machine the other. The plugin (dbt_project/plugin.py) takes them from here.
"""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from include.keyed import HashKeys


@dataclass(frozen=True)
class Handed:
    """Keys for hashes of addresses, and what SQL may read besides the warehouse file: folders and files."""

    keys: HashKeys = field(default_factory=lambda: HashKeys(()))
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As `receive` reads it."""
        keys = [key.hex() for key in self.keys.keys]
        return json.dumps({"keys": keys, "folders": self.folders, "files": self.files})


_received: list[Handed] = []


def receive() -> None:
    """Read what was handed, and close standard input: nothing later in this process finds it there."""
    given = json.loads(sys.stdin.buffer.read())
    keys = HashKeys(tuple(bytes.fromhex(key) for key in given["keys"]))
    _received.append(Handed(keys, tuple(given["folders"]), tuple(given["files"])))
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())


def handed() -> Handed | None:
    """What this process was handed; None where it was started otherwise (sqlfluff, an editor's dbt)."""
    return _received[-1] if _received else None
