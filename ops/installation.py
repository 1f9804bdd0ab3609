"""One installation of Airflow under `var/airflow`: its home, its secrets, and what its processes are told."""

import base64
import json
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from include import durable
from include.settings import ROOT, Settings

METADATA = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
CONNECT_ARGS = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS"


def home(settings: Settings) -> Path:
    """Airflow's home: metadata database, logs, secrets of this installation."""
    return settings.var / "airflow"


def environment(settings: Settings, port: int) -> dict[str, str]:
    """Environment of every Airflow process of this installation.

    Where Airflow's metadata lies is for the caller's environment to say; a SQLite file if it says nothing.
    """
    folder = home(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    airflow = {
        "CORE__DAGS_FOLDER": ROOT / "dags",
        "CORE__PLUGINS_FOLDER": ROOT / "plugins",
        "CORE__LOAD_EXAMPLES": False,
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": 4,
        "CORE__MAX_ACTIVE_TASKS_PER_DAG": 4,
        "CORE__DEFAULT_TIMEZONE": settings.time_zone,
        "CORE__FERNET_KEY": _secret(folder / "fernet.key", fernet_key),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": folder / "passwords.json",
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "API__HOST": "127.0.0.1",
        "API__PORT": port,
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__ENABLE_SWAGGER_UI": False,  # its scripts come from elsewhere; /openapi.json stays
        "API__SECRET_KEY": _secret(folder / "api.key"),
        "API_AUTH__JWT_SECRET": _secret(folder / "jwt.key"),
        "LOGGING__BASE_LOG_FOLDER": settings.var / "logs" / "airflow",
        "LOGGING__NAMESPACE_LEVELS": "great_expectations=ERROR",
        # Task logs are open to others else, whatever the umask.
        "LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "DAG_PROCESSOR__REFRESH_INTERVAL": 30,
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 30,
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.1,
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": 1,
        # What a crash left running starts again within a minute: a scheduler takes over a dead one's
        # tasks only at this check, by default every five minutes.
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": 20,
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": 60,
        "SCHEDULER__ENABLE_HEALTH_CHECK": False,
        # A task outlives some minutes without an API server; by default half a minute.
        "WORKERS__EXECUTION_API_RETRIES": 10,
        "USAGE_DATA_COLLECTION__ENABLED": False,
    }
    return (
        _metadata(folder)
        | os.environ
        | {f"AIRFLOW__{name}": str(value) for name, value in airflow.items()}
        | {
            "AIRFLOW_HOME": str(folder),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")]),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "OMNI_VAR": str(settings.var),
            "OMNI_CLOCK": settings.clock,
            "OMNI_SCHEDULES": str(settings.schedules),
            "OMNI_FIRST_NIGHT": str(settings.first_night or ""),
            "OMNI_RETRY_SECONDS": str(settings.retry_seconds),
            "OMNI_UNSUBSCRIBE_SECRET": _secret(folder / "unsubscribe.key"),
            "GX_ANALYTICS_ENABLED": "false",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        | _sandbox_connections(settings)
    )


def _metadata(folder: Path) -> dict[str, str]:
    """Where Airflow's metadata lies unless the caller's environment says so, and how SQLite is opened."""
    url = os.environ.get(METADATA) or f"sqlite:///{folder / 'airflow.db'}"
    return {METADATA: url} | ({CONNECT_ARGS: "ops.metadata.CONNECT_ARGS"} if url.startswith("sqlite") else {})


def password(settings: Settings) -> str:
    """Password of the user `admin`, made once."""
    path = home(settings) / "passwords.json"
    if not path.exists() or not path.stat().st_size:  # release 0.2 could leave it empty in a crash
        durable.write_text(path, json.dumps({"admin": secrets.token_urlsafe(12)}), mode=0o600)
    return str(json.loads(path.read_text())["admin"])


def long_secret() -> str:
    """A new secret that signs."""
    return secrets.token_urlsafe(64)


def fernet_key() -> str:
    """A new key that encrypts connections kept in the metadata database, in Fernet's form."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _secret(path: Path, make: Callable[[], str] = long_secret) -> str:
    """A secret of this installation, made once and readable by its owner only."""
    if not path.exists() or not path.stat().st_size:
        durable.write_text(path, make(), mode=0o600)
    return path.read_text()


def _sandbox_connections(settings: Settings) -> dict[str, str]:
    path = settings.sandbox / "connections.json"
    declared = json.loads(path.read_text()) if path.exists() else {}
    return {f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(values) for conn_id, values in declared.items()}
