"""The stores' database: receipts with and without a loyalty card, their lines, and what was brought back."""

import numpy as np

from include.sandbox.world.arrivals import Arrivals
from include.sandbox.world.calendar import DAY_US, Period
from include.sandbox.world.catalogue import Baskets, Catalogue, fill, line_rows
from include.sandbox.world.dress import STORE_CARD, STORE_PLAIN, dress
from include.sandbox.world.numbering import by_day
from include.sandbox.world.people import People
from include.sandbox.world.spec import Array, Rows, chance_of, given, only, pick, texts
from include.sandbox.world.tables import money, stack, take

RETURNED = 0.05
BORROWED = 0.5
PAYMENTS = np.array(["card", "card", "card", "cash", "mobile"], object)
REASONS = np.array(["does not fit", "damaged", "not as described", "changed my mind", "gift"], object)


def stores(people: People, period: Period, goods: Catalogue, bought: Rows) -> tuple[dict[str, Rows], Rows]:
    """Rows of `receipts`, `receipt_lines`, `returns`; and truth: record_key, person."""
    draw = period.rng("stores")
    post = Arrivals(draw)
    sold = take(bought, ~bought["is_web"])
    baskets = fill(goods, sold, people.liking, draw)
    heads = _heads(people, period, sold, draw)
    cents = baskets.totals(len(sold["person"]))
    heads |= {"total_amount": money(cents), "currency": np.full(len(cents), period.spec.currency, object)}
    truth = {"record_key": heads["receipt_id"], "person": sold["person"]}
    lines = line_rows(goods, baskets) | {"unit_price": money(baskets.cents)}
    lines["receipt_id"] = heads["receipt_id"][baskets.basket]
    visible = sold["at"] + post.delays(len(cents))
    returned = _returns(heads, lines, baskets, sold["at"], visible, post)
    heads = post.damage(post.stamp(heads, visible), "receipt_id", "store_id")
    lines = post.damage(post.stamp(lines, visible[baskets.basket]), "line_number", "sku")
    heads, lines = correct_lines(heads, lines, baskets, cents, heads["_visible_at"], post)
    return {"receipts": heads, "receipt_lines": lines, "returns": returned}, truth


def _heads(people: People, period: Period, sold: Rows, draw: np.random.Generator) -> Rows:
    who, days, persons = sold["person"], sold["day"], people.persons
    lender = persons["borrows_card_of"][who]
    borrows = (lender >= 0) & (draw.random(len(who)) < BORROWED)
    holder = np.where(borrows, lender, who)
    has_card = persons["card_day"][holder] <= days
    parts = [(has_card, STORE_CARD), (~has_card, STORE_PLAIN)]
    dressed = stack([dress(people, who[mask], days[mask], kind, draw) for mask, kind in parts])
    back = np.argsort(np.concatenate([np.flatnonzero(mask) for mask, _ in parts]), kind="stable")
    home = (chance_of(period.spec.seed, "home store", persons["household"][who]) * 8).astype(np.int64)
    shop = np.where(draw.random(len(who)) < 0.85, home, draw.integers(0, 8, len(who)))
    return take(dressed, back) | {
        "receipt_id": by_day("R", days),
        "store_id": texts(
            [f"{c}{n + 1:02d}" for c, n in zip(persons["country"][who], shop.tolist(), strict=True)]
        ),
        "sold_at": sold["at"],
        "loyalty_id": only(has_card, persons["loyalty_id"][holder]),
        "payment_method": pick(draw, PAYMENTS, len(who)),
    }


def _returns(heads: Rows, lines: Rows, baskets: Baskets, at: Array, visible: Array, post: Arrivals) -> Rows:
    """One line in twenty comes back within four weeks."""
    draw = post.draw
    back = np.flatnonzero(draw.random(len(baskets.line)) < RETURNED)
    of = baskets.basket[back]
    wait = (draw.uniform(0.6, 26, len(back)) * DAY_US).astype(np.int64).astype("timedelta64[us]")
    returned = at[of] + wait
    rows = {
        "return_id": texts(
            [f"T{r[1:]}-{n}" for r, n in zip(heads["receipt_id"][of], baskets.line[back], strict=True)]
        ),
        "receipt_id": heads["receipt_id"][of],
        "returned_at": returned,
        "store_id": heads["store_id"][of],
        "sku": lines["sku"][back],
        "quantity": baskets.quantity[back],
        "amount": money(baskets.quantity[back] * baskets.cents[back]),
        "currency": heads["currency"][of],
        "reason": pick(draw, REASONS, len(back)),
        "loyalty_id": only(draw.random(len(back)) < 0.7, heads["loyalty_id"][of]),
    }
    rows = post.arrive(rows, np.maximum(returned, visible[of]), "return_id", "store_id")
    return post.correct(rows, {"reason": np.full(len(back), "faulty", object)})


def correct_lines(
    heads: Rows, lines: Rows, baskets: Baskets, cents: Array, since: Array, post: Arrivals
) -> tuple[Rows, Rows]:
    """Documents and lines, and later versions where one line in a hundred was one piece short.

    `since`: from when each document's last version shows. Heads must stand in the order of the baskets.
    """
    chosen = post.wrong_lines(lines["_broken"])
    of, first = np.unique(baskets.basket[chosen], return_index=True)
    keep = ~given(heads["_broken"][of])
    of, chosen = of[keep], chosen[first][keep]
    moment = since[of] + post.waits(len(of))
    mark = {"_visible_at": moment, "_copies": np.ones(len(of), np.int64), "updated_at": moment}
    new_lines = take(lines, chosen) | {"quantity": baskets.quantity[chosen] + 1} | mark
    new_heads = take(heads, of) | {"total_amount": money(cents[of] + baskets.cents[chosen])} | mark
    return stack([heads, new_heads]), stack([lines, new_lines])
