"""The one file that Airflow loads as a plugin."""

from airflow.plugins_manager import AirflowPlugin

from omnichannel.timetable import BusinessNights


class OmnichannelPlugin(AirflowPlugin):
    """Names the plugin; what else it offers is imported by the DAGs from the package `omnichannel`."""

    name = "omnichannel"
    timetables = [BusinessNights]  # noqa: RUF012  (Airflow declares it so)
