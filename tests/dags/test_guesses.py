"""A thousand guesses at a login: a handful is looked at, the right password works, nobody is kept out."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from omnichannel.access.guesses import FREE_OF_CLIENT, FREE_OF_USER, LONGEST_PAUSE, MOST_KEPT, Guesses
from omnichannel.access.login import DOORS
from tests.fixtures.team import PASSWORD, Team, environment, serving, team

GUESSES = 1000
FROM = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Behind a proxy that may say who asks: this machine, as in the compose file by default."""
    folder = tmp_path_factory.mktemp("team")
    with team(folder, "--proxy-headers", FORWARDED_ALLOW_IPS="127.0.0.1") as running:
        yield running


HTTP = httpx.Client(timeout=60)


def guess(served: Team, user: str, password: str, headers: dict[str, str], path: str = "/auth/token") -> int:
    body = {"username": user, "password": password}
    return HTTP.post(f"{served.url}{path}", json=body, headers=headers).status_code


def test_of_a_thousand_guesses_a_handful_is_looked_at_and_the_right_password_works_again(served):
    def one(n: int) -> int:
        return guess(served, "operator", f"guess number {n}", FROM)

    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        answers = Counter(pool.map(one, range(GUESSES)))
    took = time.monotonic() - began
    print(f"{GUESSES} guesses in {took:.1f} s: {dict(answers)}")
    assert set(answers) == {401, 429}
    assert (
        answers[401] <= FREE_OF_USER + 1 + took.__trunc__().bit_length()
    )  # one more after 1, 2, 4 … seconds
    assert guess(served, "operator", PASSWORD.format("operator"), FROM) == 429
    assert guess(served, "operator", PASSWORD.format("operator"), {"X-Forwarded-For": "203.0.113.8"}) == 201
    waited = HTTP.post(
        f"{served.url}/auth/token", json={"username": "operator", "password": "x"}, headers=FROM
    )
    time.sleep(int(waited.headers["Retry-After"]) + 0.5)
    assert guess(served, "operator", PASSWORD.format("operator"), FROM) == 201


def test_every_way_to_log_in_counts_together(served):
    elsewhere = {"X-Forwarded-For": "203.0.113.20"}
    paths = ["/auth/token", "/auth/token/cli", "/auth/api/v1/security/login", "/auth/login/"]
    assert all(path.startswith(DOORS) for path in paths)
    answers = [guess(served, "viewer", "wrong", elsewhere, path) for path in paths * 2]
    assert 429 not in answers[:FREE_OF_USER] and set(answers[FREE_OF_USER:]) == {429}


def test_every_way_in_that_takes_a_password_is_behind_the_door(served):
    code = """
import json, logging
logging.disable(logging.WARNING)
from airflow.api_fastapi.app import create_app, get_auth_manager
create_app("core")
rules = get_auth_manager().flask_app.url_map.iter_rules()
print(json.dumps([rule.rule for rule in rules if "POST" in rule.methods]))
"""
    posted = [f"/auth{rule}" for rule in served.installation.run(code)]
    login = [
        path for path in posted if re.search(r"login|token|auth/.*auth|signin", path.removeprefix("/auth"))
    ]
    assert login and [path for path in login if not path.startswith(DOORS)] == []


def test_the_form_works_and_a_wrong_password_in_it_is_counted(served):
    browser = httpx.Client(base_url=served.url, timeout=60, headers={"X-Forwarded-For": "203.0.113.30"})

    def post(password: str) -> httpx.Response:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/auth/login/").text)
        assert token
        given = {"username": "marketer", "password": password, "csrf_token": token[1]}
        return browser.post("/auth/login/", data=given)

    assert [post("wrong").status_code for _ in range(FREE_OF_USER - 1)] == [302] * (FREE_OF_USER - 1)
    right = post(PASSWORD.format("marketer"))
    assert "_token" in right.headers.get("set-cookie", "") or "/login" not in right.headers["location"]
    browser.cookies.clear()
    assert [post("wrong").status_code for _ in range(FREE_OF_USER - 1)] == [302] * (FREE_OF_USER - 1)


def test_who_asks_is_a_proxys_word_only_where_the_proxy_is_trusted(served, tmp_path):
    port = int(served.url.rsplit(":", 1)[1]) + 1
    ours = environment(served.installation, port, FORWARDED_ALLOW_IPS="192.0.2.1")
    with serving(ours, tmp_path / "log", "--proxy-headers") as other:
        answers = [
            guess(other, "viewer", "wrong", {"X-Forwarded-For": f"203.0.113.{n}"})
            for n in range(FREE_OF_USER + 3)
        ]
    assert answers == [401] * FREE_OF_USER + [429] * 3


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_pauses_double_up_to_a_minute_and_what_is_refused_does_not_lengthen_them():
    clock = Clock()
    guesses, pauses = Guesses(clock), []
    for _ in range(FREE_OF_USER + 9):
        guesses.count("203.0.113.1", "ana")
        pauses.append(guesses.wait("203.0.113.1", "ana"))
        clock.now += pauses[-1]
    assert pauses[: FREE_OF_USER - 1] == [0.0] * (FREE_OF_USER - 1)
    assert pauses[FREE_OF_USER - 1 :] == [
        1,
        2,
        4,
        8,
        16,
        32,
        LONGEST_PAUSE,
        LONGEST_PAUSE,
        LONGEST_PAUSE,
        LONGEST_PAUSE,
    ]
    guesses.right("203.0.113.1", "ana")
    assert guesses.wait("203.0.113.1", "ana") == 0


def test_one_password_tried_on_everybody_has_an_end_and_an_office_of_right_ones_has_not():
    guesses = Guesses(Clock())
    for n in range(FREE_OF_CLIENT):
        guesses.count("203.0.113.1", f"user {n}")
    assert guesses.wait("203.0.113.1", "somebody new") > 0
    assert guesses.wait("203.0.113.2", "somebody new") == 0
    office = Guesses(Clock())
    for n in range(FREE_OF_CLIENT * 3):
        office.count("203.0.113.1", f"user {n}")
        office.right("203.0.113.1", f"user {n}")
    assert office.wait("203.0.113.1", "somebody new") == 0


def test_a_client_is_an_address_and_of_ipv6_a_network():
    guesses = Guesses(Clock())
    for n in range(FREE_OF_USER):
        guesses.count(f"2001:db8::{n + 1:x}", "Ana")
    assert guesses.wait("2001:db8::ffff", "ana") > 0 and guesses.wait("2001:db8:1::1", "ana") == 0
    for _ in range(FREE_OF_USER):
        guesses.count("::ffff:203.0.113.9", "ana")
    assert guesses.wait("203.0.113.9", "ana") > 0


def test_however_many_names_are_tried_little_is_kept():
    guesses = Guesses(Clock())
    for n in range(MOST_KEPT + 500):
        guesses.count(f"10.0.{n // 250}.{n % 250}", f"user {n}")
    assert len(guesses._kept) == MOST_KEPT
