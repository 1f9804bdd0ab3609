"""Whose the preferred addresses are, on a world small enough to count by hand."""

import pyarrow as pa

from include.identity.addresses import score_addresses

NAMES = ("email", "second_email", "family_email", "phone", "new_phone", "home_phone")


def records(name, **of):
    """Record key → customer or person."""
    return pa.Table.from_pylist(
        [{"channel": "shop", "stream": "x", "record_key": key, name: whose} for key, whose in of.items()]
    )


def person(person_id, **known):
    return {"person_id": person_id, **dict.fromkeys(NAMES), **known}


def point(customer, channel, address, is_preferred=True):
    return {"customer_id": customer, "channel": channel, "address": address, "is_preferred": is_preferred}


def test_an_address_of_none_of_the_customer_s_people_is_counted_and_another_spelling_is_not():
    people = [
        person("A", email="a.b@gmail.com", phone="+441632960001"),
        person("B", email="b@mail.example", second_email="b2@mail.example"),
    ]
    points = [
        point("ca", "email", "ab+shop@googlemail.com"),
        point("ca", "email", "stranger@mail.example", is_preferred=False),
        point("ca", "sms", "+441632960002"),
        point("cb", "email", "b2@mail.example"),
        point("cd", "email", "b@mail.example"),
    ]
    found = score_addresses(
        records("customer_id", a="ca", b="cb", d="cd"),
        pa.Table.from_pylist(points),
        records("person_id", a="A", b="B", d="D"),
        pa.Table.from_pylist(people),
    )
    assert found == {
        "email": {"preferred": 3, "of_nobody_there": 1, "share": 0.3333},
        "sms": {"preferred": 1, "of_nobody_there": 1, "share": 1.0},
    }
