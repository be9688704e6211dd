"""The result of a run on history: what it leaves behind, as a value, a file, a page and a comparison."""
