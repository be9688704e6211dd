"""Statements of Interactive Brokers: Flex XML and the activity statement as CSV."""
