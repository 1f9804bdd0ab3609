#!/bin/bash
# Two databases, each with an owner of its own who may touch no other: Airflow's metadata, and the ledger.
# The postgres image runs this once, when its volume is new.
set -euo pipefail

# The owner's is judged here alone: no other service has it. How the others are made is judged by
# include/strength.py before any service starts.
for password in "$POSTGRES_PASSWORD" "$AIRFLOW_DATABASE_PASSWORD" "$LEDGER_DATABASE_PASSWORD"; do
    test "${#password}" -ge 16 || { echo "a password of PostgreSQL is shorter than 16: see .env.example" >&2; exit 2; }
done
test "$(printf '%s\n' "$POSTGRES_PASSWORD" "$AIRFLOW_DATABASE_PASSWORD" "$LEDGER_DATABASE_PASSWORD" | sort -u | wc -l)" -eq 3 \
    || { echo "two passwords of PostgreSQL are the same: see .env.example" >&2; exit 2; }

create() { # name, password
    psql --username postgres --dbname postgres --quiet --no-psqlrc \
        --set ON_ERROR_STOP=1 --set name="$1" --set password="$2" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke connect, temporary on database :"name" from public;
SQL
}

create airflow "$AIRFLOW_DATABASE_PASSWORD"
create ledger "$LEDGER_DATABASE_PASSWORD"
