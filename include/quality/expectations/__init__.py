"""Great Expectations suites: one module a channel, and one for the candidate warehouse.

A channel's module has `expectations(stream: str) -> list[Expectation]`. What the contract already says
(rows, freshness) is added by `include.quality.contract`; types, duties, lists, lengths, forms and ranges of
single values are the lake's, which sets the row aside. So these look at shares, and warn.
Expectations with `mostly` judge shares, so they wait for `include.quality.checks.MANY` rows.
"""
