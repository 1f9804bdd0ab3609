"""The ad platform: audiences, uploads, sessions; on disk before it answers, and the same after a restart."""

import hashlib
import hmac
import json

import httpx
import pytest

from include.connections import Connection
from include.sandbox.adplatform import LOG, members
from include.senders.transports.graph import GraphTransport
from tests.fixtures.adplatform import ACCOUNT, META, SECRET, TOKEN, VERSION, ad_platform

HASHES = [hashlib.sha256(bytes([n])).hexdigest() for n in range(4)]
SCHEMA = ["EXTERN_ID", "EMAIL", "PHONE"]
SESSION = {"session_id": 1, "batch_seq": 1, "last_batch_flag": False, "estimated_num_total": 1}


class Caller:
    """Somebody with a token, who says exactly what the test wants."""

    def __init__(self, port: int, token: str = TOKEN, secret: str = SECRET) -> None:
        self.proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        headers = {"Authorization": f"Bearer {token}"}
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/{VERSION}", headers=headers, trust_env=False
        )

    def ask(self, method: str, path: str, **body) -> httpx.Response:
        if method == "GET":
            return self.client.get(path, params={"appsecret_proof": self.proof, **body})
        return self.client.request(method, path, json={"appsecret_proof": self.proof, **body})

    def audience(self, name: str) -> str:
        source = {"subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
        return self.ask("POST", f"/{ACCOUNT}/customaudiences", name=name, **source).json()["id"]

    def add(self, audience: str, rows, **session) -> httpx.Response:
        payload = {"schema": SCHEMA, "data": rows}
        return self.ask("POST", f"/{audience}/users", payload=payload, session=SESSION | session)

    def remove(self, audience: str, *names: str, **session) -> httpx.Response:
        payload = {"schema": ["EXTERN_ID"], "data": [[name] for name in names]}
        return self.ask("DELETE", f"/{audience}/users", payload=payload, session=SESSION | session)


@pytest.fixture
def vendor(tmp_path):
    with ad_platform(tmp_path) as running:
        yield running


@pytest.fixture
def caller(vendor):
    return Caller(vendor.port)


def code(answer: httpx.Response) -> int:
    return answer.json()["error"]["code"]


def test_without_token_and_proof_nothing_is_told(vendor):
    for stranger in (Caller(vendor.port, token="x"), Caller(vendor.port, secret="x")):
        for method in ("GET", "POST"):
            answer = stranger.ask(method, f"/{ACCOUNT}/customaudiences")
            assert (answer.status_code, code(answer)) == (400, 190)
    assert vendor.lines() == []


def test_what_is_not_there_is_not_shown(caller):
    for method, path in (("GET", "/act_1/customaudiences"), ("GET", "/9"), ("POST", "/9/users")):
        assert caller.ask(method, path).json()["error"]["error_subcode"] == 33


def test_members_survive_a_restart_and_can_be_read_without_it(tmp_path):
    with ad_platform(tmp_path) as vendor:
        caller = Caller(vendor.port)
        audience = caller.audience("a")
        caller.add(audience, [["c1", HASHES[0], ""], ["c2", "", HASHES[1]]])
        caller.remove(audience, "c1", "c9", session_id=2)
    held = {"c2": ("", HASHES[1])}
    assert members(tmp_path, "a") == held and members(tmp_path, "b") == {}
    with ad_platform(tmp_path) as vendor:
        caller = Caller(vendor.port)
        (shown,) = caller.ask("GET", f"/{ACCOUNT}/customaudiences").json()["data"]
        assert (shown["id"], shown["name"]) == (audience, "a")
        assert code(caller.add(audience, [["c3", HASHES[0], ""]], batch_seq=0)) == 100
        caller.add(audience, [["c3", HASHES[0], ""]], session_id=3)
        assert caller.audience("b") != audience
    assert members(tmp_path, "a") == held | {"c3": (HASHES[0], "")}


def test_a_line_that_a_crash_tore_is_not_an_effect(vendor, caller):
    caller.add(caller.audience("a"), [["c1", HASHES[0], ""]])
    with (vendor.folder / LOG).open("a") as log:
        log.write('{"operation": "remove", "audience_id"')
    assert set(vendor.members("a")) == {"c1"}


def test_two_audiences_of_one_name_are_not_read_as_one(caller, vendor):
    assert caller.audience("a") != caller.audience("a")
    with pytest.raises(ValueError, match="2 audiences are called a"):
        vendor.members("a")


def test_the_log_holds_one_line_for_each_request_that_was_taken(vendor, caller):
    audience = caller.audience("a")
    caller.add(audience, [["c1", HASHES[0], ""]], session_id=5, batch_seq=2, last_batch_flag=True)
    caller.add(audience, "not a list")
    (made, added) = vendor.lines()
    assert (made["operation"], made["audience"]) == ("create", "a")
    assert added == {
        "received": 2, "operation": "add", "audience": "a", "audience_id": audience, "session": 5,
        "batch_seq": 2, "is_last": True, "members": {"c1": [HASHES[0], ""]},
    }  # fmt: skip


def test_invalid_entries_are_counted_and_at_most_five_are_named(caller, vendor):
    bad = [[f"b{n}", "no hash", ""] for n in range(6)] + [
        ["b6", HASHES[0].upper(), ""],
        ["b7", "", ""],
        ["", HASHES[0], ""],
        ["b9"],
    ]
    audience = caller.audience("a")
    told = caller.add(audience, [["c1", HASHES[0], HASHES[1]], *bad]).json()
    assert (told["num_received"], told["num_invalid_entries"]) == (11, 10)
    assert list(told["invalid_entry_samples"]) == [f"b{n}" for n in range(5)]
    assert (told["audience_id"], told["session_id"]) == (audience, "1")
    assert set(vendor.members("a")) == {"c1"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"payload": None},
        {"payload": {"schema": ["EMAIL"], "data": [[HASHES[0]]]}},
        {"payload": {"schema": ["EXTERN_ID", "FN"], "data": [["c1", "x"]]}},
        {"payload": {"schema": ["EXTERN_ID"], "data": []}},
        {"payload": {"schema": ["EXTERN_ID"], "data": [["c"]] * 10_001}},
        {"session": None},
        {"session": SESSION | {"session_id": 0}},
        {"session": SESSION | {"session_id": 2**63}},
        {"session": SESSION | {"session_id": "1"}},
        {"session": SESSION | {"batch_seq": True}},
        {"session": SESSION | {"last_batch_flag": "yes"}},
    ],
)
def test_a_request_that_is_wrong_as_a_whole_changes_nothing(caller, vendor, wrong):
    body = {"payload": {"schema": ["EXTERN_ID"], "data": [["c1"]]}, "session": SESSION} | wrong
    answer = caller.ask("DELETE", f"/{caller.audience('a')}/users", **body)
    assert (answer.status_code, code(answer)) == (400, 100)
    assert [line["operation"] for line in vendor.lines()] == ["create"]


