"""What is kept under `var` is for the user who runs the house: rows of persons, mails, secrets, logs."""

import os
import stat
from pathlib import Path

OTHERS = 0o077
ROOT = 0


def keep_private() -> None:
    """Let all that this process and its children create from now on be for its user alone."""
    os.umask(OTHERS)


def make_private(folder: Path) -> int:
    """Take what exists below `folder` from other users; how many files and folders were open to them.

    Links are not followed. What belongs to somebody else is left: it is theirs. As root, PostgreSQL of the
    sandbox runs as a user of its own, who must be able to walk (not read) down to its folder.
    """
    if not folder.is_dir():
        return 0
    walks = 0o011 if os.geteuid() == ROOT else 0
    found = [folder, *(Path(at, name) for at, folders, files in os.walk(folder) for name in folders + files)]
    return sum(_close(path, walks) for path in found)


def _close(path: Path, walks: int) -> bool:
    try:
        about = path.lstat()
        open_to_others = about.st_mode & OTHERS & ~(walks if stat.S_ISDIR(about.st_mode) else 0)
        if stat.S_ISLNK(about.st_mode) or about.st_uid != os.geteuid() or not open_to_others:
            return False
        path.chmod(stat.S_IMODE(about.st_mode) & ~open_to_others)
    except FileNotFoundError:  # what runs beside us has taken it away
        return False
    return True
