# One image for every service: Airflow's own, and the sandbox company beside them.
FROM python:3.11.13-slim-bookworm

ENV UV_PYTHON_DOWNLOADS=never \
    PYTHONUNBUFFERED=1 \
    PATH=/opt/venv/bin:$PATH

# What changes seldom comes first: the locked environment is one cached layer.
COPY requirements.lock /opt/requirements.lock
RUN pip install --no-cache-dir uv==0.13.9 \
    && uv venv /opt/venv --python "$(command -v python3)" \
    && uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes --compile-bytecode \
       /opt/requirements.lock \
    && rm /opt/requirements.lock

RUN useradd --create-home --uid 50000 omnichannel \
    && install --directory --mode 0700 --owner omnichannel /opt/omnichannel/var
WORKDIR /opt/omnichannel
COPY include include
COPY plugins plugins
COPY dags dags
COPY dbt_project dbt_project

# State lies in /opt/omnichannel/var, which is a volume; the code is read only.
USER omnichannel
ENV AIRFLOW_HOME=/opt/omnichannel/var/airflow \
    PYTHONPATH=/opt/omnichannel:/opt/omnichannel/plugins \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/omnichannel/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/omnichannel/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    GX_ANALYTICS_ENABLED=false \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false
CMD ["airflow", "version"]
