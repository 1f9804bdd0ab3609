#!/bin/bash
# Two databases, each with an owner of its own who may touch no other: Airflow's metadata, and the ledger.
# The postgres image runs this once, when its volume is new.
set -euo pipefail
: "${AIRFLOW_DATABASE_PASSWORD:?is empty: fill in .env}" "${LEDGER_DATABASE_PASSWORD:?is empty: fill in .env}"

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
