"""Whole nights for tests: run the real command in a folder of its own and read what it left."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from include.settings import Settings

ROOT = Path(__file__).parents[1]
FIRST = "2026-03-15"
NEXT = "2026-03-16"
THIRD = "2026-03-17"


@dataclass(frozen=True)
class House:
    """One installation under `var`, with a small made-up company."""

    var: Path
    people: int = 500
    seed: int = 7
    root: Path = ROOT  # the repository that it runs from

    @property
    def settings(self) -> Settings:
        """Settings of this installation, for talking to its sandbox."""
        return Settings(var=self.var, clock="sandbox", schedules=False)

    def start(self, day: str = FIRST, nights: int = 1, **env: str) -> subprocess.Popen[str]:
        """Start `make nightly`'s command; the caller waits."""
        command = [sys.executable, "-m", "ops.nightly", "--date", day, "--nights", str(nights)]
        command += ["--people", str(self.people), "--seed", str(self.seed)]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env={**self.environment(), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def environment(self) -> dict[str, str]:
        """What its commands are run with."""
        path = os.pathsep.join([str(self.root), str(self.root / "plugins")])
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "OMNI_"))}
        return {**clean, "PYTHONPATH": path, "OMNI_VAR": str(self.var)}

    def night(self, day: str = FIRST, nights: int = 1, **env: str) -> tuple[int, str]:
        """Run the command to its end; its exit code and what it printed."""
        process = self.start(day, nights, **env)
        out, _ = process.communicate(timeout=900)
        print(out)
        return process.returncode, out

    def summary(self, day: str = FIRST) -> dict[str, Any]:
        """The figures of a night's report."""
        return dict(json.loads((self.var / "reports" / day / "summary.json").read_text()))

    def version(self) -> str:
        """Name of the published version that readers see; empty before the first."""
        pointer = self.var / "published" / "current"
        return pointer.read_text().strip() if pointer.exists() else ""

    def published(self, version: str = "") -> dict[str, str]:
        """SHA-256 of every file of a version, by its path in it; of the current one unless named."""
        folder = self.var / "published" / (version or self.version())
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    def received(self, system: str) -> list[dict[str, Any]]:
        """What a receiving system of the sandbox accepted, by its own log."""
        path = self.var / "sandbox" / "received" / f"{system}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def receivers(self) -> dict[str, bytes]:
        """All receivers' logs as they are."""
        folder = self.var / "sandbox" / "received"
        return {p.name: p.read_bytes() for p in sorted(folder.glob("*.jsonl"))}


def listening(leaders: Iterable[int]) -> set[tuple[str, int]]:
    """Where these processes and all below them listen now: (address, port)."""
    found = set()
    for leader in leaders:
        with contextlib.suppress(psutil.Error):
            top = psutil.Process(leader)
            for process in [top, *top.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    sockets = process.net_connections("inet")
                    found |= {(s.laddr.ip, s.laddr.port) for s in sockets if s.status == psutil.CONN_LISTEN}
    return found


def open_to_others(folder: Path) -> list[Path]:
    """What others may read or write below a folder, of what belongs to us."""
    found = [folder, *folder.rglob("*")]
    mine = [path for path in found if not path.is_symlink() and path.stat().st_uid == os.geteuid()]
    assert mine
    return [
        path
        for path in mine
        if path.stat().st_mode & 0o066 or (path.is_file() and path.stat().st_mode & 0o077)
    ]
