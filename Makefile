# Every command a person needs. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The first Python 3.11–3.13 on the path; override with PYTHON=/path/to/python.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
UV := .venv/.uv/bin/uv
RUN := PYTHONPATH=.:plugins .venv/bin/python
INSTALLED := .venv/.installed

export UV_PYTHON_DOWNLOADS := never
export GX_ANALYTICS_ENABLED := false
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install nightly up down airflow test drill lint format build score lock

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(INSTALLED) ## install everything into .venv (the other commands do it when needed)

$(INSTALLED): requirements.lock requirements.uv.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found. Set PYTHON=/path/to/python." >&2; exit 2; }
	@test ! -L .venv || { echo ".venv is a link: installing would empty what it points to. Remove the link." >&2; exit 2; }
	$(PYTHON) -m venv --clear .venv
	$(PYTHON) -m venv .venv/.uv
	.venv/.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.uv.txt
	$(UV) pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
	@touch $@

nightly: $(INSTALLED) ## run a whole night: DATE= NIGHTS= PEOPLE= SEED= ORDERS=
	@$(RUN) -m ops.nightly $(if $(DATE),--date $(DATE)) $(if $(NIGHTS),--nights $(NIGHTS)) \
		$(if $(PEOPLE),--people $(PEOPLE)) $(if $(SEED),--seed $(SEED)) $(if $(ORDERS),--orders $(ORDERS))

up: $(INSTALLED) ## keep Airflow and the sandbox running, nights by schedule: DATE= SCHEDULES=off PORT=8080 PEOPLE= SEED=
	@$(RUN) -m ops.up up $(if $(PORT),--port $(PORT)) $(if $(DATE),--date $(DATE)) \
		$(if $(SCHEDULES),--schedules $(SCHEDULES)) $(if $(PEOPLE),--people $(PEOPLE)) $(if $(SEED),--seed $(SEED))

down: $(INSTALLED) ## stop what `make up` started
	@$(RUN) -m ops.up down

airflow: $(INSTALLED) ## Airflow's own command line on what `make up` started: CMD='backfill create ...'
	@$(RUN) -m ops.cli $(CMD)

test: $(INSTALLED) ## run every test (ARGS= goes to pytest)
	$(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

drill: $(INSTALLED) ## break whole nights on purpose: kills, poisoned input (about half an hour)
	$(RUN) -m pytest tests/drills $(ARGS)

lint: $(INSTALLED) ## check style, types and SQL
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	$(RUN) -m mypy
	.venv/bin/yamllint --strict .
	$(RUN) -m ops.lint_sql

format: $(INSTALLED) ## put the code into the house's style
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

build: $(INSTALLED) ## rebuild and test dbt models on a copy: SELECT=model+
	@$(RUN) -m include.warehouse $(if $(SELECT),--select '$(SELECT)')

score: $(INSTALLED) ## score the last night against the sandbox's known truth, as var/score.json
	@$(RUN) -m ops.score

lock: $(INSTALLED) ## resolve requirements.lock anew after a change to pyproject.toml
	$(UV) lock
	$(UV) export --quiet --frozen --no-header --all-groups --no-emit-project -o requirements.lock
