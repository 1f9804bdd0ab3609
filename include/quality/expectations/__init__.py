"""Great Expectations suites: one module a channel, and one for the candidate warehouse.

A channel's module has `expectations(stream: str) -> list[Expectation]`. What the contract already says
(rows, freshness) is added by `include.quality.contract`; types, duties and allowed values are the lake's.
Expectations with `mostly` judge shares, so they wait for `include.quality.checks.MANY` rows.
"""
