"""The services of a house: what each is called, how it is run, and how many tasks of a kind run at once."""

from collections.abc import Iterator, Sequence

SERVICES = ("api-server", "dag-processor", "scheduler", "triggerer")
POOLS = {"sources": 3, "warehouse": 1, "destinations": 2}

# LocalExecutor forks its workers off the scheduler and each task off a worker: what is imported
# before the fork, no task imports again (Great Expectations alone takes 3 s of CPU). Only libraries:
# the project's own code must be read anew by every task.
PRELOADED = "great_expectations,pyarrow.parquet,alembic.command,s3fs,paramiko,psycopg,duckdb"
PRELOAD_AND_RUN = (
    "import importlib, runpy, sys; [importlib.import_module(m) for m in sys.argv.pop(1).split(',')]; "
    "runpy.run_module('airflow', run_name='__main__', alter_sys=True)"
)


def name_of(command: Sequence[str]) -> str:
    """Which of the services a command runs."""
    return next(word for word in command if word in SERVICES)


def commands() -> Iterator[list[str]]:
    """Arguments that Python is run with, one list a service. None of them serves its logs over a port."""
    yield ["-m", "airflow", "api-server", "--workers", "1"]
    yield ["-m", "airflow", "dag-processor"]
    yield ["-c", PRELOAD_AND_RUN, PRELOADED, "scheduler", "--skip-serve-logs"]
    yield ["-m", "airflow", "triggerer", "--skip-serve-logs"]
