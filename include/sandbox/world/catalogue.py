"""What is sold: products in forty categories, their prices and stock-outs; and what goes in a basket."""

from dataclasses import dataclass

import numpy as np

from include.sandbox.world.calendar import is_sale, number
from include.sandbox.world.spec import Array, Rows, WorldSpec, rng, texts

_CATEGORIES = (
    "Mugs Plates Glasses Cutlery Cookware Bakeware Kettles Coffee Tea Spices Chocolate Candles Lamps Vases"
    " Cushions Blankets Towels Bedding Rugs Curtains Frames Clocks Mirrors Baskets Stationery Notebooks Games"
    " Puzzles Toys Books Bags Scarves Gloves Socks Jewellery Soap Perfume Plants Seeds Garden-tools"
)
_STYLES = (
    "Oak Linen Copper Ivory Indigo Rose Slate Amber Fern Coral Pearl Cedar Sage Frost Nordic Retro Alpine"
)
CATEGORIES, STYLES = _CATEGORIES.split(), _STYLES.split()
PER_CATEGORY = 15
STOCK_OUT, PRICE_DIFFERS, SALE_FACTOR = 0.06, 0.04, 0.8


@dataclass(frozen=True)
class Catalogue:
    """Products by row; a category's products stand together, cheapest first."""

    sku: Array
    description: Array
    category: Array
    cents: Array
    web_cents: Array
    introduced: Array
    vanished: Array

    def is_on_sale(self, product: Array, days: Array) -> Array:
        """Whether a product can be bought on a day: introduced, not vanished, in stock."""
        mixed = product.astype(np.uint64) * np.uint64(0x9E3779B1) + days.astype(np.uint64) * np.uint64(
            0x85EBCA77
        )
        mixed ^= mixed >> np.uint64(15)
        mixed *= np.uint64(0x2C1B3C6D)
        mixed ^= mixed >> np.uint64(13)
        out_of_stock = (mixed % np.uint64(10_000)).astype(np.int64) < STOCK_OUT * 10_000
        return np.asarray(
            (days >= self.introduced[product]) & (days < self.vanished[product]) & ~out_of_stock
        )

    def price(self, product: Array, days: Array, is_web: Array) -> Array:
        """Cents asked for a product on a day; half the categories are reduced in a sale."""
        cents = np.where(is_web, self.web_cents[product], self.cents[product])
        reduced = is_sale(days) & (product // PER_CATEGORY % 2 == 0)
        return np.where(reduced, np.round(cents * SALE_FACTOR), cents).astype(np.int64)


def catalogue(spec: WorldSpec) -> Catalogue:
    """The catalogue of a world, products to come included."""
    draw, n = rng(spec.seed, "catalogue"), len(CATEGORIES) * PER_CATEGORY
    base = np.repeat(draw.lognormal(2.3, 0.7, len(CATEGORIES)), PER_CATEGORY)
    prices = (base * draw.lognormal(0, 0.5, n)).reshape(-1, PER_CATEGORY)
    cents = np.maximum(np.round(np.sort(prices, axis=1).reshape(-1) * 20) * 5, 50).astype(np.int64) - 1
    differs = draw.random(n) < PRICE_DIFFERS
    web = np.where(differs, np.round(cents * draw.choice([0.92, 1.08], n)), cents).astype(np.int64)
    start, fate, day = number(spec.first_date) - 364, draw.random((2, n)), draw.integers(0, 730, (2, n))
    words = [
        (CATEGORIES[i // PER_CATEGORY], STYLES[(i * 7 + i // PER_CATEGORY) % len(STYLES)]) for i in range(n)
    ]
    return Catalogue(
        sku=texts([f"SKU-{i // PER_CATEGORY:02d}{i % PER_CATEGORY:02d}" for i in range(n)]),
        description=texts([f"{style} {category.replace('-', ' ').lower()}" for category, style in words]),
        category=texts([category.replace("-", " ") for category, _ in words]),
        cents=cents,
        web_cents=web,
        introduced=np.where(fate[0] < 0.18, start + day[0], 0),
        vanished=np.where(fate[1] < 0.15, start + day[1], 10**6),
    )


@dataclass(frozen=True)
class Baskets:
    """Lines of baskets: `basket` is the row of the purchase, `line` its position from 1."""

    basket: Array
    line: Array
    product: Array
    quantity: Array
    cents: Array

    def totals(self, count: int) -> Array:
        """Cents of each of `count` baskets."""
        return np.bincount(self.basket, self.quantity * self.cents, count).astype(np.int64)


def fill(goods: Catalogue, purchases: Rows, liking: Array, draw: np.random.Generator) -> Baskets:
    """What is in each purchase (person, day, is_web, spend_level); `liking`: see `choose`."""
    n = len(purchases["person"])
    count = 1 + draw.poisson(1.5 * np.minimum(purchases["spend_level"], 2.5))
    basket = np.repeat(np.arange(n), count)
    starts = np.cumsum(count) - count
    line = np.arange(len(basket)) - starts[basket] + 1
    days, person = purchases["day"][basket], purchases["person"][basket]
    product = choose(goods, liking, person, purchases["spend_level"][basket], days, draw)
    quantity = np.minimum(draw.geometric(0.72, len(basket)), 12)
    return Baskets(basket, line, product, quantity, goods.price(product, days, purchases["is_web"][basket]))


def choose(
    goods: Catalogue, liking: Array, person: Array, level: Array, days: Array, draw: np.random.Generator
) -> Array:
    """A product for each of `person`: a category by taste, in it one that suits the purse and can be bought.

    `liking` are everybody's cumulated shares of the categories, in one rising line (`People.liking`).
    """
    n, count = len(days), len(CATEGORIES)
    category = np.searchsorted(liking, person + draw.random(n) * (1 - 1e-9)) - person * count
    category = np.clip(category, 0, count - 1)
    place = np.minimum(draw.beta(1.5 * level, 1.5, n) * PER_CATEGORY, PER_CATEGORY - 1).astype(np.int64)
    for step in range(PER_CATEGORY):
        product = category * PER_CATEGORY + (place + step * 4) % PER_CATEGORY
        if step == 0:
            chosen = product
        missing = ~goods.is_on_sale(chosen, days)
        if not missing.any():
            break
        chosen = np.where(missing, product, chosen)
    return np.asarray(chosen)


def line_rows(goods: Catalogue, baskets: Baskets) -> Rows:
    """The lines' own columns, without key and money."""
    return {
        "line_number": baskets.line,
        "sku": goods.sku[baskets.product],
        "description": goods.description[baskets.product],
        "category": goods.category[baskets.product],
        "quantity": baskets.quantity,
    }
