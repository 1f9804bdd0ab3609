"""What the base models need to know of each stream's contract, as a variable of every dbt run."""

from typing import Any

from include.channels import Stream, load_channels

PERSONAL = ("id", "email", "phone", "name")  # kinds of columns in which systems write placeholders


def contract_columns() -> dict[str, dict[str, dict[str, Any]]]:
    """Channel → stream → its columns by what is done with them.

    `values`: columns that may be null and name a person (`pii` id, email, phone or name), with that kind;
    `moments` and `days`: columns that say when something happened; `birth_dates`: those among them.
    """
    return {
        channel.name: {stream.name: _of(stream) for stream in channel.streams.values()}
        for channel in load_channels().values()
    }


def _of(stream: Stream) -> dict[str, Any]:
    columns = stream.columns.values()
    happened = [column for column in columns if column.happened]
    return {
        "values": {c.name: c.pii for c in columns if c.pii in PERSONAL and not c.required},
        "moments": [c.name for c in happened if c.type == "timestamp"],
        "days": [c.name for c in happened if c.type == "date" and c.pii != "birth_date"],
        "birth_dates": [c.name for c in happened if c.pii == "birth_date"],
    }
