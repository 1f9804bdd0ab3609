"""The one file that Airflow loads as a plugin."""

from airflow.plugins_manager import AirflowPlugin

from omnichannel.deadline import RunQueued
from omnichannel.timetable import BusinessNights


class OmnichannelPlugin(AirflowPlugin):
    """Names the plugin; what else it offers is imported by the DAGs from the package `omnichannel`."""

    name = "omnichannel"
    # Airflow declares these as lists of the class
    timetables = [BusinessNights]  # noqa: RUF012
    deadline_references = [RunQueued]  # noqa: RUF012
