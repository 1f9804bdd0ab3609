"""What only scoring may know: hidden traits, and whose each record is."""

import numpy as np
import pyarrow as pa

from include.sandbox.world import traits
from include.sandbox.world.calendar import to_date
from include.sandbox.world.identifiers import codes
from include.sandbox.world.people import People
from include.sandbox.world.population import NEVER
from include.sandbox.world.spec import Array, Rows, texts
from include.sandbox.world.tables import stack

PLAIN_TRAITS = (
    "person_id country time_zone language gender first_name last_name new_last_name"
    " email second_email family_email phone new_phone home_phone"
    " purchase_rate spend_level price_sensitivity session_rate open_probability click_probability"
    " unsubscribe_probability complaint_probability bearable_messages_a_week message_effect"
)
DATED_TRAITS = {
    "joined_on": "joined", "dropped_out_on": "dropped_out_day", "moved_on": "move_day",
    "new_phone_on": "phone_day", "new_surname_on": "surname_day", "birth_date": "birth_day",
}  # fmt: skip


def traits_of(people: People, who: Array) -> pa.Table:
    """Hidden traits of `who`, a row each: what scoring may know and no channel shows."""
    p = {name: values[who] for name, values in people.persons.items()}
    hours = np.stack(
        [p[n] for n in ("peak_hour", "second_hour", "second_share", "peak_width", "weekend_hour")], 1
    )
    table = {name: pa.array(p[name]) for name in PLAIN_TRAITS.split()}
    table |= {name: pa.array([to_date(d) if d < NEVER else None for d in p[src]], pa.date32())
              for name, src in DATED_TRAITS.items()}  # fmt: skip
    return pa.table(table | {
        "household_id": codes("H", p["household"], 8),
        "buying_channel": traits.buying_channel(p), "web_share": traits.share_on_web(p),
        "browsing_device": people.devices["device_type"][people.first_device[who]],
        "taste": pa.array(list(people.taste[who].round(6)), pa.list_(pa.float64())),
        "hours": pa.array(list(hours.round(4)), pa.list_(pa.float64())),
        "has_card": p["card_day"] < NEVER, "has_account": p["account_day"] < NEVER,
        "has_newsletter": p["newsletter_day"] < NEVER, "bounces": p["bounces"],
    })  # fmt: skip


def records(people: People, known: dict[tuple[str, str], Rows]) -> pa.Table:
    """channel, stream, record_key, person_id: one row a record."""
    parts = []
    for (channel, stream), rows in known.items():
        ids = rows["person_id"] if "person_id" in rows else people.persons["person_id"][rows["person"]]
        key, at = np.unique(rows["record_key"].astype(str), return_index=True)
        named = {"channel": texts([channel] * len(key)), "stream": texts([stream] * len(key))}
        parts.append(named | {"record_key": key.astype(object), "person_id": ids[at]})
    return pa.table({name: pa.array(values, pa.string()) for name, values in stack(parts).items()})
