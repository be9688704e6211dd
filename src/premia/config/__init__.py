"""Finds, merges, checks and explains TOML, and knows no feature of Premia."""
