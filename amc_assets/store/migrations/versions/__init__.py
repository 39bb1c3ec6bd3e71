"""One file per revision, in order: v0001, v0002, ..."""
