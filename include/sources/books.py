"""Whether the pages of a list hold all that its API promised: what it counts is counted again here."""

from collections.abc import Hashable, Sequence
from typing import Any, Literal

from include.errors import FixSource, RetryLater
from include.lake.clean import is_blank
from include.lake.reasons import Unreadable

Counts = Literal["keys", "rows", "none"]
PAGES_WITHOUT_NEWS = 100  # so many with no new key, one after the other, are a list that never ends


class Books:
    """The count of one read, held against the API's total.

    `counts`: what the total counts. `keys`: distinct values of the columns `key`; pages that drift while
    they are read then show, though the number of rows is right. A row whose key cannot be read counts as
    one of its own. `rows`: all rows. `none`: there is no total.
    """

    def __init__(self, key: Sequence[str], counts: Counts, label: str) -> None:
        self._key, self._counts, self._label = key, counts, label
        self._seen: set[Hashable] = set()
        self._without_key = self._rows = self._quiet = 0
        self._promised: int | None = None

    def add(self, rows: Sequence[Any], total: int | None) -> None:
        """Count one page and what it promises.

        Raises:
            RetryLater: the total is no longer what it was.
            FixSource: more came than was promised, or pages bring nothing new again and again.
        """
        if self._counts != "none":
            self._promise(total)
        before = self._found
        self._rows += len(rows)
        for row in rows if self._counts != "rows" else ():
            key = _key_of(row, self._key)
            if key is None:
                self._without_key += 1
            else:
                self._seen.add(key)
        self._quiet = 0 if self._found > before else self._quiet + 1
        if self._promised is not None and self._found > self._promised:
            raise FixSource(
                f"{self._label} promised {self._promised} rows and gave {self._counted}: its paging is broken"
            )
        if self._quiet > PAGES_WITHOUT_NEWS:
            raise FixSource(
                f"{self._label} gave {self._quiet} pages in a row without a new row: its paging is broken"
            )

    def close(self) -> None:
        """Make sure that nothing is missing, once the last page has come.

        Raises:
            RetryLater: less came than was promised.
        """
        if self._promised is None or self._found == self._promised:
            return
        hint = ""
        if self._counts == "keys" and self._rows >= self._promised:
            hint = (
                ". Rows came twice and others not at all, as in a list that moves while it is read; if its "
                "total counts rows that share a key, declare total: rows"
            )
        raise RetryLater(
            f"{self._label} promised {self._promised} rows and gave {self._counted}; nothing was landed{hint}"
        )

    def _promise(self, total: int | None) -> None:
        if self._promised is not None and total != self._promised:
            raise RetryLater(f"{self._label} changed from {self._promised} to {total} rows while it was read")
        self._promised = total

    @property
    def _found(self) -> int:
        return self._rows if self._counts == "rows" else len(self._seen) + self._without_key

    @property
    def _counted(self) -> str:
        if self._counts == "rows":
            return str(self._found)
        odd = f", {self._without_key} of them without" if self._without_key else ""
        return f"{self._found} by their key {', '.join(self._key)} (of {self._rows} rows{odd})"


def _key_of(row: Any, names: Sequence[str]) -> Hashable | None:
    """The row's key; values that are equal and of another type (1, true) are other keys."""
    if not isinstance(row, dict) or not names:
        return None
    values = [row.get(name) for name in names]
    if any(
        value is None or is_blank(value) or isinstance(value, dict | list | Unreadable) for value in values
    ):
        return None
    return tuple((type(value), value) for value in values)
