"""E-mail addresses: local parts from names, providers by country; never one address for two people."""

import re

import numpy as np
import pandas as pd

from include.sandbox.world.names import latin, plain
from include.sandbox.world.spec import Array, texts

# providers and weights; those with several spellings of one mailbox are in ALIASES
PROVIDERS = {
    "": "gmail.com:46 icloud.com:9 proton.me:3 outlook.com:8 hotmail.com:8 yahoo.com:9",
    "GB": "btinternet.com:5 sky.com:3", "US": "aol.com:4 comcast.net:4",
    "FR": "orange.fr:7 free.fr:5 laposte.net:4",
    "DE": "web.de:8 gmx.de:8 t-online.de:5", "RU": "yandex.ru:26 mail.ru:18", "KZ": "yandex.ru:20 mail.ru:20",
    "IT": "libero.it:8", "PL": "wp.pl:9", "BR": "uol.com.br:5",
}  # fmt: skip
ALIASES = {"icloud.com": ("me.com", "mac.com"), "proton.me": ("protonmail.com", "pm.me"),
           "yandex.ru": ("ya.ru", "yandex.com")}  # fmt: skip
CANONICAL = {alias: domain for domain, names in ALIASES.items() for alias in names} | {
    "googlemail.com": "gmail.com"
}


def mailbox(address: str) -> str:
    """The mailbox an address reaches, however it is written (case, blanks, tag, dots, provider spelling)."""
    local, _, domain = address.strip().lower().partition("@")
    domain = CANONICAL.get(domain, domain)
    local = local.partition("+")[0]
    return f"{local.replace('.', '') if domain == 'gmail.com' else local}@{domain}"


def draw_addresses(
    draw: np.random.Generator, first: Array, last: Array, countries: Array, years: Array
) -> Array:
    """One address a person. Not yet unique: see `distinct`."""
    style, domains = draw.integers(0, 6, len(first)), _domains(draw, countries)
    out: list[str] = []
    for f, s, n, y, domain in zip(first, last, style.tolist(), years.tolist(), domains, strict=True):
        a, b, yy = _letters(f), _letters(s), f"{y % 100:02d}"
        local = (f"{a}.{b}", f"{a}{b}", f"{a[0]}.{b}{yy}", f"{b}.{a[0]}", f"{a}.{b}{yy}", f"{a}_{b}")[n]
        out.append(f"{local}@{domain}")
    return texts(out)


def distinct(addresses: Array) -> Array:
    """The addresses, a number added where an earlier one reaches the same mailbox."""
    boxes = pd.Series([mailbox(address) for address in addresses], dtype=object)
    again = boxes.groupby(boxes).cumcount().to_numpy()
    out = addresses.copy()
    for i in np.flatnonzero(again):
        local, _, domain = out[i].partition("@")
        out[i] = f"{local}{again[i] + 99}@{domain}"
    return out


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", plain(latin(name)).lower()) or "me"


def _domains(draw: np.random.Generator, countries: Array) -> Array:
    out, chance = np.empty(len(countries), object), draw.random(len(countries))
    for country in sorted(set(countries.tolist())):
        pairs = [p.split(":") for p in f"{PROVIDERS['']} {PROVIDERS.get(country, '')}".split()]
        cumulated = np.cumsum([float(weight) for _, weight in pairs])
        mask = countries == country
        at = np.searchsorted(cumulated / cumulated[-1], chance[mask])
        out[mask] = np.array([name for name, _ in pairs], object)[np.minimum(at, len(pairs) - 1)]
    return out
