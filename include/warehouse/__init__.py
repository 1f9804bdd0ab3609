"""The warehouse: candidates built by dbt, audited, then published as Parquet."""
