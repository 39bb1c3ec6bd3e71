"""Alembic environment and revisions; a revision is never edited after its release."""
