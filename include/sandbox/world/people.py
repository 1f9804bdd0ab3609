"""The population of a world: everybody's truth, column by column, and where they can be found."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from include.sandbox.world import identifiers, population, traits
from include.sandbox.world.identifiers import codes
from include.sandbox.world.mail_names import distinct, mailbox
from include.sandbox.world.noise_contact import FAMILY_DEVICE, FAMILY_MAIL, SECOND_USED, spell_mail
from include.sandbox.world.population import NEVER, Cohort
from include.sandbox.world.spec import Array, Rows, WorldSpec, given, only, rng, scatter
from include.sandbox.world.tables import stack


@dataclass(frozen=True)
class People:
    """Cohorts 0 … `cohorts` - 1. `persons` has a row each; `taste` their liking of each category.

    `devices` are sorted by person; `accounts`: person, account_id, day, email, device, one row an account.
    """

    cohorts: int
    persons: Rows
    taste: Array
    devices: Rows
    accounts: Rows

    def __len__(self) -> int:
        return len(self.persons["joined"])

    @cached_property
    def first_device(self) -> Array:
        """Row in `devices` of each person's first device."""
        return np.searchsorted(self.devices["person"], np.arange(len(self)))

    @cached_property
    def device_count(self) -> Array:
        """How many devices each person has."""
        return np.bincount(self.devices["person"], minlength=len(self))

    @cached_property
    def liking(self) -> Array:
        """Everybody's cumulated taste in one rising line: person i's forty steps lie between i and i + 1."""
        steps = np.cumsum(self.taste, axis=1)
        steps /= steps[:, -1:]
        return np.asarray((steps + np.arange(len(self))[:, None]).reshape(-1))

    @cached_property
    def by_mailbox(self) -> dict[str, int]:
        """Person by mailbox (see `mail_names.mailbox`); a family's mailbox is read by its first member."""
        found: dict[str, int] = {}
        for column in ("email", "second_email", "family_email"):
            for i, address in enumerate(self.persons[column].tolist()):
                if address is not None:
                    found.setdefault(mailbox(address), i)
        return found

    def address_of(self, who: Array, draw: np.random.Generator) -> Array:
        """The e-mail address each of `who` gives: first, second, or the family's; well spelled."""
        persons = self.persons
        second = (draw.random(len(who)) < SECOND_USED) & given(persons["second_email"][who])
        family = (draw.random(len(who)) < FAMILY_MAIL) & given(persons["family_email"][who])
        chosen = np.where(second, persons["second_email"][who], persons["email"][who])
        return np.where(family, persons["family_email"][who], chosen)

    def device_of(self, who: Array, draw: np.random.Generator) -> Rows:
        """Device type, device and cookie each of `who` uses; now and then the family's (`is_family`)."""
        n = len(who)
        count, favourite = self.device_count[who], draw.random(n) < 0.6
        other = (draw.random(n) * count).astype(np.int64)
        at = self.first_device[who] + np.where(favourite, 0, other)
        used = {name: self.devices[name][at] for name in ("device_type", "device_id", "cookie_id")}
        family = (draw.random(n) < FAMILY_DEVICE) & (self.persons["household_size"][who] > 1)
        home = self.persons["household"][who].tolist()
        shared = np.flatnonzero(family)
        used["device_id"][shared] = [f"dfam{home[i]:08d}" for i in shared]
        used["cookie_id"][shared] = [f"ck-fam{home[i]:08d}" for i in shared]
        return used | {"is_family": family}


