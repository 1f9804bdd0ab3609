"""Write so that a crash leaves the old or the new, never half of either."""

import ctypes
import os
import shutil
import sys
from pathlib import Path

from include.failpoints import failpoint

_FICLONE = 0x40049409


def fsync_file(path: Path) -> None:
    """Force one file's bytes to disk."""
    _fsync(path, os.O_RDONLY)


def fsync_folder(path: Path) -> None:
    """Force a folder's names to disk: without it, a rename can be forgotten by a power cut."""
    _fsync(path, os.O_RDONLY | os.O_DIRECTORY)


def _fsync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str, name: str) -> None:
    """Replace a small text file atomically. `name` is the failpoint's: `<name>.before_write` and so on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    failpoint(f"{name}.before_write")
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    fsync_file(temporary)
    failpoint(f"{name}.before_rename")
    temporary.replace(path)
    fsync_folder(path.parent)
    failpoint(f"{name}.after_rename")


def copy_file(source: Path, target: Path, name: str) -> None:
    """Copy a file atomically, sharing blocks where the file system can. `name` as in `write_text`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    failpoint(f"{name}.before_write")
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    if not _clone(source, temporary):
        shutil.copyfile(source, temporary)
    fsync_file(temporary)
    failpoint(f"{name}.before_rename")
    temporary.replace(target)
    fsync_folder(target.parent)
    failpoint(f"{name}.after_rename")


def _clone(source: Path, target: Path) -> bool:
    """Try a copy-on-write clone; only some Linux file systems have it."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    with source.open("rb") as old, target.open("wb") as new:
        return bool(libc.ioctl(new.fileno(), _FICLONE, old.fileno()) == 0)
