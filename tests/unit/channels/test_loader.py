"""Channel declarations: what the four say, and how a wrong one is told."""

import itertools
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from include.channels import load_channel, load_channels
from include.channels.loader import FOLDER
from include.errors import FixDeclaration

GOOD = """\
title: Kiosks
mission_row: C1
owner: Kiosk team
is_required: true
streams:
  sales:
    connection: kiosk_api
    source: {kind: rest, path: sales}
    key: [sale_id]
    cursor: updated_at
    columns:
      sale_id: {type: string, required: true, pii: id}
      updated_at: {type: timestamp, required: true}
      status: {type: string, allowed: [open, closed]}
  lines:
    nested: {parent: sales, field: lines, inherit: {sale_id: sale_id}, position: line_number}
    key: [sale_id, line_number]
    columns:
      sale_id: {type: string, required: true}
      line_number: {type: int64, required: true}
"""


def loaded(tmp_path: Path, text: str) -> str:
    """What is said of a declaration."""
    file = tmp_path / "kiosk.yml"
    file.write_text(text)
    with pytest.raises(FixDeclaration) as caught:
        load_channel(file)
    return str(caught.value)


def test_the_four_channels_are_declared_with_their_rows_of_the_mission() -> None:
    channels = load_channels()
    rows = {name: (channel.mission_row, channel.is_required) for name, channel in channels.items()}
    assert rows == {
        "shop": ("C4", True), "stores": ("C1", True), "crm": ("C20", True), "email": ("C9", False),
    }  # fmt: skip


def test_nested_streams_land_with_their_parent_and_know_its_connection() -> None:
    shop = load_channels()["shop"]
    assert [stream.name for stream in shop.nested_in("orders")] == ["order_lines"]
    assert "order_lines" not in {stream.name for stream in shop.top_streams()}
    assert shop.streams["order_lines"].connection == "shop_api"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yml")), ids=lambda file: file.stem)
def test_every_column_that_holds_a_persons_detail_says_so(file: Path) -> None:
    telling = {
        "email": "email", "recipient": "email", "phone": "phone", "first_name": "name", "last_name": "name",
        "street": "address", "postcode": "address", "city": "address", "birth_date": "birth_date",
        "loyalty_id": "id", "account_id": "id", "cookie_id": "id", "device_id": "id", "contact_id": "id",
        "subscriber_id": "id", "message_id": "id",
    }  # fmt: skip
    columns = [c for stream in load_channel(file).streams.values() for c in stream.columns.values()]
    assert columns
    for column in columns:
        assert column.pii == telling.get(column.name, column.pii), column.name


def test_loading_is_light_enough_for_a_dag_file() -> None:
    heavy = "{'pandas', 'pyarrow', 'great_expectations', 'httpx', 'sqlalchemy', 'fsspec', 'duckdb'}"
    code = f"import sys, include.channels as c; c.load_channels(); print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=FOLDER.parents[1], check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


def test_a_good_declaration_is_good(tmp_path: Path) -> None:
    (tmp_path / "kiosk.yml").write_text(GOOD)
    sales = load_channels(tmp_path)["kiosk"].streams["sales"]
    assert (sales.label, sales.columns["status"].name) == ("kiosk/sales", "status")


