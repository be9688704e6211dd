"""Sections of a report on the account as a whole: equity, falls, months, figures, money, exposure, prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from premia.metrics.drawdown import depths
from premia.metrics.returns import wealth
from premia.metrics.series import Floats
from premia.reporting.backtest.against import Against
from premia.reporting.backtest.draw import Chart, Line, Span, chart
from premia.reporting.backtest.figures import Figures, MonthRow, Wealth, growths, wealth_of
from premia.reporting.backtest.html import Html, chance, day, el, join, number, percent, table, usd
from premia.reporting.backtest.result import Result
from premia.reporting.backtest.trades import BacktestTrade

_LOOKS = "bcdef"
_PRICES_MAX = 12
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FULL_TINT = 0.08
_STRONGEST = 0.45


def equity(result: Result) -> Html:
    """The account against every alternative, on one scale, and the alternatives in figures."""
    when = _eve_and_days(result)
    ours = [float(result.settings.capital), *(float(one.at_mid) for one in result.equity)]
    lines = [Line("this run", "a", when, ours)] if result.equity else []
    lines += [
        Line(one.name, _LOOKS[place % len(_LOOKS)], when, one.values)
        for place, one in enumerate(_drawn(result.benchmarks))
    ]
    words = "Net liquidation with options at the middle, USD; each alternative begins with the same capital."
    drawn = chart(
        Chart(
            "Equity against the alternatives",
            words,
            lines,
            split=result.settings.out_of_sample,
            tall=True,
        ),
        "equity",
    )
    return join((drawn, _natural(result), _alternatives(result)))


def falls(result: Result) -> Html:
    """How far the account, and its first alternative, stood below their highs."""
    when = _eve_and_days(result)
    told = wealth_of(result.equity, result.settings.capital, result.settings.deposits)
    lines = [Line("this run", "a", when, _depths(told.values, told))] if result.equity else []
    lines += [Line(one.name, "b", when, _depths(np.array(one.values), told)) for one in result.benchmarks[:1]]
    drawn = Chart(
        "Falls below earlier highs",
        "Each day's distance from the highest value so far.",
        lines,
        percents=True,
        area=True,
        zero=True,
        split=result.settings.out_of_sample,
    )
    return chart(drawn, "falls")


def months(result: Result) -> Html:
    """Returns by month and year."""
    head = el("tr", *(el("th", title, scope="col") for title in ("Year", *_MONTHS, "Year's total")))
    rows = [_month_row(row) for row in result.months]
    made = el("table", el("caption", "Returns by month"), el("thead", head), el("tbody", *rows), cls="months")
    return el("div", made, cls="wide", tabindex=0, role="region", aria_label="Returns by month")


def figures(result: Result) -> Html:
    """Every figure of the returns; in sample and out of sample in columns of their own."""
    columns: list[tuple[str, Figures | None]] = [("Whole run", result.figures)]
    if result.out_of_sample is not None:
        columns += [("In sample", result.in_sample), ("Out of sample", result.out_of_sample)]
    heads = [("Figure", False), *((title, True) for title, _told in columns)]
    rows = [
        [name, *(write(told) for _title, told in columns if told is not None)] for name, write in _FIGURES
    ]
    made = table(heads, rows if result.figures is not None else (), "Daily returns in figures")
    if result.out_of_sample is None:
        note = "No days were kept apart, so all of this is in sample: parameters may have been chosen on it."
        return join((made, el("p", note, cls="quiet")))
    first = day(result.settings.out_of_sample)
    note = f"Days from {first} on were kept apart; only the last column says what was not chosen for."
    return join((made, el("p", note, cls="quiet")))


def attribution(result: Result) -> Html:
    """Where the change in equity came from, as bars around zero, and the sum."""
    parts = result.attribution.parts
    widest = max((abs(amount) for _name, amount in parts), default=Decimal(0)) or Decimal(1)
    rows: list[str] = []
    for name, amount in parts:
        width = float(abs(amount) / widest) * 50
        left = 50 - width if amount < 0 else 50
        style = f"left:{left:.2f}%;width:{width:.2f}%"
        bar = el("i", cls="down" if amount < 0 else None, style=style)
        rows += [el("span", _PARTS[name]), el("div", bar, cls="bar", aria_hidden="true"), _amount(amount)]
    total = [el("strong", "Change in equity"), el("span"), el("strong", _amount(result.attribution.change))]
    words = (
        "USD. Options are counted at the middle at which each order was decided; what fills gave away is the "
        "slippage. Assigned shares are counted from their strike. The parts add up to the change to the cent."
    )
    return join((el("div", *rows, *total, cls="bars"), el("p", words, cls="quiet")))


def exposure(result: Result) -> Html:
    """Capital and margin in use over time, and the worst that assignment would have asked."""
    alive = [one for one in result.equity if one.at_mid > 0]
    known = [one for one in alive if one.if_assigned is not None]
    margined = [(one, one.maintenance) for one in alive if one.maintenance is not None]
    lines = [
        Line(
            "capital at work",
            "a",
            [one.day for one in known],
            [float((one.shares + one.cash - (one.if_assigned or Decimal(0))) / one.at_mid) for one in known],
        ),
        Line("shares", "c", [one.day for one in alive], [float(one.shares / one.at_mid) for one in alive]),
        Line(
            "maintenance margin",
            "b",
            [one.day for one, _margin in margined],
            [float(margin / one.at_mid) for one, margin in margined],
        ),
    ]
    words = (
        "Parts of net liquidation: shares with the cash behind puts, shares alone, and maintenance margin."
    )
    drawn = chart(Chart("Exposure", words, lines, percents=True, zero=True), "exposure")
    told = result.exposure
    cash = f"{usd(told.least_cash_if_assigned)} USD on {day(told.least_cash_day)}"
    excess = f"{usd(told.least_excess)} USD on {day(told.least_excess_day)}"
    facts = (
        ("Sessions with capital at work", percent(told.capital.in_use, 0)),
        ("Capital at work, average and highest", _pair(told.capital.average, told.capital.highest)),
        ("Shares, average and highest", _pair(told.shares.average, told.shares.highest)),
        ("Margin, average and highest", _pair(told.margin.average, told.margin.highest)),
        ("Least cash if every put were assigned", cash if told.least_cash_day else percent(None)),
        ("Lowest excess liquidity", excess if told.least_excess_day else percent(None)),
    )
    return join((drawn, pairs(facts)))


def prices(result: Result) -> Html:
    """Each symbol's price with every trade at its strike, from its opening to its end."""
    by_symbol = Counter(one.symbol for one in result.trades)
    symbols = [symbol for symbol, _trades in by_symbol.most_common(_PRICES_MAX)]
    drawn: list[Html] = []
    for place, symbol in enumerate(sorted(symbols)):
        days = [one for one in result.equity if one.spots.get(symbol)]
        line = Line(symbol, "f", [one.day for one in days], [float(one.spots[symbol]) for one in days])
        spans = [_span(one, result) for one in result.trades if one.symbol == symbol and one.legs]
        words = (
            f"{symbol} in USD, and each trade at its strike from opening to end: puts in one colour, calls "
            "in the other. A dot marks an assignment."
        )
        one = Chart(
            f"Trades on the price of {symbol}",
            words,
            [line],
            spans=[span for span in spans if span is not None],
            tall=True,
        )
        drawn.append(chart(one, f"prices-{place}"))
    left = len(by_symbol) - len(symbols)
    if left:
        drawn.append(el("p", f"{left} symbols with fewer trades are left out here.", cls="quiet"))
    return join(drawn) if drawn else el("p", "Nothing was traded.")


