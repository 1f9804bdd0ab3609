# One image for every service: Airflow's own, and the sandbox company beside them.
# By tag, or by digest where you say so: see "Pin images" in docs/how-to/deploy-upgrade-and-back-up.md.
ARG PYTHON_IMAGE=python:3.11.13-slim-bookworm
FROM ${PYTHON_IMAGE}

ENV UV_PYTHON_DOWNLOADS=never \
    PYTHONUNBUFFERED=1 \
    PATH=/opt/venv/bin:$PATH

# What changes seldom comes first: the locked environment is one cached layer, without tools of development.
COPY pyproject.toml requirements.lock requirements.uv.txt ops/containers/image_requirements.py /opt/locked/
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /opt/locked/requirements.uv.txt \
    && cd /opt/locked \
    && python3 image_requirements.py pyproject.toml requirements.lock > image.lock \
    && uv venv /opt/venv --python "$(command -v python3)" \
    && uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes --compile-bytecode image.lock \
    && pip uninstall --yes uv \
    && rm -r /opt/locked

RUN useradd --create-home --uid 50000 omnichannel \
    && install --directory --mode 0700 --owner omnichannel \
       /opt/omnichannel/var /opt/omnichannel/var/logs /opt/omnichannel/airflow
WORKDIR /opt/omnichannel
COPY include include
COPY plugins plugins
COPY dags dags
COPY dbt_project dbt_project

# State lies in /opt/omnichannel/var, which is a volume; the code is read only. What is written is for this
# user alone.
USER omnichannel
ENV AIRFLOW_HOME=/opt/omnichannel/airflow \
    PYTHONPATH=/opt/omnichannel:/opt/omnichannel/plugins \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/omnichannel/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/omnichannel/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    GX_ANALYTICS_ENABLED=false \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false
ENTRYPOINT ["/bin/sh", "-c", "umask 077 && exec \"$@\"", "--"]
CMD ["airflow", "version"]
