"""What keeps an installation going and safe: the key vault so far. Knows nothing of Dagster."""