def pairs(facts: Sequence[tuple[str, str]]) -> Html:
    """Names with values."""
    return el("dl", *(part for name, told in facts for part in (el("dt", name), el("dd", told))), cls="facts")


def _span(trade: BacktestTrade, result: Result) -> Span | None:
    option = next((leg for leg in reversed(trade.legs) if leg.strike is not None), None)
    if option is None or option.strike is None:
        return None
    last = result.equity[-1].day if trade.ended is None else trade.ended.date()
    until = day(trade.ended) if trade.ended else "the end"
    meaning = (
        f"{option.contract}: {trade.opened:%Y-%m-%d} to {until}, {trade.how}, "
        f"{usd(trade.result, signed=True)} USD"
    )
    look = "put" if option.right == "P" else "call"
    return Span(look, trade.opened.date(), last, float(option.strike), meaning, trade.how == "assigned")


def _drawn(told: Sequence[Against]) -> list[Against]:
    """Those alternatives that a drawing has room for: of many held symbols, only all of them together."""
    held = [one for one in told if one.kind == "holding"]
    left_out = held[1:] if len(told) > len(_LOOKS) else []
    return [one for one in told if one not in left_out][: len(_LOOKS)]


def _alternatives(result: Result) -> Html:
    if not result.benchmarks:
        return el("p", "No alternative was given.", cls="quiet")
    heads = (
        ("Alternative", False),
        ("End, USD", True),
        ("Run ahead by", True),
        ("A year", True),
        ("Excess a year", True),
        ("Volatility", True),
        ("Sharpe", True),
        ("Deepest fall", True),
        ("Correlation", True),
        ("What it is", False),
    )
    made = table(heads, [_alternative(one) for one in result.benchmarks], "The alternatives in figures")
    mix = next((one for one in result.benchmarks if one.kind == "mix"), None)
    return made if mix is None else join((made, el("p", _beta(mix), cls="quiet")))


