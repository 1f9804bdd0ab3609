"""The night fits a terminal: aligned, complete, never wider than 100 columns."""

from include.report.absent import sentences
from include.report.table import summary_table
from include.warehouse.shapes import SHAPES


def test_no_line_is_wider_than_a_hundred_columns(night):
    reasons = {f"reason_number_{n}": n for n in range(1, 30)}
    streams = {
        "shop": {
            "orders": {"rows_in": 435, "loaded": 0, "duplicate": 0, "quarantined": reasons, "new_columns": []}
        }
    }
    lines = summary_table(night(channels=streams)).splitlines()
    assert len(lines) > 20
    assert max(map(len, lines)) <= 100


def test_columns_stand_under_their_heads(night):
    lines = summary_table(night()).splitlines()
    head = next(line for line in lines if line.startswith("channel"))
    row = next(line for line in lines if line.startswith("shop/web_events"))
    assert row.split() == ["shop/web_events", "12,480", "12,351", "117", "12"]
    assert head.index("loaded") + len("loaded") == row.index("12,351") + len("12,351")


def test_every_part_of_the_night_is_told(night):
    table = summary_table(night())
    for part in (
        "mailhouse",
        "lapsed_buyers",
        "merged 3",
        "no_consent 6",
        "stale",
        "welcome/email",
        "passed 312",
    ):
        assert part in table


def test_a_night_without_a_version_still_has_a_table(night):
    table = summary_table(night(version=None, customers={}, audiences={}, destinations={}, messages={}))
    assert "nothing published" in table
    assert "shop/orders" in table


def test_what_no_channel_gives_is_said_in_plain_words(night):
    table = summary_table(night(absent=["orders", "order_lines", "carts"]))
    assert "No channel gives orders: order marts and the audiences that rest on them are empty." in table
    assert "No channel gives carts: the audience of abandoned carts is empty." in table
    assert "order lines" not in table  # said with the orders
    assert "No channel gives" not in summary_table(night(absent=[]))
    assert "No channel gives" not in summary_table(night())


def test_every_shape_has_words_that_fit_a_line(night):
    lines = [line for shape in SHAPES for line in sentences({"absent": [shape]})]
    assert len(lines) == len(SHAPES) > 10
    assert max(map(len, lines)) <= 100
    assert all(line.startswith("No channel gives ") and line.endswith(".") for line in lines)
