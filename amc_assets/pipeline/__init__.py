"""From providers to candidates without Dagster: ingest, discovery, look-ahead guard; ``defs/`` and ``amc`` call it."""
