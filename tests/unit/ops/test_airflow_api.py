"""The client of Airflow's API goes on where the server stumbles and stops where it refuses."""

import json
from collections import Counter
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
