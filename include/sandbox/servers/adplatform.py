"""The ad platform's Graph API: custom audiences of one ad account, and uploads into them.

Nobody outside knows how the vendor keys its samples of invalid entries; here it is by the advertiser's id.
"""

import asyncio
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from include.sandbox.adplatform import AdPlatform, Audience
from include.sandbox.faults import FaultBoard
from include.sandbox.servers.ads_gate import SYSTEM, Account, GraphError, entrance, is_drawn, refusal
from include.sandbox.servers.uploads import Malformed, Upload, check_session, read_upload

GONE, BLOCKED, OUT_OF_SESSION = 33, 1713230, 2655
PAGE = 25


def ads_api(platform: AdPlatform, account: Account, faults: FaultBoard) -> FastAPI:
    """`/act_…/customaudiences`, `/<audience>` and `/<audience>/users`, to be mounted under a version."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    desk = _Desk(platform, account, faults)
    said = Annotated[dict[str, Any], Depends(entrance(account, faults))]

    @app.exception_handler(GraphError)
    async def refuse(request: Request, error: GraphError) -> Response:
        return refusal(account, error)

    @app.get("/{node}/customaudiences")
    async def list_audiences(node: str, body: said, limit: int = PAGE, after: int = 0) -> dict[str, Any]:
        desk.own(node)
        return _page([_shown(audience) for audience in platform.audiences()], limit, after)

    @app.post("/{node}/customaudiences")
    async def create(node: str, body: said, request: Request) -> dict[str, Any]:
        desk.own(node)
        made = await run_in_threadpool(desk.create, body)
        await desk.answer_or_cut(request, made.name)
        return {"id": made.audience_id}

    @app.api_route("/{node}/users", methods=["POST", "DELETE"])
    async def change(node: str, body: said, request: Request) -> dict[str, Any]:
        audience = desk.find(node)
        operation = "add" if request.method == "POST" else "remove"
        upload = await run_in_threadpool(desk.change, audience, operation, body)
        await desk.answer_or_cut(request, audience.name)
        told = {"audience_id": node, "session_id": str(body["session"]["session_id"])}
        return told | upload.answer()

    @app.get("/{node}")
    async def show(node: str, body: said) -> dict[str, Any]:
        return _shown(desk.find(node)) | desk.status(desk.find(node))

    @app.delete("/{node}")
    async def delete(node: str, body: said) -> dict[str, Any]:
        await run_in_threadpool(platform.delete, desk.find(node))
        return {"success": True}

    return app


class _Desk:
    """What the account's owner may do, and what faults make of it."""

    def __init__(self, platform: AdPlatform, account: Account, faults: FaultBoard) -> None:
        self._platform, self._account, self._faults = platform, account, faults

    def own(self, node: str) -> None:
        """Only this ad account is known."""
        if node != self._account.account_id:
            raise GraphError(100, f"Object with ID '{node}' does not exist", subcode=GONE)

    def find(self, node: str) -> Audience:
        """The audience of that id."""
        audience = self._platform.find(node)
        if audience is None:
            raise GraphError(100, f"Object with ID '{node}' does not exist", subcode=GONE)
        return audience

    def status(self, audience: Audience) -> dict[str, Any]:
        """Whether uploads are blocked."""
        if self._faults.on(SYSTEM, "blocked", audience.name):
            return {"operation_status": {"code": 471, "description": "Flagged"}}
        return {"operation_status": {"code": 200, "description": "Normal"}}

    def create(self, body: dict[str, Any]) -> Audience:
        """A new, empty audience."""
        name = body.get("name")
        if not name or not isinstance(name, str):
            raise GraphError(100, "name is required")
        if body.get("subtype") != "CUSTOM" or not body.get("customer_file_source"):
            raise GraphError(100, "subtype must be CUSTOM, and customer_file_source is required")
        return self._platform.create(name, str(body.get("description", "")))

    def change(self, audience: Audience, operation: str, body: dict[str, Any]) -> Upload:
        """Take what is good of an upload."""
        if self._faults.on(SYSTEM, "blocked", audience.name):
            raise GraphError(100, "Invalid parameter", subcode=BLOCKED)
        try:
            upload, session = read_upload(operation, body.get("payload")), check_session(body.get("session"))
        except Malformed as error:
            raise GraphError(100, f"Invalid parameter: {error}") from error
        fault = self._faults.on(SYSTEM, "invalid_entries", audience.name)
        if fault and operation == "add":
            seed = self._account.seed
            upload.spoil([name for name in upload.good if is_drawn(fault.share, seed, "entry", name)])
        refused = self._platform.change(audience, operation, upload.good, session)
        if refused:
            raise GraphError(OUT_OF_SESSION, refused)
        return upload

    async def answer_or_cut(self, request: Request, name: str) -> None:
        """Let a fault cut the line after all has been taken: no byte of an answer goes out."""
        if self._faults.strikes(SYSTEM, "drop_after_accept", name):
            cycle: Any = getattr(request.receive, "__self__", None)  # uvicorn's own; ASGI knows no hanging up
            cycle.transport.abort()
            await asyncio.sleep(0.01)


def _shown(audience: Audience) -> dict[str, Any]:
    """An audience as the vendor shows it: its size only roughly."""
    about = len(audience.members) // 100 * 100
    return {
        "id": audience.audience_id,
        "name": audience.name,
        "description": audience.description,
        "subtype": "CUSTOM",
        "approximate_count_lower_bound": about,
        "approximate_count_upper_bound": about + 100,
    }


def _page(rows: list[dict[str, Any]], limit: int, after: int) -> dict[str, Any]:
    end = after + max(limit, 1)
    paging: dict[str, Any] = {"cursors": {"after": str(min(end, len(rows)))}}
    if end < len(rows):
        paging["next"] = "https://graph.example/next"
    return {"data": rows[after:end], "paging": paging}
