"""What is tried on history: published indices replayed by their rules, backtests, sweeps; on arrays.

Everything here decides with the functions that live trading decides with. Nothing here is loaded by it.
"""
