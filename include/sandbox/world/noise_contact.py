"""E-mail addresses and telephone numbers as systems hold them, and values that are nobody's."""

import re

import numpy as np

from include.sandbox.world.countries import COUNTRIES
from include.sandbox.world.mail_names import ALIASES
from include.sandbox.world.spec import Array

SECOND_USED, FAMILY_MAIL, FAMILY_DEVICE, HOME_PHONE_USED = 0.35, 0.03, 0.06, 0.40
TAG, CAPITALS, BLANKS = 0.07, 0.12, 0.08
# The world's rates are of all addresses; only about six in ten have a provider with several spellings,
# and somewhat under half are at Gmail.
SPELLED, GOOGLEMAIL = 0.15 / 0.57, 0.03 / 0.44
TAGS = ("shop", "news", "promo", "web", "orders", "spam")
NOREPLY, NONE_MAIL, COMPANY_MAIL = 0.006, 0.003, 0.007
ZEROS, COUNTING = 0.004, 0.002
COMPANY_SIZE = 60


def spell_mail(addresses: Array, draw: np.random.Generator) -> Array:
    """Addresses in the spellings people use: dots, aliases of the provider, tags, capitals, stray blanks."""
    n = len(addresses)
    chance, way = draw.random((5, n)), draw.random(n)
    limits = np.array([SPELLED, GOOGLEMAIL, TAG, CAPITALS, BLANKS])[:, None]
    touched, out = chance < limits, addresses.copy()
    for i in np.flatnonzero(touched.any(axis=0)):
        if out[i] is not None:
            out[i] = _spelled(out[i], touched[:, i].tolist(), float(way[i]))
    return out


def _spelled(address: str, touched: list[bool], way: float) -> str:
    local, _, domain = address.partition("@")
    is_spelled, is_googlemail, has_tag, has_capitals, has_blanks = touched
    if is_spelled and domain == "gmail.com":
        at = 1 + int(way * (len(local) - 2))
        local = local.replace(".", "") if "." in local else f"{local[:at]}.{local[at:]}"
    elif is_spelled and domain in ALIASES:
        domain = ALIASES[domain][int(way * 2)]
    if is_googlemail and domain == "gmail.com":
        domain = "googlemail.com"
    if has_tag:
        local = f"{local}+{TAGS[int(way * len(TAGS))]}"
    address = f"{local}@{domain}"
    if has_capitals:
        address = address.upper() if way < 0.3 else address[0].upper() + address[1:]
        address = address if address != address.lower() else address.upper()
    if has_blanks:
        address = f" {address}" if way < 0.3 else f"{address} " if way < 0.8 else f" {address} "
    return address


def spell_phones(numbers: Array, countries: Array, draw: np.random.Generator) -> Array:
    """E.164 numbers in six formats: national and international, trunk zero or not, punctuation or not."""
    way, out = draw.integers(0, 6, len(numbers)).tolist(), numbers.copy()
    for i in range(len(out)):
        if out[i] is not None:
            out[i] = _dialled(out[i], countries[i], way[i])
    return out


def _dialled(number: str, iso: str, way: int) -> str:
    country = COUNTRIES[iso]
    code, own = country.calling_code, number[1 + len(country.calling_code) :]
    trunk = country.trunk
    a, b, c = own[:3], own[3:6], own[6:]
    if way == 0:
        return number
    if way == 1:
        return f"+{code} {a} {b} {c}".rstrip()
    if way == 2:
        return f"00{code}{own}"
    if way == 3:
        return f"{trunk}{own}"
    if way == 4:
        return f"({trunk}{a}) {b}-{c}" if trunk != "1" else f"({a}) {b}-{c}"
    return f"+{code} ({trunk}){own}" if trunk == "0" else f"{a}.{b}.{c}"


def blur_mail(addresses: Array, who: Array, draw: np.random.Generator, is_store: bool) -> Array:
    """Some records carry an address that is nobody's (`noreply@`, `none@none.com`) or a whole company's."""
    chance, out = draw.random(len(addresses)), addresses.copy()
    start = 0.0
    kinds = (("noreply", NOREPLY if is_store else 0.0), ("none", NONE_MAIL), ("info", COMPANY_MAIL))
    for kind, share in kinds:
        for i in np.flatnonzero((chance >= start) & (chance < start + share)):
            out[i] = _nobody(kind, int(who[i]))
        start += share
    return out


def _nobody(kind: str, who: int) -> str:
    if kind == "none":
        return "none@none.com"
    return "noreply@stores.example" if kind == "noreply" else f"info@firm{who // COMPANY_SIZE:04d}.example"


def blur_phones(numbers: Array, draw: np.random.Generator) -> Array:
    """Some records carry a number that is nobody's."""
    chance = draw.random(len(numbers))
    out = numbers.copy()
    out[chance < ZEROS] = "0000000000"
    out[(chance >= ZEROS) & (chance < ZEROS + COUNTING)] = "1234567890"
    return out


def is_nobodys(address: str | None) -> bool:
    """Whether an address is one of the placeholders: no mailbox a person reads."""
    return bool(address) and bool(re.match(r"(noreply|none|info\d*)@", str(address)))