def _alternative(one: Against) -> list[str]:
    return [
        one.name,
        usd(one.values[-1]),
        _amount(-one.behind, 0),
        percent(one.side.growth),
        percent(one.excess, signed=True),
        percent(one.side.volatility),
        number(one.side.sharpe),
        percent(one.side.max_drawdown),
        number(one.correlation),
        one.source or one.kind,
    ]


def _beta(mix: Against) -> str:
    error = "" if mix.alpha_error is None else f" \u00b1 {percent(mix.alpha_error, 2)} (one standard error)"
    return (
        f"Against what moves in that mix the run has beta {number(mix.beta)} and alpha "
        f"{percent(mix.alpha, 2, signed=True)} a year{error}. "
        "Alpha below two standard errors is not told from luck."
    )


def _natural(result: Result) -> Html:
    if result.final_natural is None:
        return join(())
    gap = result.final - result.final_natural
    text = (
        f"Closing everything at natural prices on the last day would leave {usd(result.final_natural)} USD, "
    )
    return el("p", f"{text}{usd(gap)} less than at the middle.", cls="quiet")


def _eve_and_days(result: Result) -> list[date]:
    days = [one.day for one in result.equity]
    return [days[0] - timedelta(days=1), *days] if days else []


def _depths(values: Floats, told: Wealth) -> list[float]:
    """Falls of a worth that has the run's deposits in it, which neither hide nor make one."""
    return depths(wealth(growths(values, told.flows))).tolist()


def _month_row(row: MonthRow) -> Html:
    cells = [_tinted(one) for one in row.months]
    return el("tr", el("th", str(row.year), scope="row"), *cells, el("td", el("strong", percent(row.total))))


def _tinted(value: float | None) -> Html:
    if value is None:
        return el("td", el("span", percent(None), cls="quiet"))
    strength = min(abs(value) / _FULL_TINT, 1.0) * _STRONGEST
    wash = "gain" if value >= 0 else "loss"
    return el("td", percent(value), style=f"background:rgba(var(--{wash}-wash),{strength:.2f})")


def _amount(amount: Decimal | float, digits: int = 2) -> Html:
    return el(
        "span",
        usd(amount, digits, signed=True),
        cls="n loss" if amount < 0 else "n gain" if amount > 0 else "n",
    )


def _pair(average: float | None, highest: float | None) -> str:
    return f"{percent(average, 0)}, {percent(highest, 0)}"


_PARTS = {
    "premium": "Premium, at the middle",
    "slippage": "Slippage against the middle",
    "shares": "Shares",
    "dividends": "Dividends",
    "interest": "Interest",
    "fees": "Fees",
    "deposits": "Deposits",
    "unexplained": "Unexplained",
}
_FIGURES: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("Probabilistic Sharpe ratio", lambda one: chance(one.sharpe_probability)),
    ("First day", lambda one: day(one.first)),
    ("Last day", lambda one: day(one.last)),
    ("Total", lambda one: percent(one.total, signed=True)),
    ("Growth a year, 252 sessions", lambda one: percent(one.growth, signed=True)),
    ("Growth a year, by the calendar", lambda one: percent(one.growth_by_calendar, signed=True)),
    ("Volatility a year", lambda one: percent(one.volatility)),
    ("Sharpe ratio", lambda one: number(one.sharpe)),
    ("Its standard error", lambda one: number(one.sharpe_error)),
    ("Sortino ratio", lambda one: number(one.sortino)),
    ("Calmar ratio", lambda one: number(one.calmar)),
    ("Deepest fall", lambda one: percent(one.max_drawdown)),
    ("Longest time below a high, days", lambda one: "0" if one.longest is None else f"{one.longest.days:,}"),
    ("Days below an earlier high", lambda one: percent(one.underwater, 0)),
    ("Worst day", lambda one: percent(one.worst, 2)),
    ("Best day", lambda one: percent(one.best, 2)),
    ("Winning days", lambda one: percent(one.winning, 0)),
    ("Value at risk, 95 % a day", lambda one: percent(one.value_at_risk, 2)),
    ("Expected shortfall, 95 % a day", lambda one: percent(one.expected_shortfall, 2)),
    ("Skew", lambda one: number(one.skew)),
    ("Kurtosis (normal is 3)", lambda one: number(one.kurtosis, 1)),
)
