"""The one process that runs all of the company's systems, from start to SIGTERM."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI

from include.sandbox.access import (
    AD_ACCOUNT,
    AD_API_VERSION,
    HOST,
    Doors,
    connections,
    control,
    read_doors,
    write_private,
)
from include.sandbox.lifecycle import STARTER
from include.sandbox.servers.adplatform import ads_api
from include.sandbox.servers.ads_gate import Account
from include.sandbox.servers.channels import channel_api
from include.sandbox.servers.control import Controls, control_api
from include.sandbox.servers.sftp import Drop, host_key, serve_sftp
from include.sandbox.servers.smtp import smtp_factory
from include.sandbox.systems import Systems
from include.settings import Settings


class _Web(uvicorn.Server):
    """uvicorn that leaves signals to the supervisor."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: Settings) -> None:
    """Serve the world that `world.json` names until SIGTERM or SIGINT; then stop everything."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    doors = read_doors(settings)
    systems = Systems(settings, doors)
    watch = asyncio.create_task(_watch(settings, stopping, systems))
    try:
        await _until(stopping, asyncio.to_thread(systems.start))
        if not stopping.is_set():
            await _serve(settings, doors, systems, stopping)
    finally:
        watch.cancel()
        await asyncio.to_thread(systems.stop)
        sys.stderr.flush()
        if stopping.is_set():
            os._exit(0)  # a thread that is still making the world need not be waited for


async def _serve(settings: Settings, doors: Doors, systems: Systems, stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    web = _Web(_configuration(_web_app(systems, doors), doors["web"].port))
    mail = await loop.create_server(
        smtp_factory(systems.company.mail, doors["smtp"], systems.faults), HOST, doors["smtp"].port
    )
    key_file = settings.sandbox / "sftp_host_key"
    drop = Drop(settings.sandbox / "sftp", systems.files, systems.faults)
    told = connections(doors, host_key(key_file))
    sftp = await serve_sftp(drop, doors["sftp"], HOST, key_file)
    write_private(settings.sandbox / "connections.json", told)
    write_private(settings.sandbox / "control.json", control(doors))
    serving = asyncio.create_task(web.serve())
    try:
        await _until(stopping, serving)
    finally:
        web.should_exit = True
        mail.close()
        sftp.close()
        await asyncio.wait([serving], timeout=3)


def _web_app(systems: Systems, doors: Doors) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for channel in ("shop", "crm", "email"):
        app.mount(
            f"/{channel}", channel_api(channel, systems.company, doors[channel].password, systems.faults)
        )
    account = Account(AD_ACCOUNT, doors["ads"].password, doors["ads_secret"].password, systems.seed)
    app.mount(f"/{AD_API_VERSION}", ads_api(systems.ads, account, systems.faults))
    controls = Controls(systems.faults, systems.advance, systems.apply_faults, systems.health)
    app.mount("/control", control_api(controls, doors["control"].password))
    return app


def _configuration(app: FastAPI, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=HOST,
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )


async def _until(stopping: asyncio.Event, work: Any) -> None:
    """Await `work`, or leave it as soon as a stop is asked for."""
    task = asyncio.ensure_future(work)
    waiting = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task in done:
        task.result()


async def _watch(settings: Settings, stopping: asyncio.Event, systems: Systems) -> None:
    """Leave nothing running for nobody: if the starter dies before it saw us healthy, or the folder goes."""
    starter = int(os.environ.get(STARTER, os.getppid()))
    while os.getppid() == starter and not systems.has_been_asked:
        await asyncio.sleep(0.2)
    if not systems.has_been_asked:
        stopping.set()
    while (settings.sandbox / "server.pid").exists():
        await asyncio.sleep(1)
    stopping.set()
