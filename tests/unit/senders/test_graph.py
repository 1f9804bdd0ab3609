"""What the ad platform's answers mean, by who must act; and that its token is seen nowhere."""

import contextlib
import itertools
import json
import logging
import socket
import socketserver
import threading
import traceback

import httpx
import pytest

from include.errors import FixConnection, FixPayload, OmniError, OutcomeUnknown, RetryLater
from include.sandbox.servers.ads_gate import Account
from include.senders.meta_audience import description_of
from include.senders.transports.graph import GraphTransport
from include.senders.transports.graph_errors import Busy, Doubt, Replies
from tests.fixtures.adplatform import ACCOUNT, META, SECRET, TOKEN

AUDIENCE = {
    "name": "a",
    "description": description_of("a"),
    "subtype": "CUSTOM",
    "customer_file_source": "USER_PROVIDED_ONLY",
}
PROOF = Account(ACCOUNT, TOKEN, SECRET).proof
CODES = META.error_codes


@pytest.fixture(scope="module")
def running(running):
    """With an audience, and where its members are changed."""
    with contextlib.closing(GraphTransport(META, running.connection(), 5)) as opened:
        running.users = f"{opened.create('customaudiences', AUDIENCE)['id']}/users"
    return running


@pytest.fixture
def open_graph(vendor):
    with contextlib.ExitStack() as stack:

        def opened(timeout=5.0, **changed):
            graph = GraphTransport(META, vendor.connection(**changed), timeout)
            stack.callback(graph.close)
            return graph

        yield opened


def upload(number=1, **changed):
    session = {"session_id": number, "batch_seq": 1, "last_batch_flag": True}
    return {"payload": {"schema": ["EXTERN_ID"], "data": [["c1"]]}, "session": session} | changed


def ask(graph, vendor):
    return graph.delete(vendor.users, upload())


def test_an_answer_comes_back_as_it_is(open_graph, vendor):
    assert ask(open_graph(), vendor)["num_received"] == 1


def test_a_list_of_several_pages_is_read_to_its_end(open_graph, monkeypatch):
    graph = open_graph()
    for number in range(4):
        graph.create("customaudiences", AUDIENCE | {"name": f"page{number}"})
    monkeypatch.setattr("include.senders.transports.graph.PAGE", 2)
    found = [audience["name"] for audience in graph.listed("customaudiences", {"fields": "id,name"})]
    assert len(found) == len(set(found)) >= 5


@pytest.mark.parametrize("kind", ["http_429", "http_503", "http_500"])
def test_a_busy_vendor_is_asked_again(open_graph, vendor, kind):
    vendor.fault(kind, times=1)
    assert ask(open_graph(), vendor)["num_received"] == 1
    assert vendor.faults.of("ad_platform")[0].asked == 2


@pytest.mark.parametrize(("kind", "error"), [("http_503", RetryLater), ("http_500", OutcomeUnknown)])
def test_one_that_stays_busy_is_left_for_later_one_that_stumbles_is_doubted(open_graph, vendor, kind, error):
    vendor.fault(kind)
    with pytest.raises(error, match="meta_ads: answered 50"):
        ask(open_graph(timeout=0.5), vendor)


def test_a_wait_longer_than_we_have_is_handed_on(open_graph, vendor):
    vendor.fault("throttled", seconds=1800)
    with pytest.raises(RetryLater, match="code 80003") as caught:
        ask(open_graph(), vendor)
    assert caught.value.retry_after == 1800
    vendor.faults.clear()
    vendor.fault("http_429")
    with pytest.raises(RetryLater, match="answered 429, code 17") as caught:
        ask(open_graph(timeout=0.5), vendor)
    assert caught.value.retry_after == 1


def test_reading_that_fails_is_never_doubted(open_graph, vendor):
    vendor.fault("http_500")
    with pytest.raises(RetryLater):
        open_graph(timeout=0.5).listed("customaudiences", {})


