"""From what market data lines told to the values that strategies read, with what is missing said in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from premia.adapters.ib import codes, translate
from premia.adapters.ib.contracts import UnderlyingEntry
from premia.adapters.ib.lines import TickLine
from premia.domain import dates
from premia.domain.chain import Chain, Row
from premia.domain.instrument import Option
from premia.domain.known import Known, Unknown
from premia.domain.market import Dividend, Underlying
from premia.domain.quote import DataKind

_FRESHNESS = (DataKind.LIVE, DataKind.FROZEN, DataKind.DELAYED, DataKind.DELAYED_FROZEN)
_DIVIDEND_PARTS = 4


def underlying_of(
    entry: UnderlyingEntry, line: TickLine, earnings: Known[date | None] | Unknown, at: datetime
) -> Underlying:
    """An underlying as its line told it."""
    return Underlying(
        symbol=entry.contract.symbol,
        quote=line.quote,
        last=line.price("last"),
        previous_close=line.price("close"),
        iv30=line.figures.get("iv30"),
        hv30=line.figures.get("hv30"),
        fund=entry.fund,
        dividend=dividend_of(entry, line.dividends, at),
        earnings=earnings,
        halted=line.halted,
    )


def dividend_of(entry: UnderlyingEntry, text: str | None, at: datetime) -> Known[Dividend | None] | Unknown:
    """The next dividend of IB's text `past year,next year,next ex-date,next amount` (USD a share).

    `Known(None)` where no future dividend is announced; `Unknown` where no text came.
    """
    if entry.listed.secType == "IND":
        return Known(None, at)
    if text is None:
        return Unknown(at, f"the gateway sent no dividend data of {entry.contract.symbol}")
    parts = text.split(",")
    amount = translate.number(parts[3]) if len(parts) == _DIVIDEND_PARTS else None
    if amount is None or not parts[2] or amount == 0:
        return Known(None, at)
    ex = translate.date_of(parts[2])
    return Known(Dividend(ex, Decimal(amount)) if ex >= dates.session_of(at) else None, at)


def row_of(option: Option, line: TickLine) -> Row | None:
    """A chain's row of an option; None where the gateway refused the line."""
    if line.refusal and line.silent:
        return None
    return Row(option, line.quote, line.greeks, line.open_interest)


def chain_of(symbol: str, options: Mapping[Option, TickLine]) -> Chain:
    """The options that were looked at, as columns; as fresh as the least fresh of them."""
    rows = [row for option, line in options.items() if (row := row_of(option, line)) is not None]
    kinds = {row.quote.kind for row in rows} or {DataKind.LIVE}
    return Chain(symbol, rows, max(kinds, key=_FRESHNESS.index))


def gaps_of(options: Mapping[Option, TickLine]) -> tuple[str, ...]:
    """What of the options could not be had, each kind of gap once with how many it concerns."""
    there = {option: line for option, line in options.items() if line.refusal_code != codes.UNKNOWN_CONTRACT}
    total = len(there)
    gaps: list[str] = []
    unlisted = [option for option in options if option not in there]
    if unlisted:
        gaps.append(f"{len(unlisted)} of {len(options)} series are not listed, {unlisted[0].key} among them")
    refusals = {line.refusal for line in there.values() if line.refusal}
    for words in sorted(refusals):
        count = sum(line.refusal == words for line in there.values())
        gaps.append(f"{count} of {total} options: {words}")
    shown = [line for line in there.values() if not line.refusal]
    for what, missing in (
        ("quote", [line for line in shown if line.quote.mid is None]),
        ("delta", [line for line in shown if line.greeks.delta is None]),
        ("open interest", [line for line in shown if line.open_interest is None]),
    ):
        if missing:
            gaps.append(
                f"no {what} of {len(missing)} of {total} options, {missing[0].contract.key} among them"
            )
    return tuple(gaps)
