"""Sections of a report on what was decided: campaigns, trades with their reasons, every no, assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from premia.domain.intent import Number
from premia.reporting.backtest.headline import settings_words
from premia.reporting.backtest.honesty import honesty, label
from premia.reporting.backtest.html import NONE, Html, chance, day, el, join, number, percent, table, usd
from premia.reporting.backtest.ran import Missing
from premia.reporting.backtest.result import Result, Variant
from premia.reporting.backtest.sections import pairs
from premia.reporting.backtest.trades import OPEN, BacktestTrade
from premia.reporting.campaigns import CampaignLine

_TRADES_MAX = 500
_VERDICTS = {"refused": "a rule refused", "dropped": "dropped before it was sent", "passed": "passed over"}


def campaigns(result: Result) -> Html:
    """Every campaign with what it earned."""
    heads = (
        ("Campaign", False),
        ("Began", False),
        ("Ended", False),
        ("Days", True),
        ("Puts", True),
        ("Calls", True),
        ("Rolls", True),
        ("Premium", True),
        ("Shares", True),
        ("Dividends", True),
        ("Fees", True),
        ("Result, USD", True),
        ("A year", True),
    )
    return table(heads, [_campaign(one) for one in result.campaigns], "From cash back to cash")


def trades(result: Result) -> Html:
    """Every trade in a row, and behind it its legs, rolls, reasons and evidence."""
    shown = result.trades[-_TRADES_MAX:]
    heads = (
        ("Trade", False),
        ("Opened", False),
        ("Ended", False),
        ("How", False),
        ("Days", True),
        ("Units", True),
        ("Premium", True),
        ("Fees", True),
        ("Slippage", True),
        ("Result, USD", True),
    )
    rows = table(
        heads,
        [_trade(one) for one in shown],
        "Option trades; shares that they became stand with the campaigns",
    )
    left = len(result.trades) - len(shown)
    note = (
        el("p", f"The oldest {left:,} are left out here; the file of the result holds all.", cls="quiet")
        if left
        else join(())
    )
    return join((rows, note, el("h3", "Why each was opened"), *(_why(one) for one in shown)))


def refusals(result: Result) -> Html:
    """What rules and filters have stopped, with a sentence of each."""
    heads = (
        ("Rule", False),
        ("Verdict", False),
        ("Times", True),
        ("Sessions", True),
        ("Symbols", False),
        ("Its newest sentence", False),
    )
    rows = [
        [
            one.rule,
            _VERDICTS.get(one.verdict, one.verdict),
            f"{one.count:,}",
            f"{one.sessions:,}",
            _few(one.symbols),
            f"{one.last}: {one.example}",
        ]
        for one in result.refusals
    ]
    return table(heads, rows, "Every no, by rule") if rows else el("p", "Nothing was refused or passed over.")


def variants(result: Result) -> Html:
    """The run under other assumptions on prices, and whether the sign of its excess holds."""
    told = honesty(result.variants)
    if not result.variants:
        words = (
            "This run was made under one assumption on prices alone. Whether its advantage depends on "
            "that is not known before alpha 0, 0.5 and 1 and volatility a point down and up stand beside it."
        )
        return el("p", words)
    heads = (
        ("Assumption", False),
        ("End, USD", True),
        ("A year", True),
        ("Excess a year", True),
        ("Deepest fall", True),
        ("Sharpe", True),
        ("Probabilistic Sharpe", True),
        ("Trades", True),
    )
    rows = [_variant(one) for one in result.variants]
    verdict = el("p", told.sentences[0], cls="verdict trails" if told.stable is False else "verdict")
    rest = [el("p", sentence) for sentence in told.sentences[1:]]
    return join((verdict, table(heads, rows, "One configuration, other prices"), *rest))


def assumptions(result: Result) -> Html:
    """What was assumed, and what the data lacked."""
    parts: list[str] = []
    if result.assumptions:
        parts.append(el("ul", *(el("li", one) for one in result.assumptions)))
    if result.missing:
        heads = (
            ("What was missing", False),
            ("Times", True),
            ("Of", True),
            ("Share", True),
            ("What was done", False),
        )
        parts.append(table(heads, [_missing(one) for one in result.missing], "What the data lacked"))
    else:
        parts.append(el("p", "The run reports nothing missing in its data."))
    return join(parts)


def remake(result: Result) -> Html:
    """All that makes the run again."""
    settings = result.settings
    facts = (
        ("Premia", result.code),
        ("Asked for", f"{settings.first} to {settings.last}"),
        ("Settings", "; ".join(settings_words(settings))),
        ("Seed", str(settings.seed)),
        ("Configuration", result.config_hash),
        ("Data", result.data_digest),
        ("Decisions, orders and fills", result.digest),
    )
    words = "The same configuration, data and settings give the same digest of decisions, orders and fills."
    config = el("details", el("summary", "The configuration as it was read"), el("pre", result.config))
    return join((pairs(facts), el("p", words, cls="quiet"), config))


def _campaign(one: CampaignLine) -> list[str]:
    return [
        f"{one.strategy} {one.symbol}",
        day(one.opened),
        day(one.ended) if one.ended is not None else one.state,
        f"{one.days:,}",
        str(one.puts_sold),
        str(one.calls_sold),
        str(one.rolls),
        usd(one.premium),
        usd(one.share_result),
        usd(one.dividends),
        usd(one.fees),
        _coloured(one.result),
        percent(one.annualised),
    ]


def _trade(one: BacktestTrade) -> list[str]:
    return [
        _contract(one),
        day(one.opened),
        day(one.ended),
        one.how,
        f"{one.days:,}",
        str(one.quantity),
        usd(one.premium, 2),
        usd(one.fees, 2),
        usd(one.slippage, 2),
        _coloured(one.result),
    ]


def _contract(one: BacktestTrade) -> str:
    return one.legs[0].contract if one.legs else one.slot


def _why(one: BacktestTrade) -> Html:
    rolls = [
        el("li", f"{day(roll.at)}: {roll.legs} for {usd(roll.credit, 2, signed=True)} USD. {roll.reason}")
        for roll in one.rolls
    ]
    legs = [
        el(
            "li",
            f"{leg.quantity:+d} {leg.contract} at {leg.price}"
            + (f", {leg.how} on {day(leg.ended)} at {leg.ended_price}" if leg.how else ", open"),
        )
        for leg in one.legs
    ]
    evidence = [(name, _fact(told)) for name, told in one.evidence.items()]
    head = f"{day(one.opened)} {_contract(one)}: {one.how}, {usd(one.result, 2, signed=True)} USD"
    inside = [el("p", one.reason or "It was there before."), el("ul", *legs, *rolls)]
    if one.how != OPEN and one.closing:
        inside.append(el("p", one.closing))
    return el("details", el("summary", head), *inside, pairs(evidence) if evidence else join(()))


def _variant(one: Variant) -> list[str]:
    return [
        label(one),
        usd(one.final),
        percent(one.growth, signed=True),
        percent(one.excess, 2, signed=True),
        percent(one.max_drawdown),
        number(one.sharpe),
        chance(one.sharpe_probability),
        f"{one.trades:,}",
    ]


def _missing(one: Missing) -> list[str]:
    return [
        one.what,
        f"{one.count:,}",
        f"{one.of:,}",
        percent(one.count / one.of if one.of else None, 2),
        one.done,
    ]


def _coloured(amount: Decimal) -> Html:
    return el("span", usd(amount, 2, signed=True), cls="loss" if amount < 0 else "gain")


def _few(symbols: Sequence[str]) -> str:
    shown = ", ".join(symbols[:6])
    return f"{shown} and {len(symbols) - 6} more" if len(symbols) > 6 else shown  # noqa: PLR2004 - as many as fit


def _fact(told: Number | date) -> str:
    if isinstance(told, float):
        return f"{told:,.4f}".rstrip("0").rstrip(".")
    return NONE if told is None else str(told)
