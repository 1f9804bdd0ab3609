"""The client of Airflow's API goes on where the server stumbles and stops where it refuses."""

import json
from collections import Counter
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from ops.airflow_api import AirflowApi


@pytest.fixture
def server():
    """An API whose `/state` fails once with 500, and whose `/refused` always says 403."""
    seen = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.answer(201, {"access_token": "t"})

        def do_GET(self):
            seen[self.path] += 1
            if "refused" in self.path:
                self.answer(403, {})
            elif seen[self.path] == 1:
                self.answer(500, {})
            else:
                self.answer(200, {"state": "success"})

        def answer(self, status, body):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}", seen
    served.shutdown()


def test_a_server_that_stumbles_is_asked_again(server):
    url, seen = server
    assert AirflowApi(url, "admin", "p").state("a", "run") == "success"
    assert set(seen.values()) == {2}


def test_a_refusal_is_final(server):
    url, seen = server
    with pytest.raises(httpx.HTTPStatusError):
        AirflowApi(url, "admin", "p").state("refused", "run")
    assert set(seen.values()) == {1}


@pytest.mark.parametrize(
    ("run", "is_found"),
    [
        ({"dag_run_id": "2026-07-13"}, True),
        ({"dag_run_id": "asset_triggered__x", "partition_key": "2026-07-13"}, True),
        ({"data_interval_start": "2026-07-12T23:00:00Z", "data_interval_end": "2026-07-13T23:00:00Z"}, True),
        ({"data_interval_start": "2026-07-13T23:00:00Z", "data_interval_end": "2026-07-14T23:00:00Z"}, False),
        ({"data_interval_start": "2026-07-13T09:00:00Z", "data_interval_end": "2026-07-13T09:00:00Z"}, False),
        ({"partition_key": "2026-07-12"}, False),
    ],
)
def test_the_run_of_a_date_is_found_however_it_was_started(server, monkeypatch, run, is_found):
    nothing = {"dag_run_id": "manual", "partition_key": None, "data_interval_start": None}
    nothing["data_interval_end"] = None
    api = AirflowApi(server[0], "admin", "p")
    monkeypatch.setattr(api, "runs", lambda dag_id: [nothing | run])
    assert bool(api.run_of("a", date(2026, 7, 13))) is is_found
