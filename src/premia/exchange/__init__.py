"""A simulated US options market: quotes, fills, fees, margin, dividends, assignment, exercise, expiry."""