def grow(spec: WorldSpec, count: int, first: Callable[[], Cohort] | None = None) -> People:
    """The first `count` cohorts. `first` makes cohort 0 another way (a replayed transaction file)."""
    rows: list[Rows] = []
    mails: list[Array] = []
    devices: list[Rows] = []
    tastes: list[Array] = []
    base, numbers, own_ids = 0, dict[str, int](), None
    for which in range(count):
        group = first() if first and which == 0 else population.cohort(spec, which, base)
        persons, mail = _cohort(spec, group, numbers)
        rows.append(persons)
        mails.append(mail)
        devices.append(identifiers.devices(spec, group, sum(len(d["person"]) for d in devices)))
        tastes.append(traits.tastes(spec, group))
        base += group.size
        own_ids = group.account_ids if which == 0 else own_ids
    persons = stack(rows) | _mailboxes(mails)
    people = People(count, persons, np.concatenate(tastes), stack(devices), {})
    return _enrol(spec, people, [len(mail) for mail in mails], own_ids)


def _enrol(spec: WorldSpec, people: People, sizes: list[int], own_ids: Array | None) -> People:
    """The people with their web accounts and subscriptions; `own_ids` of the first accounts, if given."""
    persons, accounts = people.persons, _accounts(spec, people, sizes)
    persons["newsletter_email"] = _newsletter_mail(spec, people, sizes)
    if own_ids is not None:
        accounts["account_id"][: len(own_ids)] = own_ids
    return People(people.cohorts, persons, people.taste, people.devices, accounts)


def _cohort(spec: WorldSpec, group: Cohort, numbers: dict[str, int]) -> tuple[Rows, Array]:
    homes = population.households(spec, group)
    called = population.call(spec, group, homes)
    member = identifiers.memberships(spec, group)
    persons = homes | called | population.addresses(spec, group, homes) | {"joined": group.joined}
    persons |= population.telephones(spec, group, homes, numbers)
    persons |= identifiers.cards(spec, group, homes, member) | member
    persons |= traits.buying(spec, group) | traits.timing(spec, group) | traits.responding(spec, group)
    at = group.base + np.arange(group.size)
    persons["cohort"] = np.full(group.size, group.number)
    persons["person_id"] = codes("P", scatter(at, 10**8, spec.seed, "person"), 8)
    return persons, identifiers.mail_addresses(spec, group, homes, called)


def _mailboxes(mails: list[Array]) -> Rows:
    """Distinct addresses; a household's members keep sharing the family's."""
    wanted = np.concatenate([mail.reshape(-1) for mail in mails])
    filled = np.flatnonzero(given(wanted))
    shared = np.array([i % 3 == 2 and i > 2 and wanted[i] is wanted[i - 3] for i in filled.tolist()], bool)
    out = wanted.copy()
    out[filled[~shared]] = distinct(wanted[filled[~shared]])
    for i in filled[shared]:
        out[i] = out[i - 3]
    columns = out.reshape(-1, 3)
    return {"email": columns[:, 0], "second_email": columns[:, 1], "family_email": columns[:, 2]}


def _accounts(spec: WorldSpec, people: People, sizes: list[int]) -> Rows:
    """Web accounts; what a person typed when opening one stays with it."""
    parts, start = [], 0
    for which, size in enumerate(sizes):
        draw, who = rng(spec.seed, "accounts", which), start + np.arange(size)
        days = np.stack(
            [people.persons["account_day"][who], people.persons["second_account_day"][who]], axis=1
        )
        at, turn = np.nonzero(days < NEVER)
        owner = who[at]
        device = people.device_of(owner, draw)
        parts.append({
            "person": owner, "day": days[at, turn],
            "account_id": codes("A", scatter(owner * 2 + turn, 10**8, spec.seed, "account"), 8),
            "email": spell_mail(people.address_of(owner, draw), draw),
            "device_id": only(draw.random(len(at)) < 0.5, device["device_id"]),
            "cookie_id": device["cookie_id"],
        })  # fmt: skip
        start += size
    return stack(parts)


def _newsletter_mail(spec: WorldSpec, people: People, sizes: list[int]) -> Array:
    """The address as typed when subscribing."""
    parts = []
    for which, size in enumerate(sizes):
        draw, who = rng(spec.seed, "newsletter mail", which), sum(sizes[:which]) + np.arange(size)
        parts.append(spell_mail(people.address_of(who, draw), draw))
    return np.concatenate(parts)
