"""Write marts as Parquet whose bytes depend on nothing but their rows."""

import filecmp
import hashlib
import os
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from include import durable
from include.failpoints import failpoint
from include.warehouse.marts import Mart

ROW_GROUP = 131_072


def export_mart(con: duckdb.DuckDBPyConnection, mart: Mart, folder: Path, before: Path | None) -> None:
    """Write one mart into `folder`: a file, or a folder of partitions. What equals the file of the version
    `before` becomes a hard link to it."""
    if mart.partition_by is None:
        _write_part(con, mart, None, folder, before)
        return
    (folder / mart.name).mkdir()
    values = con.execute(f"select distinct {mart.partition_by} from {mart.name} order by 1").fetchall()
    for (value,) in values:
        _write_part(con, mart, str(value), folder, before)
    durable.sync(folder / mart.name)


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of all files under a folder (hex)."""
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return whole.hexdigest()


def _write_part(
    con: duckdb.DuckDBPyConnection, mart: Mart, value: str | None, folder: Path, before: Path | None
) -> None:
    place = Path(f"{mart.name}.parquet")
    if value is not None:
        place = Path(mart.name) / f"{mart.partition_by}={value}" / "data.parquet"
        (folder / place).parent.mkdir()
    failpoint("publish.before_write")
    _write(_rows(con, mart, value), folder / place)
    failpoint("publish.after_write")
    if before is not None:
        _share(before / place, folder / place)
    durable.sync((folder / place).parent)


def _share(old: Path, new: Path) -> None:
    """Let two equal files be one."""
    if old.is_file() and filecmp.cmp(old, new, shallow=False):
        link = new.with_name(f".{new.name}.link")
        os.link(old, link)
        link.replace(new)


def _rows(con: duckdb.DuckDBPyConnection, mart: Mart, value: str | None) -> pa.Table:
    order = ", ".join(mart.key)
    if value is None:
        rows = con.sql(f"select * from {mart.name} order by {order}")
    else:
        split = mart.partition_by
        query = f"select * exclude ({split}) from {mart.name} where {split} = ? order by {order}"
        rows = con.sql(query, params=[value])
    table: pa.Table = rows.to_arrow_table()
    return table


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(
        table.combine_chunks(),
        path,
        compression="zstd",
        row_group_size=ROW_GROUP,
        write_page_checksum=True,
        use_dictionary=True,
        store_schema=True,
    )
    durable.sync(path)
