"""Write so that a crash leaves the old or the new, never half of either."""

import ctypes
import os
import shutil
import sys
from pathlib import Path

from include.failpoints import failpoint

_FICLONE = 0x40049409


def sync(path: Path) -> None:
    """Force a file's bytes to disk, or a folder's names: else a power cut can forget a rename."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str, name: str = "", mode: int = 0o600) -> None:
    """Replace a small text file atomically.

    `name` is the failpoint's: `<name>.before_write` and so on; none where no drill kills. `mode`: who may
    read it from the first byte on, less the umask.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _point(name, "before_write")
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    sync(temporary)
    _point(name, "before_rename")
    temporary.replace(path)
    sync(path.parent)
    _point(name, "after_rename")


def copy_file(source: Path, target: Path, name: str) -> None:
    """Copy a file atomically, sharing blocks where the file system can. `name` as in `write_text`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    failpoint(f"{name}.before_write")
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    if not _clone(source, temporary):
        shutil.copyfile(source, temporary)
    sync(temporary)
    failpoint(f"{name}.before_rename")
    temporary.replace(target)
    sync(target.parent)
    failpoint(f"{name}.after_rename")


def _point(name: str, where: str) -> None:
    if name:
        failpoint(f"{name}.{where}")


def _clone(source: Path, target: Path) -> bool:
    """Try a copy-on-write clone; only some Linux file systems have it."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    with source.open("rb") as old, target.open("wb") as new:
        return bool(libc.ioctl(new.fileno(), _FICLONE, old.fileno()) == 0)
