"""The nouns and facts of options trading: immutable values without I/O, and the fold over them."""
