"""Option quotes over time, as columns that lie on disk as they lie in memory."""
