"""Each value is read by one rule: golden vectors, properties for any Unicode, and SQL equal to Python."""

from contextlib import suppress

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.normalise.countries import country_code
from include.normalise.emails import email_readings, is_deliverable, normal_email, sendable_email
from include.normalise.names import name_key
from include.normalise.phones import readings, to_e164
from include.normalise.placeholders import placeholder_key
from include.normalise.providers import provider_mailbox
from include.senders.base import Refused
from include.senders.parts.hashing import normal_email as hashed_email
from include.senders.parts.hashing import normal_phone as hashed_phone
from include.senders.parts.headers import clean_address
from include.warehouse.functions import register
from tests.unit.normalise.vectors import COUNTRIES, EMAILS, MAILBOXES, NAMES, PLACEHOLDERS

RULES = {
    "normal_email": (normal_email, EMAILS),
    "mailbox": (provider_mailbox, MAILBOXES),
    "country_code": (country_code, COUNTRIES),
    "name_key": (name_key, NAMES),
    "placeholder_key": (placeholder_key, PLACEHOLDERS),
}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ADDRESS = st.builds("{}@{}.{}".format, TEXT, TEXT, TEXT)
ANY = st.one_of(TEXT, ADDRESS, st.sampled_from(sorted({*EMAILS, *COUNTRIES, *NAMES})))
MANY = settings(max_examples=300, deadline=None)


@pytest.fixture(scope="module")
def con():
    """DuckDB that knows the rules."""
    with duckdb.connect() as found:
        register(found)
        yield found


@pytest.mark.parametrize("name", RULES)
def test_every_golden_vector_holds_in_python_and_in_sql(con, name):
    rule, vectors = RULES[name]
    assert {text: rule(text) for text in vectors} == vectors
    found = con.execute(f"select x, {name}(x) from unnest(?) as t(x)", [list(vectors)]).fetchall()
    assert dict(found) == vectors


@pytest.mark.parametrize("name", RULES)
def test_what_is_no_text_is_no_value(con, name):
    assert con.execute(f"select {name}(null)").fetchone() == (None,)


@pytest.mark.parametrize("name", RULES)
@MANY
@given(texts=st.lists(ANY, min_size=1, max_size=5))
def test_sql_reads_every_text_as_python_does(con, name, texts):
    query = f"select list({name}(x) order by n) from (select unnest(?) as x, unnest(?) as n)"
    found = con.execute(query, [texts, list(range(len(texts)))]).fetchone()
    assert found[0] == [RULES[name][0](text) for text in texts]


@pytest.mark.parametrize("name", RULES)
@MANY
@given(text=ANY)
def test_what_was_read_is_read_as_itself(name, text):
    rule = RULES[name][0]
    once = rule(text)
    assert once is None or rule(once) == once


@MANY
@given(text=st.one_of(st.text(max_size=30), ADDRESS))
def test_no_text_at_all_breaks_a_rule(text):
    for rule, _ in RULES.values():
        rule(text)
    readings(text, ("GB", "FR"))


@MANY
@given(text=ANY)
def test_what_matching_knows_is_what_is_hashed_and_sent(text):
    address = normal_email(text)
    if address is None:
        assert sendable_email(text) is None
        return
    assert hashed_email(address) == address
    assert sendable_email(address) == (address if is_deliverable(address) else None)
    with suppress(Refused):  # what SMTP cannot carry is refused, and never changed
        assert clean_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "-oX/tmp/x@x.example",
        "-@x.example",
        "|id@x.example",
        "a|id@x.example",
        '"|id"@x.example',
        '"-oX"@x.example',
        "`id`@x.example",
        "a%b.example@x.example",
        "b.example!a@x.example",
        "/var/mail/a@x.example",
        "a/../b@x.example",
    ],
)
def test_what_a_mail_program_takes_for_a_command_or_a_route_is_known_but_never_mailed(address):
    known = normal_email(address)
    assert known is not None, "a refusal of it must still be heard"
    assert hashed_email(known) in (known, None)
    assert sendable_email(address) is None and not is_deliverable(known)
    with pytest.raises(Refused):
        clean_address(address)


@pytest.mark.parametrize(
    "address",
    ["a-b@x.example", "o'neil@x.example", "a+b=c@x.example", "a&b@x.example", "a/b@x.example", "ä@x.example"],
)
def test_an_odd_address_that_is_a_name_alone_is_mailed(address):
    assert sendable_email(address) == address


