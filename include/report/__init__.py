"""What a night did, told twice: `summary.json` for machines, `index.html` for a marketer.

Both hold counts and names of things in this repository, never anything about one person.
"""

from include.report.summary import collect
from include.report.table import summary_table
from include.report.write import write_report

__all__ = ["collect", "summary_table", "write_report"]
