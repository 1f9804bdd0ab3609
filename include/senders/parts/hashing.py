"""Identifiers as ad platforms compare them: normalised, then SHA-256 in lower hex.

Vendors' own kits disagree with one another, so the vendors' published examples are what counts; they are
in the tests. Accents, dots and `+tags` stay: to these platforms they are part of the address. The address is
normalised by the one rule that matching and sending have (include/normalise/emails.py).
"""

import hashlib

import phonenumbers

from include.normalise.emails import clear_email
from include.normalise.text import visible


def hashed(value: str) -> str:
    """SHA-256 of a normalised value in lower hex."""
    return hashlib.sha256(value.encode()).hexdigest()


def normal_email(value: str) -> str | None:
    """The address as it is published; None if it is none."""
    return clear_email(value)


def normal_phone(value: str) -> str | None:
    """Digits from the country code on, without `+` or `00`; None where no country code is known."""
    number = visible(value).strip()
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if number.startswith("0"):
        return None
    try:
        parsed = phonenumbers.parse(number if number.startswith("+") else f"+{number}", None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


NORMAL = {"email": normal_email, "sms": normal_phone}


def hash_of(identifiers: tuple[tuple[str, str], ...], channel: str) -> str:
    """Hash of the first identifier of a contact channel that can be used; empty if there is none."""
    usable = (NORMAL[channel](value) for known, value in identifiers if known == channel)
    return next((hashed(value) for value in usable if value), "")
