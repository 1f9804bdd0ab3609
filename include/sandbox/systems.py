"""The company with its database and bucket: brought up together, moved on together."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

from include.sandbox.access import Doors
from include.sandbox.adplatform import AdPlatform
from include.sandbox.company import Company
from include.sandbox.faults import FaultBoard
from include.sandbox.increments import Increments
from include.sandbox.parameters import SandboxError, read_world
from include.sandbox.received import ReceivedLog
from include.sandbox.served import STORE_TABLES, WEB_EVENTS
from include.sandbox.servers.bucket import Bucket
from include.sandbox.servers.postgres import Postgres
from include.sandbox.servers.stores import Stores
from include.settings import Settings


class Systems:
    """Everything behind the doors. `start` first; it may take seconds."""

    company: Company

    def __init__(self, settings: Settings, doors: Doors) -> None:
        world = read_world(settings)
        if world is None:
            raise SandboxError(f"there is no company in {settings.sandbox}: start the sandbox first")
        self._settings, self._world = settings, world
        self._lock = threading.Lock()
        self.has_been_asked = False
        self.faults = FaultBoard()
        self.files = ReceivedLog(settings.sandbox / "received" / "sftp.jsonl")
        self.ads = AdPlatform(settings.sandbox)
        self._postgres = Postgres(settings.sandbox / "postgres", doors)
        self._stores = Stores(self._postgres, doors["stores"].login)
        self._bucket = Bucket(settings.sandbox / "bucket", doors["bucket"], self.faults)

    @property
    def seed(self) -> int:
        """What decides all chance in this world."""
        return self._world.parameters.seed

    def start(self) -> None:
        """Make or read the world, fill database and bucket, and start both."""
        increments = Increments(self._settings, self._world.parameters)
        with ThreadPoolExecutor(1) as pool:
            database = pool.submit(self._postgres.start)
            increments.make_history()
            self.company = Company(self._settings, self._world, increments)
            increments.tell_truth(increments.days(self.company.today))
            database.result()
        self._show(self.company.today)
        self._bucket.start()

    def stop(self) -> None:
        """Stop database and bucket; whatever has not started is left alone."""
        self._bucket.stop()
        self._postgres.close()

    def advance(self, day: date) -> date:
        """Move the company on to the end of `day`, day by day; never back. The day it now stands at."""
        with self._lock:
            for following in self.company.days_after(day):
                self.company.prepare(following)
                self._stores.apply([])
                self._show(following)
                self.company.move_to(following)
                self._stores.apply(self.faults.of("stores"))
            return self.company.today

    def apply_faults(self) -> None:
        """Let the faults act that database and bucket have to be changed for."""
        with self._lock:
            self._stores.apply(self.faults.of("stores"))
            self._bucket.apply(self.faults.of("shop_events"))

    def health(self) -> dict[str, Any]:
        """Whether all answer, the present day, and the faults that are on."""
        self.has_been_asked = True
        return {
            "is_healthy": self._stores.answers(),
            "date": self.company.today.isoformat(),
            "received": {
                "smtp": self.company.mail.count,
                "sftp": self.files.count,
                "ad_platform": self.ads.count,
            },
            "faults": self.faults.describe(),
        }

    def _show(self, day: date) -> None:
        tables = {name: self.company.table("stores", name, day) for name in STORE_TABLES}
        known = {name: table for name, table in tables.items() if table is not None}
        self._stores.load(known, self.company.until(day), self.company.name)
        self._bucket.publish(day, self._bounds, lambda: self.company.table(*WEB_EVENTS, day))

    def _bounds(self, day: date) -> tuple[datetime, datetime]:
        return self._settings.day_start(day), self._settings.day_end(day)
