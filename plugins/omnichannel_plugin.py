"""The one file that Airflow loads as a plugin."""

from airflow.plugins_manager import AirflowPlugin


class OmnichannelPlugin(AirflowPlugin):
    """Names the plugin; what it offers is imported by the DAGs from the package `omnichannel`."""

    name = "omnichannel"