def test_a_session_goes_forward_repeats_and_closes(caller):
    audience = caller.audience("a")

    def say(number, is_last=False):
        answer = caller.add(audience, [["c1", HASHES[0], ""]], batch_seq=number, last_batch_flag=is_last)
        return 0 if answer.status_code == 200 else code(answer)

    assert [say(1), say(3), say(1), say(2), say(4, True), say(4, True), say(3), say(5)] == [
        0,
        0,
        0,
        2655,
        0,
        0,
        0,
        2655,
    ]
    assert caller.remove(audience, "c1", session_id=2).status_code == 200


def test_who_asks_too_often_is_told_when_to_come_back(caller):
    answers = [caller.ask("GET", f"/{ACCOUNT}/customaudiences") for _ in range(250)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and code(refused[0]) == 17 and refused[0].headers["Retry-After"] == "1"
    (usage,) = json.loads(refused[0].headers["X-Business-Use-Case-Usage"])["77"]
    assert usage["estimated_time_to_regain_access"] == 1


def test_chance_falls_the_same_way_for_one_seed(tmp_path):
    def fates(seed, folder):
        with ad_platform(folder, seed) as vendor:
            caller = Caller(vendor.port)
            audience = caller.audience("a")
            vendor.fault("invalid_entries", share=0.3)
            caller.add(audience, [[f"c{n}", HASHES[0], ""] for n in range(100)])
            vendor.fault("busy", share=0.5)
            answers = [caller.ask("GET", f"/{audience}").status_code for _ in range(40)]
            return set(vendor.members("a")), answers

    first, again, other = (fates(seed, tmp_path / name) for seed, name in ((1, "x"), (1, "y"), (2, "z")))
    assert first == again != other
    assert 55 < len(first[0]) < 85 and {200, 429, 503} == set(first[1])


def test_faults_of_one_audience_leave_the_others_alone(caller, vendor):
    blocked, free = caller.audience("blocked"), caller.audience("free")
    vendor.fault("blocked", stream="blocked")
    rows = [["c1", HASHES[0], ""]]
    error = caller.add(blocked, rows).json()["error"]
    assert (error["code"], error["error_subcode"]) == (100, 1713230)
    assert caller.ask("GET", f"/{blocked}").json()["operation_status"]["code"] == 471
    assert caller.add(free, rows).status_code == 200


def test_a_cut_line_comes_after_the_effect_and_every_nth_time(caller, vendor):
    audience = caller.audience("a")
    vendor.fault("drop_after_accept", every=2)
    lost = 0
    for number in range(1, 7):
        try:
            caller.add(audience, [[f"c{number}", HASHES[0], ""]], batch_seq=number)
        except httpx.RemoteProtocolError:
            lost += 1
    assert lost == 3 and len(vendor.members("a")) == 6


def test_the_running_sandbox_has_it_behind_the_connection_meta_ads(servers, faults):
    told = servers.connections["meta_ads"]
    graph = GraphTransport(META, Connection("meta_ads", **told), 5)
    source = {"subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
    audience = graph.create("customaudiences", {"name": "wired", "description": "", **source})["id"]
    faults("ad_platform", "http_503", times=1)
    payload = {"schema": SCHEMA, "data": [["c1", HASHES[0], ""]]}
    graph.post(f"{audience}/users", {"payload": payload, "session": SESSION})
    graph.close()
    assert members(servers.settings.sandbox, "wired") == {"c1": (HASHES[0], "")}
    assert [line["operation"] for line in servers.received("ad_platform")] == ["create", "add"]
    assert told["extra"]["app_secret"] != told["password"] and len(told["password"]) > 20
