"""What must not happen, with the reason: one rule a file, and the only maker of `Approved`."""
