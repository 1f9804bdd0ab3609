"""A dbt that was killed, or that outlived its task, says nothing about models or data: it is run again."""

import subprocess
import sys
import threading
import time

import psutil
import pytest

from include.errors import RetryLater
from include.settings import Settings
from include.warehouse.dbt import run_dbt


def kill_dbt() -> None:
    """SIGKILL the dbt that this process starts, as soon as it is there."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for child in psutil.Process().children():
            if "dbt.cli.main" in " ".join(child.cmdline()):
                child.kill()
                return
        time.sleep(0.05)


def test_a_dbt_that_was_killed_is_run_again(tmp_path):
    killer = threading.Thread(target=kill_dbt)
    killer.start()
    with pytest.raises(RetryLater, match="ended by SIGKILL"):
        run_dbt(Settings(var=tmp_path), ["parse"], tmp_path / "candidate.duckdb", {})
    killer.join()


def test_a_file_that_another_process_still_writes_is_waited_for(tmp_path):
    file = tmp_path / "candidate.duckdb"
    hold = f"import duckdb; held = duckdb.connect({str(file)!r}); print('held', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RetryLater, match=f"still writes candidate.duckdb: .*PID {holder.pid}"):
            run_dbt(Settings(var=tmp_path), ["parse"], file, {})
    finally:
        holder.kill()
        holder.communicate()
