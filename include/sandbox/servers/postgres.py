"""The stores' PostgreSQL: a real server of its own under `var/sandbox/postgres`, password-checked."""

import contextlib
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from include.errors import OmniError
from include.sandbox.access import DATABASE, HOST, Doors
from include.sandbox.processes import end
from include.sandbox.servers.programs import (
    binaries,
    environment,
    give_to_system_user,
    system_user,
    user_id,
)

_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


class Postgres:
    """One server process. Its data can be made again from the world, so it does not wait for the disk."""

    def __init__(self, folder: Path, doors: Doors) -> None:
        self.folder, self._doors = folder, doors
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    def start(self) -> None:
        """Start the server, making the cluster and the reading role first if there is none.

        A cluster that does not come up, or belongs to another user (a copied folder), is made anew.

        Raises:
            OmniError: it did not come up; its log is named.
        """
        try:
            self._start()
        except OmniError:
            if self._is_closed:
                raise
            shutil.rmtree(self.folder, ignore_errors=True)
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._is_closed:
                raise OmniError("PostgreSQL is to stay down: the sandbox is stopping")
            if not self.folder.exists() or self.folder.stat().st_uid != user_id():
                self._make_cluster()
            with (self.folder.parent / "postgres.log").open("ab") as log:
                self._process = subprocess.Popen(
                    self._command(), user=system_user(), stdout=log, stderr=log,
                    stdin=subprocess.DEVNULL, env=environment(), cwd=self.folder,
                )  # fmt: skip
        self._await_answer()
        self._make_roles()

    def close(self) -> None:
        """Stop it for good: a start that is under way gives up."""
        with self._lock:
            self._is_closed = True
        self.stop()

    def stop(self) -> None:
        """Stop it (open sessions are ended) and wait."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
                return
            self._process.kill()
            self._process.wait()

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """A connection of the owner."""
        owner = self._doors["stores_owner"]
        return psycopg.connect(
            host=HOST,
            port=self._doors["stores"].port,
            user=owner.login,
            password=owner.password,
            dbname=database,
        )

    def _command(self) -> list[str]:
        settings = [part for setting in _QUICK for part in ("-c", setting)]
        port = str(self._doors["stores"].port)
        return [
            str(binaries() / "postgres"), "-D", str(self.folder), "-h", HOST, "-p", port,
            "-c", "unix_socket_directories=", *settings,
        ]  # fmt: skip

    def _make_cluster(self) -> None:
        """A new cluster under another name first, so that half of one is never taken for whole."""
        new, secret = self.folder.with_name("postgres.new"), self.folder.with_name("postgres.secret")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True, mode=0o700)
        secret.touch(mode=0o600)
        secret.write_text(self._doors["stores_owner"].password)
        give_to_system_user(new, secret)
        try:
            subprocess.run(
                [
                    str(binaries() / "initdb"), "-D", str(new), "-U", "postgres", "--encoding=UTF8",
                    "--locale=C", "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync",
                    "--no-instructions",
                ],
                user=system_user(), check=True, capture_output=True, env=environment(), cwd=new,
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            raise OmniError(f"initdb failed in {new}: {error.stderr.decode()[-500:]}") from error
        finally:
            secret.unlink()
        shutil.rmtree(self.folder, ignore_errors=True)
        new.rename(self.folder)

    def _await_answer(self) -> None:
        assert self._process is not None
        limit = time.monotonic() + 30
        while time.monotonic() < limit and self._process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError), self.connect("postgres"):
                return
            time.sleep(0.05)
        raise OmniError(f"PostgreSQL did not start: see {self.folder.parent / 'postgres.log'}")

    def _make_roles(self) -> None:
        reader = self._doors["stores"]
        with self.connect("postgres") as admin:
            admin.autocommit = True
            role, name = sql.Identifier(reader.login), sql.Identifier(DATABASE)
            if not admin.execute("select 1 from pg_roles where rolname = %s", [reader.login]).fetchone():
                admin.execute(
                    sql.SQL("create role {} login password {}").format(role, sql.Literal(reader.password))
                )
            if not admin.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                admin.execute(sql.SQL("create database {}").format(name))


def stop_leftover(folder: Path) -> None:
    """End a server that a crash left on `folder`, recognised by its command line."""
    pid_file = folder / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if str(folder) not in process.cmdline():
            pid_file.unlink()  # the number belongs to another process by now
            return
    except (OSError, ValueError, IndexError, psutil.Error):
        return
    end(process, signal.SIGINT, 10)
