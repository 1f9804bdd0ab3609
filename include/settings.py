"""Where things are and how the company keeps time: the one place that reads the environment."""

import sys
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from include.company import Country, Currency, Languages, TimeZone, load_company
from include.errors import FixDeclaration
from include.private import keep_private

ROOT = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """Settings of one installation, each from the environment variable `OMNI_<NAME>`.

    `country`, `languages`, `currency` and `time_zone` are the company's (`include/company.yml`) where no
    variable says otherwise.
    `var` holds all state of a local run; `lake_url` and `ledger_url` move those two elsewhere (an fsspec
    URL, a SQLAlchemy URL; off loopback over TLS that verifies). `hash_keys` are those of kept hashes, where
    they are not in a file (see `include.hash_keys`). `clock` is `wall` in production, `sandbox` where the
    business date decides what time it is (see `include.clock`). `schedules` switches the DAGs' own
    schedules off where a command drives the night; with `first_night` every night from that date on
    is run, missed ones one after another, and without it only the latest; a task is tried again
    `retries` times, the first time after `retry_seconds`. With `second_person` who asked for something may
    not approve it.

    Raises:
        FixDeclaration: a value is wrong: names the variable, or file, line and field.
    """

    model_config = SettingsConfigDict(env_prefix="OMNI_", env_ignore_empty=True, frozen=True)

    var: Path = ROOT / "var"
    lake_url: str = ""
    ledger_url: str = ""
    hash_keys: SecretStr = SecretStr("")
    country: Country
    languages: Languages
    currency: Currency
    time_zone: TimeZone
    clock: str = "wall"
    client_timeout: float = 20.0
    lease: float = 30.0
    schedules: bool = True
    first_night: date | None = None
    retry_seconds: int = 60
    retries: int = 3
    second_person: bool = False

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise FixDeclaration("\n".join(_complain(e) for e in error.errors())) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given first, then the environment, then the company's declaration."""
        declared = InitSettingsSource(settings_cls, load_company().model_dump())
        return init_settings, env_settings, declared

    @cached_property
    def zone(self) -> ZoneInfo:
        """The company's time zone: business dates begin and end at its midnight."""
        return ZoneInfo(self.time_zone)

    @property
    def lake_root(self) -> str:
        """fsspec URL under which `<channel>/<stream>/date=…/data.parquet` lie."""
        return self.lake_url or str(self.var / "lake")

    @property
    def quarantine_root(self) -> str:
        """fsspec URL of the refused rows, laid out like the lake."""
        return f"{self.lake_url.rstrip('/')}-quarantine" if self.lake_url else str(self.var / "quarantine")

    @property
    def ledger(self) -> str:
        """SQLAlchemy URL of the ledger."""
        return self.ledger_url or f"sqlite:///{self.var / 'ledger.sqlite'}"

    @property
    def warehouse(self) -> Path:
        """Warehouse files kept per version, the candidate, and the verified inputs of a build."""
        return self.var / "warehouse"

    @property
    def published(self) -> Path:
        """Published versions and the pointer `current`."""
        return self.var / "published"

    @property
    def reports(self) -> Path:
        """Nightly reports, one folder a business date."""
        return self.var / "reports"

    @property
    def sandbox(self) -> Path:
        """State of the made-up company."""
        return self.var / "sandbox"

    def day_start(self, business_date: date) -> datetime:
        """Midnight at which `business_date` begins in the company's zone."""
        return datetime.combine(business_date, time(), tzinfo=self.zone)

    def day_end(self, business_date: date) -> datetime:
        """Midnight at which `business_date` ends (exclusive) in the company's zone."""
        return self.day_start(business_date + timedelta(days=1))


def load() -> Settings:
    """Read the settings from the environment as it is now.

    Raises:
        FixDeclaration: a value is wrong.
    """
    return Settings()


def load_for_command() -> Settings:
    """The same for a command that a person types: it says in one line what is wrong, and ends with 2.

    What the command writes is for its user alone.
    """
    keep_private()
    try:
        return load()
    except FixDeclaration as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def _complain(error: Any) -> str:
    """Name the variable, and never show its value: some hold passwords."""
    name = str(error["loc"][0]) if error["loc"] else "settings"
    return f"OMNI_{name.upper()}: {error['msg'].removeprefix('Value error, ')}"
