"""The head of a report: what was run, the verdict in a sentence, and eight figures with their meaning."""

from __future__ import annotations

from typing import NamedTuple

from premia.reporting.backtest.html import Html, chance, day, el, join, number, percent, usd
from premia.reporting.backtest.ran import Settings
from premia.reporting.backtest.result import Result

_TRAILS_MAX = 8


class Headline(NamedTuple):
    """A figure, as it is written, with the sentence that says what it means."""

    name: str
    figure: str
    meaning: str


def headlines(result: Result) -> tuple[Headline, ...]:
    """The figures that a run is told by, the most telling one first."""
    told, earned = result.figures, result.attribution.earned
    judged = result.judged_by
    ended = [one for one in result.campaigns if one.ended is not None]
    won = sum(1 for one in ended if one.result > 0)
    capital = result.exposure.capital
    return (
        Headline(
            "Probabilistic Sharpe ratio",
            chance(None if told is None else told.sharpe_probability),
            "The chance that the true Sharpe ratio is above zero, with the length of the run and its tail of "
            "losses counted in. Below 95 % it is not told from luck." + _searched(result),
        ),
        Headline(
            "Growth a year",
            percent(None if told is None else told.growth, signed=True),
            f"Compounded, after fees; {percent(None if told is None else told.total, signed=True)} in all."
            + (" Less than 90 days: it says little." if told is not None and told.short else ""),
        ),
        Headline(
            "Excess a year",
            percent(None if judged is None else judged.excess, signed=True),
            "No alternative to judge it by was given."
            if judged is None
            else f"Above {judged.name}, which moved as much with the market."
            if judged.kind == "mix"
            else f"Above {judged.name}."
            + (" No market was given to compare with at equal risk." if judged.kind == "bills" else ""),
        ),
        Headline(
            "Sharpe ratio",
            number(None if told is None else told.sharpe),
            f"A year, above bills; standard error {number(None if told is None else told.sharpe_error)}.",
        ),
        Headline("Deepest fall", percent(None if told is None else told.max_drawdown), _fell(result)),
        Headline(
            "Result",
            usd(earned, signed=True),
            f"USD, from {usd(result.attribution.start)} to {usd(result.attribution.end)}{_paid_in(result)}.",
        ),
        Headline(
            "Capital at work",
            percent(capital.average, 0),
            f"Shares and cash behind puts, on average; at most {percent(capital.highest, 0)} of the account.",
        ),
        Headline(
            "Campaigns won",
            f"{won} of {len(ended)}",
            f"From cash back to cash. {_trades_won(result)} option trades "
            "won, the shares that puts became left out.",
        ),
    )


def settings_words(settings: Settings) -> tuple[str, ...]:
    """How a run was made, in a few words each."""
    when = "on its own snapshot" if settings.fill.value == "same" else "on the next snapshot"
    fills = () if settings.alpha is None else (f"alpha {settings.alpha:g}", f"fills {when}")
    widened = () if settings.spread_factor == 1.0 else (f"spreads \u00d7 {settings.spread_factor:g}",)
    shifted = () if settings.iv_shift == 0.0 else (f"implied volatility {settings.iv_shift:+g} points",)
    apart = (
        ()
        if settings.out_of_sample is None
        else (f"out of sample from {settings.out_of_sample.isoformat()}",)
    )
    return (
        ", ".join(settings.symbols),
        f"{settings.capital:,.0f} USD",
        *fills,
        *widened,
        *shifted,
        *apart,
    )


def idle(result: Result) -> str:
    """That nothing was traded, and what stopped it most often; empty where something was."""
    if result.trades or not result.equity:
        return ""
    most = max(result.refusals, key=lambda one: one.count, default=None)
    if most is None:
        return "It traded nothing, and nothing was refused: its strategies found nothing to look at."
    return f"It traded nothing. Most often `{most.rule}` said no, {most.count:,} times: {most.example}"


def trailing(result: Result) -> tuple[str, ...]:
    """Sentences on the alternatives that the run trails, worst first; the last one may count the rest."""
    behind = sorted((one for one in result.benchmarks if one.trails), key=lambda one: -one.behind)
    left = len(behind) - _TRAILS_MAX
    more = (f"It trails {left} more, which stand in the table.",) if left > 0 else ()
    return (*(one.sentence for one in behind[:_TRAILS_MAX]), *more)


def head(result: Result) -> Html:
    """Title, settings, verdict and cards."""
    told = result.figures
    span = "no session" if told is None else f"{result.equity[0].day} to {result.equity[-1].day}"
    judged = result.judged_by
    verdict = "No alternative was given to judge this run by." if judged is None else judged.sentence
    cards = [
        el(
            "div",
            el("dt", one.name),
            el("dd", one.figure, cls="figure"),
            el("dd", one.meaning, cls="meaning"),
            cls="card first" if place == 0 else "card",
        )
        for place, one in enumerate(headlines(result))
    ]
    return el(
        "header",
        el("p", "Premia backtest", cls="brand"),
        el("h1", result.name),
        el("p", f"{span}, {len(result.equity):,} sessions", cls="quiet"),
        el("ul", *(el("li", one) for one in settings_words(result.settings)), cls="chips"),
        *((el("p", idle(result), cls="verdict trails"),) if idle(result) else ()),
        el("p", verdict, cls="verdict trails" if judged is not None and judged.trails else "verdict"),
        el("dl", *cards, cls="cards"),
        _trails(result),
    )


def _trails(result: Result) -> Html:
    told = trailing(result)
    if not result.benchmarks:
        return join(())
    if not told:
        return el("p", "It trails none of the alternatives below.")
    behind = sum(1 for one in result.benchmarks if one.trails)
    title = f"Where it trails, {behind} of {len(result.benchmarks)}:"
    return join((el("p", el("strong", title)), el("ul", *(el("li", one) for one in told))))


def _trades_won(result: Result) -> str:
    return f"{result.trade_figures.wins} of {result.trade_figures.count}"


def _searched(result: Result) -> str:
    if result.tried is None:
        return ""
    above = chance(result.deflated_sharpe)
    return f" Best of {result.tried.trials:,} tries: {above} above their luck (deflated)."


def _paid_in(result: Result) -> str:
    paid = result.attribution.deposits
    return f", {usd(paid)} of it paid in" if paid > 0 else f", with {usd(-paid)} taken out" if paid else ""


def _fell(result: Result) -> str:
    fall = None if result.figures is None else result.figures.deepest
    if fall is None:
        return "It never fell below an earlier high."
    back = f"back on {day(fall.recovered)}" if fall.recovered else "not back at the end"
    return f"From the high of {day(fall.peak)} to {day(fall.trough)}; {back}, {fall.days:,} days."
