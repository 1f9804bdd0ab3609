"""Confine DuckDB to what a build needs: its own file, what it was given to read, and nothing else.

A model is SQL that many people write. It must not read other files or secrets, load programs, or open these
doors again: so access beyond is shut off before the first query, and the configuration is locked.
"""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

# Session settings that every run has (they were `settings` of the profile, which dbt-duckdb sets once more
# for each cursor: impossible once the configuration is locked).
SETTINGS = {
    "TimeZone": "UTC",
    "preserve_insertion_order": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
}


def confine(con: DuckDBPyConnection, folders: Sequence[str] = (), files: Sequence[str] = ()) -> None:
    """Allow the database's own file, its temporary folder, and these; lock the configuration.

    For good: no connection to this database can take it back. DuckDB cannot allow reading alone, so a
    statement that writes could write into `folders`; a model is refused any (include/warehouse/reach.py).
    """
    for name, value in SETTINGS.items():
        con.execute(f"set global {name} = '{value}'")
    con.execute("set global allowed_directories = $allowed", {"allowed": list(folders)})
    con.execute("set global allowed_paths = $allowed", {"allowed": list(files)})
    con.execute("set global enable_external_access = false")
    con.execute("set global lock_configuration = true")