@pytest.mark.parametrize("fault", ["http_500", "drop_after_accept"])
def test_making_that_fails_is_not_tried_again_unseen(open_graph, vendor, fault):
    vendor.fault(fault, times=1)
    graph, name = open_graph(), f"after {fault}"
    with pytest.raises(RetryLater):
        graph.create("customaudiences", AUDIENCE | {"name": name})
    made = [audience for audience in graph.listed("customaudiences", {}) if audience["name"] == name]
    assert len(made) == (fault == "drop_after_accept")


def test_a_lost_answer_may_have_been_taken(open_graph, vendor):
    before = len(vendor.lines())
    vendor.fault("drop_after_accept", times=1)
    with pytest.raises(OutcomeUnknown, match=r"may have been taken.*gave no answer"):
        ask(open_graph(), vendor)
    assert len(vendor.lines()) == before + 1


@pytest.fixture
def paged(open_graph, monkeypatch):
    """Lists what a vendor answers page by page; the last answer is given for ever."""

    def listed(*pages):
        answers = itertools.chain(pages, itertools.repeat(pages[-1]))
        monkeypatch.setattr(Replies, "read", lambda self, response: next(answers))
        return open_graph().listed("customaudiences", {})

    return listed


def page(number, after, **changed):
    return {
        "data": [{"id": str(number)}],
        "paging": {"cursors": {"after": after}, "next": "https://x"},
    } | changed


ENDS = [
    {},
    {"paging": None},
    {"paging": {}},
    {"paging": {"cursors": None}},
    {"paging": {"cursors": {"after": "b"}}},
]


@pytest.mark.parametrize("end", ENDS)
def test_a_list_ends_where_nothing_says_that_it_goes_on(paged, end):
    assert paged(page(1, "a"), page(2, 7), {"data": [{"id": "3"}], **end}) == [
        {"id": "1"},
        {"id": "2"},
        {"id": "3"},
    ]


@pytest.mark.parametrize(
    "pages",
    [
        [page(1, "a")],
        [page(1, "a"), page(2, "b"), page(3, "a")],
        [page(1, "a"), page(2, "b"), page(3, "c"), page(4, "b")],
    ],
)
def test_a_list_that_leads_back_to_itself_is_left_for_later(paged, pages):
    with pytest.raises(RetryLater, match="meta_ads: its list of customaudiences leads back"):
        paged(*pages)


def test_a_list_of_ever_new_pages_is_left_for_later(open_graph, monkeypatch):
    numbers = itertools.count()
    monkeypatch.setattr(Replies, "read", lambda self, response: page(1, f"c{next(numbers)}"))
    monkeypatch.setattr("include.senders.transports.graph.MOST_PAGES", 5)
    with pytest.raises(RetryLater, match="has no end after 5 pages"):
        open_graph().listed("customaudiences", {})


NEXT = {"next": "https://x"}
CURSORS = ({}, {"cursors": None}, {"cursors": []}, {"cursors": "a"}, {"cursors": {"after": None}},
           {"cursors": {"after": ""}}, {"cursors": {"after": {}}}, {"cursors": {"after": True}})  # fmt: skip


@pytest.mark.parametrize("paging", [*(NEXT | one for one in CURSORS), ["a"], "next", 5, True])
def test_a_list_that_goes_on_without_saying_where_is_left_for_later(paged, paging):
    with pytest.raises(RetryLater, match="does not say with what cursor"):
        paged({"data": [{"id": "1"}], "paging": paging})


@pytest.mark.parametrize("data", [[None], ["a"], [{"id": "1"}, 5], [[]], None, {}, "a", 5, True])
def test_a_list_of_anything_but_objects_is_left_for_later(paged, data):
    with pytest.raises(RetryLater, match=r"no list|no objects"):
        paged({"data": data})


