"""Operational database: what was called, run, found and decided. SQLite by default, PostgreSQL in production.

Belongs here: tables, migrations and the few functions that read and write them. Market data lives in the lake.
"""
