"""How long things are kept (`include/retention.yml`), and what takes away those that have expired.

`declaration` is light, for DAG files read it; `prune` does the work.
"""