def test_an_answer_without_a_list_is_no_empty_list(open_graph, monkeypatch):
    monkeypatch.setattr(Replies, "read", lambda self, response: {})
    with pytest.raises(RetryLater, match="no list"):
        open_graph().listed("customaudiences", {})


def test_a_vendor_that_takes_and_falls_silent_may_have_taken_it(open_graph):
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        pytest.raises(OutcomeUnknown, match=r"ReadTimeout|Overtime"),
    ):
        open_graph(timeout=0.5, port=deaf.getsockname()[1]).post("1/users", {})


def test_one_that_cannot_be_reached_took_nothing(open_graph):
    with pytest.raises(RetryLater, match="meta_ads cannot be reached"):
        open_graph(timeout=0.5, port=1).post("1/users", {})


def test_a_blocked_audience_says_what_to_do(open_graph, vendor):
    vendor.fault("blocked", stream="a")
    with pytest.raises(FixPayload, match=r"subcode 1713230.*Uploads into this audience are blocked: appeal"):
        ask(open_graph(), vendor)


def test_a_wrong_payload_is_ours_to_mend(open_graph, vendor):
    with pytest.raises(FixPayload, match=r"code 100: Invalid parameter: payload\.schema"):
        open_graph().post(vendor.users, upload(payload={"schema": ["FN"], "data": [["Ana"]]}))
    with pytest.raises(FixPayload, match="at most"):
        many = {"schema": ["EXTERN_ID"], "data": [["c1"]] * 10_001}
        open_graph().delete(vendor.users, upload(payload=many))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "another"}, "code 190.*Renew the token"),
        ({"extra": {"app_secret": "another"}}, "code 190.*Renew the token"),
        ({"password": ""}, "extra.app_secret are required"),
        ({"extra": {"app_secret": ""}}, "extra.app_secret are required"),
        ({"extra": {"ad_account_id": "act_1"}}, "Check extra.ad_account_id"),
        ({"extra": {"ad_account_id": "../me"}}, "must be act_ and digits"),
        ({"extra": {"api_version": "v1.0"}}, "Check host and extra.api_version"),
        ({"host": "graph.example", "port": None}, "host must begin with https"),
        ({"host": "https://graph.example\n", "port": None}, "no address"),
    ],
)
def test_what_is_wrong_with_a_connection_is_said_by_its_name(open_graph, changed, said):
    with pytest.raises(FixConnection, match=said) as caught:
        open_graph(**changed).listed("customaudiences", {})
    assert str(caught.value).startswith("meta_ads")


def test_a_revoked_token_is_the_connections_matter(open_graph, vendor):
    vendor.fault("token_revoked")
    with pytest.raises(FixConnection, match="meta_ads: answered 400, code 190"):
        ask(open_graph(), vendor)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        *((400, code, Busy) for code in CODES.retry),
        *((400, code, FixConnection) for code in CODES.connection),
        *((400, code, FixPayload) for code in CODES.payload),
        *((400, code, Busy) for code in (-1, 32, 341, 368, 613, 80000, 80004, 80008, 80009, 80014)),
        *((400, code, FixConnection) for code in (10, 102, 200, 273, 299, 463, 2635)),
        *((400, str(code), Busy) for code in (4, 17, 613, 80004)),
        *((403, code, Busy) for code in (4, "80003")),
        (400, "190", FixConnection),
        (401, 31337, FixConnection),
        (200, 613, Busy),
        (200, 190, FixConnection),
        (408, None, Busy),
        (400, True, FixConnection),
        (400, 31337, FixPayload),
        (401, None, FixConnection),
        (302, None, FixConnection),
        (404, None, FixConnection),
        (502, None, Busy),
        (429, None, Busy),
    ],
)
def test_each_declared_code_says_who_must_act(status, code, error):
    body = {"error": {"code": code, "message": "no"}} if code else {}
    with pytest.raises(error, match=r"^meta_ads: answered"):
        Replies("meta_ads", CODES, ()).read(httpx.Response(status, json=body))


