"""Run Great Expectations on a table and keep counts, never values."""

import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from include.errors import FixDeclaration

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
import great_expectations as gx  # analytics is decided at import
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation

logging.getLogger("great_expectations").setLevel(logging.ERROR)
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
MANY = 100


@dataclass(frozen=True)
class Check:
    """Outcome of one expectation: counts only. `severity` is critical, warning or info."""

    expectation: str
    column: str
    severity: str
    passed: bool
    checked: int | None = None
    failed: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """As it stands in reports."""
        return asdict(self)

    def __str__(self) -> str:
        counts = f" ({self.failed} of {self.checked} rows)" if self.failed is not None else ""
        return f"{self.expectation.removeprefix('expect_')} {self.column}".rstrip() + counts


def run(table: pa.Table, expectations: Sequence[Expectation], label: str) -> list[Check]:
    """The outcome of each expectation on `table`. Shares (`mostly`) are judged from `MANY` rows on.

    Raises:
        FixDeclaration: an expectation could not be computed: the suite is wrong, not the data.
    """
    judged = [e for e in expectations if len(table) >= MANY or getattr(e, "mostly", 1) == 1]
    if not judged:
        return []
    asset = _context().data_sources.add_pandas("landing").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": _frame(table)})
    suite = gx.ExpectationSuite(name="suite", expectations=list(judged))
    outcome = batch.validate(suite, result_format=COUNTS_ONLY)
    broken = [result for result in outcome.results if _is_broken(result)]
    if broken:
        names = ", ".join(str(result.expectation_config.type) for result in broken)
        raise FixDeclaration(f"{label}: these expectations cannot be computed, mend the suite: {names}")
    return [_check(result) for result in outcome.results]


def columns_of(expectations: Sequence[Expectation]) -> list[str]:
    """The columns that the expectations look at, each once."""
    found = [getattr(e, name, None) for e in expectations for name in ("column", "column_A", "column_B")]
    lists = [column for e in expectations for column in getattr(e, "column_list", None) or ()]
    return sorted({str(name) for name in [*found, *lists] if name})


def _context() -> Any:
    """A context in memory: no folder, no docs, no progress bars, nobody told."""
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _frame(table: pa.Table) -> Any:
    """pandas, decimals as floats: near enough to judge a range by."""
    fields = [pa.field(f.name, pa.float64() if pa.types.is_decimal(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(fields)).to_pandas()


def _is_broken(result: Any) -> bool:
    """Whether the engine failed, rather than the data."""
    info = result.exception_info or {}
    parts = [info, *(part for part in info.values() if isinstance(part, dict))]
    return any(part.get("raised_exception") for part in parts)


def _check(result: Any) -> Check:
    counts = result.result or {}
    severity = getattr(result.expectation_config.severity, "value", result.expectation_config.severity)
    return Check(
        expectation=str(result.expectation_config.type),
        column=str(result.expectation_config.kwargs.get("column", "")),
        severity=str(severity or "critical"),
        passed=bool(result.success),
        checked=counts.get("element_count"),
        failed=counts.get("unexpected_count"),
    )
