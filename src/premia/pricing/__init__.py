"""Values, greeks, implied volatilities, volatility surfaces and bid-ask spreads of options, on arrays.

Conventions of the whole room: prices are currency per share; rates, yields and volatilities are
annualised fractions, rates continuously compounded; years are ACT/365; a sign of +1 means a call
and -1 a put. Inputs broadcast against each other, results have the broadcast shape (at least one
dimension). Nothing here enters the ledger except through `domain.money.to_tick`.
"""
