"""What to open, close and roll, and why: pure functions of market, book and parameters."""
