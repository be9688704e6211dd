"""A verb that breaks."""


def broken() -> None:
    """It breaks."""
    raise ZeroDivisionError(1 // len("x"))