@pytest.mark.parametrize("code", [31337, 100, None, 190, "x", [], 1.5])
def test_what_the_vendor_calls_transient_is_tried_again_but_for_a_wrong_payload(code):
    error = {"code": code, "message": "no", "is_transient": True}
    with pytest.raises(FixPayload if code == 100 else Busy, match=r"^meta_ads: answered 400"):
        Replies("meta_ads", CODES, ()).read(httpx.Response(400, json={"error": error}))


@pytest.mark.parametrize("subcode", [1713230, "1713230"])
def test_a_block_is_known_by_its_subcode_whatever_else_is_said(subcode):
    error = {"code": "100", "error_subcode": subcode, "is_transient": True}
    with pytest.raises(FixPayload, match="are blocked: appeal"):
        Replies("meta_ads", CODES, ()).read(httpx.Response(400, json={"error": error}))


def test_a_removal_that_leaves_too_few_is_no_matter_of_the_token():
    error = {"code": 200, "error_subcode": 1870047, "message": "Audience Size too Low"}
    with pytest.raises(FixPayload, match="code 200, subcode 1870047: Audience Size too Low"):
        Replies("meta_ads", CODES, ()).read(httpx.Response(400, json={"error": error}))


ODD = (None, True, 0, -1, 1.5, 10**30, "", "a", "NaN", [], [1], {}, {"a": None})


@pytest.mark.parametrize("field", ["code", "error_subcode", "message", "fbtrace_id", "is_transient", "type"])
@pytest.mark.parametrize("status", [200, 204, 400, 401, 429, 500])
def test_no_type_at_any_place_of_a_refusal_leaves_without_a_remedy(field, status):
    for value in ODD:
        for error in (value, {field: value}, {"code": 190, field: value}):
            with contextlib.suppress(OmniError):
                reply = Replies("meta_ads", CODES, ()).read(httpx.Response(status, json={"error": error}))
                assert status in (200, 204), reply
                assert not isinstance(error, dict)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"5", b'"a"', b"NaN", b"{", b"\xff", b"[" * 100_000])
def test_a_success_without_an_object_is_a_lost_answer(body):
    for status in (200, 201, 204):
        with pytest.raises(Busy, match="no JSON object") as caught:
            Replies("meta_ads", CODES, ()).read(httpx.Response(status, content=body))
        assert caught.value.doubt == Doubt.LOST


@pytest.mark.parametrize(
    ("retry_after", "minutes", "seconds"),
    [
        ("7", 5, 7),
        ("nan", 5, 300),
        ("inf", "5", 300),
        ("-1", 5, 300),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 5, 300),
        ("", 10**400, None),
        ("", [5], None),
        ("", True, None),
        ("", -5, None),
    ],
)
def test_only_a_number_of_seconds_or_minutes_is_a_wait(retry_after, minutes, seconds):
    usage = json.dumps({"1": [{"estimated_time_to_regain_access": minutes}, None], "2": {}})
    headers = {"Retry-After": retry_after, "X-Business-Use-Case-Usage": usage}
    with pytest.raises(Busy) as caught:
        Replies("meta_ads", CODES, ()).read(httpx.Response(429, json={}, headers=headers))
    assert caught.value.retry_after == seconds


def test_only_what_was_surely_refused_is_beyond_doubt():
    doubts = {}
    for status, body in ((429, {}), (503, {}), (500, {"error": {"code": 2}}), (502, {}), (200, None)):
        with pytest.raises(Busy) as caught:
            Replies("meta_ads", CODES, ()).read(httpx.Response(status, json=body))
        doubts[status] = caught.value.doubt
    assert doubts == {
        429: Doubt.NONE, 503: Doubt.NONE, 500: Doubt.STUMBLED, 502: Doubt.STUMBLED, 200: Doubt.LOST
    }  # fmt: skip


