"""The control API of a drill: move the company's day on, set and clear faults, ask for health."""

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from include.errors import OmniError
from include.sandbox.faults import FaultBoard, FaultRequest
from include.sandbox.servers.gate import bearer


class AdvanceRequest(BaseModel):
    """Body of `POST /control/advance`."""

    date: date


class Controls:
    """What the control API reaches; each call may take seconds and runs in a thread."""

    def __init__(
        self,
        faults: FaultBoard,
        advance: Callable[[date], date],
        refresh_faults: Callable[[], None],
        health: Callable[[], dict[str, Any]],
    ) -> None:
        self.faults, self.advance, self.refresh_faults, self.health = faults, advance, refresh_faults, health


def control_api(controls: Controls, token: str) -> FastAPI:
    """`/advance`, `/faults`, `/health`, all behind the control token."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(bearer(token))])

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return await run_in_threadpool(controls.health)

    @app.post("/advance")
    async def advance(request: AdvanceRequest) -> dict[str, Any]:
        try:
            reached = await run_in_threadpool(controls.advance, request.date)
        except OmniError as error:
            raise HTTPException(409, str(error)) from error
        return {"date": reached.isoformat()}

    _add_faults(app, controls)
    return app


def _add_faults(app: FastAPI, controls: Controls) -> None:
    @app.post("/faults")
    async def add_fault(request: FaultRequest) -> dict[str, Any]:
        try:
            fault = request.fault()
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        controls.faults.add(fault)
        await run_in_threadpool(controls.refresh_faults)
        return {"faults": controls.faults.describe()}

    @app.delete("/faults")
    async def clear_faults() -> dict[str, Any]:
        controls.faults.clear()
        await run_in_threadpool(controls.refresh_faults)
        return {"faults": []}