def test_a_path_may_have_a_query_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "kiosk.yml").write_text(GOOD.replace("path: sales", "path: sales?status=any&limits=5"))
    source = load_channels(tmp_path)["kiosk"].streams["sales"].source
    assert source is not None and source.path == "sales?status=any&limits=5"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title: Kiosks\n", "", "kiosk.yml, line 1: title: missing: this key is required"),
        ("owner:", "ownr:", "kiosk.yml, line 3: ownr: unknown key (did you mean owner?); allowed: deadline"),
        ("cursor:", "cursr:", "kiosk.yml, line 10: streams.sales.cursr: unknown key (did you mean cursor?)"),
        ("path: sales", "path: sales, pagesize: 5", "line 8: streams.sales.source.rest.pagesize: unkn"),
        ("kind: rest", "kind: ftp", "line 8: streams.sales.source: Input tag 'ftp'"),
        ("type: timestamp", "type: datetime", "line 13: streams.sales.columns.updated_at.type: In"),
        ("pii: id", "pii: secret", "sale_id.pii: Input should be 'email', 'phone'"),
        ("is_required: true", "is_required: maybe", "line 4: is_required: "),
        ("mission_row: C1", "mission_row: seven", "line 2: mission_row: String should match pattern"),
        ("path: sales}", "path: sales, total: pages}", "source.rest.total: Input should be 'keys', 'r"),
        ("path: sales", "path: sales?limit=5", "line 8: streams.sales.source.path: the reader sets limit"),
        ("path: sales", "path: sales?a=1&updated_%66rom=2", "source.path: the reader sets updated_from"),
        ("path: sales", "path: sales?cursor", "source.path: the reader sets cursor itself"),
        ("path: sales", "path: sales?updated_to=", "source.path: the reader sets updated_to itself"),
        ("path: sales", 'path: "sales?a=1#top"', "line 8: streams.sales.source.path: a fragment"),
        ("path: sales", 'path: "sales\\tx"', "source.path: holds characters that no address may hold"),
        ("rest, path: sales", 'files, path: "{date}", format: csv, delimiter: ";;"', "files.delimiter: Str"),
        ("cursor: updated_at", "cursor: changed_at", "line 10: streams.sales.cursor: 'changed_at' is no"),
        ("    cursor: updated_at\n", "", "line 6: streams.sales: needs a cursor"),
        ("key: [sale_id]", "key: [sale]", "line 9: streams.sales.key.0: 'sale' is no column of sales; a"),
        ("key: [sale_id]", "key: [status]", "line 9: streams.sales.key.0: column 'status' must be required"),
        ("key: [sale_id]", "key: []", "line 9: streams.sales.key: "),
        ("parent: sales", "parent: sale", "line 16: streams.lines.nested.parent: 'sale' is no"),
        ("position: line_number", "position: sale_id", "nested.position: column 'sale_id' must be of"),
        ("    connection: kiosk_api\n", "", "streams.sales.connection: missing: the id of the connection"),
        ("      line_number: {type: int64", "      line_number: {time_zone: Mars, type: int64", "line 20"),
        ("title: Kiosks\n", "title: Kiosks\ntitle: Again\n", "kiosk.yml, line 2: title: said twice"),
        ("title: Kiosks\n", "title: [Kiosks\n", "kiosk.yml, line 2: not YAML"),
        ("title: Kiosks\n", "title: &all [*all]\n", "kiosk.yml, line 1: its aliases (*) unfold to too much"),
        ("title: Kiosks\n", "title: *title\n", "kiosk.yml, line 1: not YAML"),
        ("      status:", "      Status Code:", "line 14: streams.sales.columns.Status Code"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_file_line_and_field_with_what_is_allowed(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in GOOD
    assert said in loaded(tmp_path, GOOD.replace(old, new, 1))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    said = loaded(tmp_path, GOOD.replace("title:", "titel:").replace("type: int64", "type: integer"))
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "kiosk.yml, line 1", "kiosk.yml, line 1", "kiosk.yml, line 20",
    ]  # fmt: skip


def test_aliases_of_aliases_are_refused_before_they_unfold(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
        for before, name in itertools.pairwise("abcdefghij")
    )
    began = time.monotonic()
    assert "its aliases (*) unfold to too much" in loaded(tmp_path, bomb)
    assert time.monotonic() - began < 1


def test_nesting_without_end_is_no_declaration(tmp_path: Path) -> None:
    assert "kiosk.yml: nested too deeply" in loaded(tmp_path, "a: " + "[" * 3000 + "]" * 3000)


@pytest.mark.parametrize("text", ["", "[]", "text", "1"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert "kiosk.yml, line 1: a channel is a mapping" in loaded(tmp_path, text)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FixDeclaration, match="holds no channel"):
        load_channels(tmp_path)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yml")), ids=lambda file: file.stem)
def test_dropping_or_misspelling_any_line_is_an_error_or_still_a_channel(file: Path, tmp_path: Path) -> None:
    lines = file.read_text().splitlines(keepends=True)
    refused = 0
    for number in range(len(lines)):
        copy = tmp_path / file.name
        copy.write_text("".join(lines[:number] + lines[number + 1 :]))
        try:
            load_channel(copy)
        except FixDeclaration as error:
            refused += 1
            assert f"{file.name}, line " in str(error)
    assert refused > 5
    assert yaml.safe_load(file.read_text())["streams"]
