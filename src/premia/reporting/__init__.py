"""Read models: what a journal's events say, as rows for people and programs. Pure, without I/O."""
