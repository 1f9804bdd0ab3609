"""The HTTP APIs of web shop, CRM and e-mail platform: lists in cursor pages."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from include.sandbox import hostile, pages
from include.sandbox.company import Company
from include.sandbox.faults import FaultBoard
from include.sandbox.served import HTTP_STREAMS
from include.sandbox.servers.gate import bearer, gate

MAX_LIMIT = 5000


def channel_api(channel: str, company: Company, token: str, faults: FaultBoard) -> FastAPI:
    """`GET /<stream>` for each stream of `channel`; see the source contract."""
    app = FastAPI(title=channel, docs_url=None, redoc_url=None, openapi_url=None)
    if channel == "email":
        _add_unsubscribe(app, company)

    @app.get("/{stream}", dependencies=[Depends(bearer(token)), Depends(gate(channel, faults))])
    async def list_rows(
        stream: str,
        updated_from: datetime | None = None,
        updated_to: datetime | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 1000,
        cursor: str | None = None,
    ) -> Response:
        if (channel, stream) not in HTTP_STREAMS:
            raise HTTPException(404, f"{channel} has no {stream}")
        try:
            position = None if cursor is None else pages.read_cursor(cursor)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        query = pages.Query(updated_from, updated_to, limit, position)
        body = await run_in_threadpool(_body, company, faults, channel, stream, query)
        return Response(body, media_type="application/json")

    return app


def _body(company: Company, faults: FaultBoard, channel: str, stream: str, query: pages.Query) -> bytes:
    if faults.strikes(channel, "empty_feed", stream):
        return orjson.dumps({"data": [], "next_cursor": None, "total": 0})
    disguise = _disguise(faults, channel, stream)
    rows, following, total = company.view(channel, stream).page(query, disguise)
    fault = faults.on(channel, "hostile_rows", stream)
    if fault and query.updated_to:
        strange = hostile.documents(channel, stream, fault.rows, query.updated_to)
        total += len(strange)
        shown = [*rows, *([] if following else map(orjson.Fragment, strange))]
        return orjson.dumps({"data": shown, "next_cursor": following, "total": total})
    return orjson.dumps({"data": rows, "next_cursor": following, "total": total})


def _disguise(faults: FaultBoard, channel: str, stream: str) -> pages.Disguise:
    nested = HTTP_STREAMS[channel, stream].nested
    return pages.Disguise(
        renamed=_renamed(faults, channel, stream),
        nested_renamed=_renamed(faults, channel, nested.stream) if nested else {},
        is_nested_empty=bool(nested and faults.on(channel, "empty_feed", nested.stream)),
    )


def _renamed(faults: FaultBoard, channel: str, stream: str) -> dict[str, str]:
    chosen = [f for f in faults.of(channel) if f.kind == "rename_column" and f.stream == stream]
    return {f.column: f.to for f in chosen if f.column and f.to}


def _add_unsubscribe(app: FastAPI, company: Company) -> None:
    """One-click unsubscribe (RFC 8058): a POST without login; a GET changes nothing."""

    @app.post("/unsubscribe")
    async def unsubscribe(token: str) -> dict[str, Any]:
        recipient = await run_in_threadpool(company.mail.unsubscribe, token)
        if recipient is None:
            raise HTTPException(404, "no message carries this token")
        return {"unsubscribed": recipient}

    @app.get("/unsubscribe")
    async def show_form(request: Request) -> Response:
        form = '<form method="post"><button>Unsubscribe</button></form>'
        return Response(form, media_type="text/html")
