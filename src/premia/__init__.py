"""Premia runs options-income strategies, above all the wheel, on Interactive Brokers."""

__all__ = ["__version__"]

__version__ = "0.1.0"
