"""One module per way of speaking to a vendor; its file name is the registration.

Each has `Request`, `payload`, `receipt`, `send` (pure functions over a transport), `connect`, and
either `erase` or `ERASE`, which says why there is nothing to erase.
"""