@MANY
@given(local=st.text("+.ab", min_size=1), domain=st.sampled_from(["gmail.com", "googlemail.com", "x.org"]))
def test_a_mailbox_never_loses_its_local_part(local, domain):
    address = normal_email(f"{local}@{domain}")
    assert address is not None
    local, at, domain = provider_mailbox(address).rpartition("@")
    assert local and at and domain


@pytest.mark.parametrize(
    ("number", "country", "read"),
    [
        ("020 7946 0018", "GB", "+442079460018"),
        ("020 7946 0018", "UK", "+442079460018"),
        ("020 7946 0018", " United Kingdom ", "+442079460018"),
        ("020 7946 0018", "GBR", "+442079460018"),
        ("020 7946 0018", "Atlantis", "+442079460018"),
        ("020 7946 0018", None, "+442079460018"),
        ("06 39 98 12 34", "FR", "+33639981234"),
        ("06 39 98 12 34", "France", "+33639981234"),
        ("+33 6 39 98 12 34", "GB", "+33639981234"),
        ("0033 6 39 98 12 34", "GB", "+33639981234"),
        ("tel:+33-6-39-98-12-34", None, "+33639981234"),
        ("\u202a+33639981234\u202c", None, "+33639981234"),
        ("＋３３６３９９８１２３４", None, "+33639981234"),
        ("٠٢٠٧٩٤٦٠٠١٨", "GB", "+442079460018"),
        ("020\u00a07946\u00a00018 ext. 12", "GB", "+442079460018"),
        ("12", "GB", None),
        ("none", "GB", None),
        ("", "GB", None),
        ("+999 1234567", None, None),
    ],
)
def test_a_number_is_read_as_dialled_in_its_country(number, country, read):
    assert to_e164(number, country, "GB") == read


def test_a_number_may_be_of_several_countries():
    assert readings("06 39 98 12 34", ("FR", "GB")) == ("+33639981234", "+44639981234")
    assert "+33612345678" in readings("33 6 12 34 56 78", ("GB",))
    assert "+447700900123" in readings("07700 900123 (mobile)", ("GB",))
    assert "+447700900123" in readings("447700900123@c.us", ("GB",))
    assert "+447700900123" in readings("447700900123.0", ("GB",))
    assert readings("+33 6 39 98 12 34", ("GB", "DE")) == ("+33639981234",)
    assert readings("nothing", ("GB", "FR")) == ()
    assert "+491701234567" in readings("0170/1234567", ("DE",))


@pytest.mark.parametrize("between", [" / ", ", ", "; ", " or ", " und ", "\n", " & "])
def test_a_refusal_may_name_several_numbers_or_addresses(between):
    numbers = f"020 7946 0018{between}07700 900123"
    assert {"+442079460018", "+447700900123"} <= set(readings(numbers, ("GB",)))
    assert email_readings(f"ana@mail.example{between}b@mail.example") == (
        "ana@mail.example",
        "b@mail.example",
    )


@MANY
@given(text=ANY)
def test_an_address_is_one_of_its_readings(text):
    whole = normal_email(text)
    assert whole is None or whole in email_readings(text)


@MANY
@given(number=st.one_of(TEXT, st.from_regex(r"\+?[0-9 ()-]{5,16}", fullmatch=True)), country=TEXT)
def test_a_number_that_was_read_is_read_as_itself_everywhere(number, country):
    read = to_e164(number, country, "GB")
    if read:
        assert to_e164(read, country, "FR") == read
        assert readings(read, ("DE",)) == (read,)
        if "0000" not in read:  # zeros behind a country code are no number that anybody has
            assert hashed_phone(read) in (read.removeprefix("+"), None)


def test_sql_knows_every_reading_of_a_number(con):
    found = con.execute(
        "select phone_readings('06 39 98 12 34', 'FR,GB,Atlantis'), phone_readings(null, 'FR')"
    )
    assert found.fetchone() == (["+33639981234", "+44639981234"], [])
    found = con.execute("select email_readings('a@x.org; b@x.org'), email_readings(null)")
    assert found.fetchone() == (["a@x.org", "b@x.org"], [])