@pytest.mark.parametrize("usage", ["", "[]", "{}", '{"1": [{}]}', '{"1": 5}', "null"])
def test_a_usage_header_that_says_nothing_asks_for_no_wait(usage):
    with pytest.raises(Busy) as caught:
        answer = httpx.Response(429, json={}, headers={"X-Business-Use-Case-Usage": usage})
        Replies("meta_ads", CODES, ()).read(answer)
    assert caught.value.retry_after is None


REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"


class Elsewhere(socketserver.BaseRequestHandler):
    """Sends who asks to another address, or answers with what `says` holds."""

    says = REDIRECT

    def handle(self):
        self.server.asked += 1
        self.request.recv(4000)
        self.request.sendall(self.says)


ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
UNREADABLE = {
    "plain where gzip was promised": ANSWER + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "plain where deflate was promised": ANSWER + b"Content-Encoding: deflate\r\nContent-Length: 2\r\n\r\n{}",
    "cut short": ANSWER + b"Content-Length: 99\r\n\r\n{}",
    "chunks that are none": ANSWER + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "no HTTP at all": b"SSH-2.0-OpenSSH_9.6\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("says", UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_cannot_be_read_is_a_lost_one(open_graph, says):
    handler = type("Odd", (Elsewhere,), {"says": says})
    with socketserver.TCPServer(("127.0.0.1", 0), handler) as server:
        server.asked = 0
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        port = server.server_address[1]
        with pytest.raises(
            OutcomeUnknown,
            match=r"may have been taken: meta_ads (gave no answer|answered 200 with something)",
        ):
            open_graph(port=port).post("1/users", {})
        assert server.asked == 1, "what may have been taken is not said again unseen"
        with pytest.raises(RetryLater, match=r"meta_ads (gave no answer|answered 200 with something)"):
            open_graph(port=port).create("customaudiences", AUDIENCE)
        with pytest.raises(RetryLater, match=r"meta_ads (gave no answer|answered 200 with something)"):
            open_graph(timeout=0.3, port=port).listed("customaudiences", {})
        server.shutdown()


def test_a_redirect_is_not_followed(open_graph):
    with socketserver.TCPServer(("127.0.0.1", 0), Elsewhere) as server:
        server.asked = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(FixConnection, match="answered 302"):
            open_graph(port=server.server_address[1]).post("1/users", {})
        server.shutdown()
        assert server.asked == 1


def provoke(open_graph, vendor):
    """Every kind of error, as text, with what stands behind it."""
    for kind in ("token_revoked", "http_500", "throttled", "blocked", "drop_after_accept"):
        vendor.faults.clear()
        vendor.fault(kind)
        graph = open_graph(timeout=0.3)
        for call in (lambda: graph.listed("customaudiences", {}), lambda: ask(graph, vendor)):  # noqa: B023
            try:
                call()
            except OmniError as error:
                yield "".join(traceback.format_exception(error)) + repr(graph) + repr(error)


def test_no_secret_and_no_address_is_ever_said_or_logged(open_graph, vendor, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")  # as the transport leaves it
    replies = Replies("meta_ads", CODES, (TOKEN, SECRET, PROOF))
    words = f"{TOKEN} {SECRET} {PROOF} ana@b.example +44 20 7946 0958 {'ab' * 32}"
    with pytest.raises(FixPayload) as caught:
        replies.read(httpx.Response(400, json={"error": {"code": 100, "message": words}}))
    said = [str(caught.value), repr(replies), *provoke(open_graph, vendor)]
    assert len(said) == 2 + 8
    for secret in (TOKEN, SECRET, PROOF, "ana@b", "7946", "abab"):
        assert secret not in "\n".join(said) + caplog.text


def test_the_client_logs_no_address_of_a_request(open_graph, vendor, caplog):
    logging.getLogger().setLevel(logging.INFO)
    open_graph().listed("customaudiences", {})
    assert "appsecret_proof" not in caplog.text
