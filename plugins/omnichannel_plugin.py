"""The one file that Airflow loads as a plugin."""

from airflow.plugins_manager import AirflowPlugin

from omnichannel.access.asked import KeepRequest
from omnichannel.access.headers import SafeHeaders
from omnichannel.access.login import SlowGuesses
from omnichannel.deadline import RunQueued
from omnichannel.timetable import BusinessNights


class OmnichannelPlugin(AirflowPlugin):
    """Names the plugin; what else it offers is imported by the DAGs from the package `omnichannel`."""

    name = "omnichannel"
    # Airflow declares these as lists of the class
    timetables = [BusinessNights]  # noqa: RUF012
    deadline_references = [RunQueued]  # noqa: RUF012
    # before every page and call of the API server; the last is the first to see a request
    fastapi_root_middlewares = [  # noqa: RUF012
        {"name": "the request, for rules on it", "middleware": KeepRequest},
        {"name": "slow guesses at logins", "middleware": SlowGuesses},
        {"name": "safe headers", "middleware": SafeHeaders},
    ]
