"""The known-truth company's world: people, what they do, and what each system remembers of it.

`build_history(spec)` gives the year up to `spec.first_date`; `build_day(spec, people, day, messages)` one
later day; `email_response(…)` what a recipient does to one accepted e-mail. Tables are
`{(channel, stream): pyarrow.Table}`: the source's columns as the source holds them (timestamps UTC, money
as text for HTTP systems and decimal for SQL, dates of birth as text, JSON as text), then

- `_visible_at`: from when the source shows this version of the row (also its `updated_at`, if it has one);
- `_copies`: how often the source sends it (1 or 2);
- `_broken`: null, or the kind of breakage already applied (`missing_key`, `missing_value`, `bad_amount`,
  `bad_date`).

One key may have several versions: the newest visible one counts. A version of an order goes with, for each
of its line numbers, the newest line whose `_visible_at` is not later.
"""

from include.sandbox.world.build import build_day, build_history, build_people, email_response
from include.sandbox.world.replay import first_date_of
from include.sandbox.world.spec import World, WorldSpec

__all__ = [
    "World",
    "WorldSpec",
    "build_day",
    "build_history",
    "build_people",
    "email_response",
    "first_date_of",
]
