"""The command line: shows projections of the journal, and starts what `bootstrap` joins."""
