"""An unsubscribe token names one message and cannot be made up."""

import pytest

from include.senders.parts.tokens import unsubscribe_token, verify_token

KEY, SECRET = "a" * 64, "a secret of unsubscribe links"


def test_our_own_token_names_its_message():
    assert verify_token(unsubscribe_token(KEY, SECRET), SECRET) == KEY


@pytest.mark.parametrize(
    "forged",
    [
        *("", KEY, f"{KEY}.", f"{KEY}.AAAA", "é.é", unsubscribe_token(KEY, "another secret")),
        *(unsubscribe_token(KEY, SECRET).replace("a", "b", 1), unsubscribe_token(KEY, SECRET) + "="),
    ],
)
def test_any_other_is_refused(forged):
    assert verify_token(forged, SECRET) is None
