"""One rule for each kind of value that is compared: what SQL and Python call is the same function.

Every function is pure: the same text gives the same result on every machine. None of them raises on any
text, and what is normal stays as it is. SQL reaches them through include/warehouse/functions.py.
"""
