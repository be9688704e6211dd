"""Journals: the durable record of one account, in SQLite and in memory behind one port."""
