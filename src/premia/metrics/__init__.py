"""Statistics of returns, trades and cash flows, on arrays.

Conventions of the whole room: returns are simple returns a period as fractions (0.01 is 1 %), in order
of time; `periods` is how many of them make a year (252 daily, 12 monthly); a riskless rate is a fraction
*a period*, one number or one a return, made from an annual one by `returns.rate_per_period`. Losses are
negative, with the exception of value at risk and expected shortfall, which are losses by name. What is
undefined is None, never an infinity, a NaN or a convenient zero. A series of unequal length or with a
value that is no number is refused: a gap is closed before its statistics are taken, not within them.
"""
