"""What follows from the book: planning, working and reconciling orders, and the loop that performs."""
