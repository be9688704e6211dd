"""A backtest: the engine that trades live, on recorded chains, with every session valued.

The decisions, the rules, the planner, the ladders, the journal's facts and the exchange are those of every
other composition; what differs is where quotes come from, and that time is a list of snapshots. `fill` says
what an order may know: with `same` it was decided on the quotes on which it trades, with `next` on those of
the snapshot before. Either way it trades at a stated place between middle and natural price, rounded against
us, and no better than its own limit.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

import premia
from premia.adapters.journals.memory import MemoryJournal
from premia.adapters.simulated.broker import SimulatedBroker
from premia.adapters.simulated.history import HistoryMarketData
from premia.bootstrap.backtest_notes import BacktestWish, assumptions, benchmarks, missing
from premia.bootstrap.compose import admission, engine_of
from premia.bootstrap.histories import History
from premia.bootstrap.replay import ExchangeClock, already_right
from premia.bootstrap.settings import Config, Settings
from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.errors import ConfigError, MarketDataError
from premia.domain.events import AnyEvent
from premia.domain.instrument import Contract, Option, Right
from premia.domain.known import Known
from premia.domain.quote import Quote
from premia.engine.run import Parts, Runner
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, FillRule, Policy
from premia.exchange.recorded_market import RecordedMarket
from premia.ports import MarketData
from premia.reporting.backtest import ran
from premia.research.altered import shifted, widened
from premia.strategies import wheel

_BEFORE = timedelta(hours=1)
_YOUNG_MAX = 200_000  # new objects between two looks of the collector of cycles
Progress = Callable[[date, Decimal], None]


Eyes = Callable[[Exchange, RecordedMarket], MarketData]
"""How the market of an exchange is looked at."""


def backtest(
    settings: Settings,
    history: History,
    wish: BacktestWish,
    progress: Progress | None = None,
    eyes: Eyes | None = None,
) -> ran.Ran:
    """Run a configuration through recorded chains.

    Args:
        settings: The configuration, as read.
        history: What was recorded; may hold more symbols than the configuration names.
        wish: How to run.
        progress: Told each session with its net liquidation.
        eyes: How the market is looked at; as the fill of the wish asks for where none is given.

    Raises:
        ConfigError: Where the configuration names no symbol.
        MarketDataError: Where a symbol is not recorded, or no snapshot lies in the time asked for.
    """
    symbols = traded(settings.config)
    chosen = _as_wished(history.of(symbols), wish)
    market = chosen.market()
    instants = instants_of(market, wish.first, wish.last)
    policy = Policy(
        seed=wish.seed,
        fills=FillRule.ALPHA,
        alpha=Decimal(str(wish.alpha)),
        early_assignment=wish.early_assignment,
    )
    account = AccountSetup(
        settings.config.account.number, settings.config.account.as_kind, wish.capital, deposits=wish.deposits
    )
    exchange = Exchange(market, [account], policy, instants[0] - _BEFORE)
    seen = HistoryMarketData(exchange, market, 1 if wish.fill is ran.Fill.NEXT else 0)
    run = _Run(settings.config, exchange, market, eyes(exchange, market) if eyes else seen)
    with _seldom_collected():
        asyncio.run(run.through(instants, progress or _silent))
    made = ran.Settings(
        first=session_of(instants[0]),
        last=session_of(instants[-1]),
        capital=wish.capital,
        symbols=symbols,
        fill=wish.fill,
        alpha=wish.alpha,
        spread_factor=wish.spread_factor,
        iv_shift=wish.iv_shift,
        seed=wish.seed,
        deposits=tuple(ran.Flow(one.day, one.amount) for one in wish.deposits),
        out_of_sample=wish.out_of_sample,
    )
    return ran.Ran(
        name=wish.name,
        facts=tuple(run.facts),
        days=tuple(run.days),
        settings=made,
        config=settings.path.read_text(encoding="utf-8"),
        config_hash=settings.config.mark,
        data_digest=history.digest,
        code=premia.__version__,
        missing=missing(seen.unquoted, chosen, market, instants),
        benchmarks=benchmarks(market, instants),
        assumptions=assumptions(wish, chosen),
    )


def traded(config: Config) -> tuple[str, ...]:
    """Symbols that the strategies of a configuration name, ascending.

    Raises:
        ConfigError: Where there is none.
    """
    found: set[str] = set()
    for params in config.strategy_params().values():
        if isinstance(params, wheel.Params):
            found.update(params.symbols)
    if not found:
        raise ConfigError(
            "The configuration names no symbol to trade. Add a table such as "
            "[strategies.wheel.symbols.SPY] with a weight."
        )
    return tuple(sorted(found))


def instants_of(market: RecordedMarket, first: date | None, last: date | None) -> list[datetime]:
    """One instant a recorded session: that of its latest snapshot, ascending.

    Raises:
        MarketDataError: Where no snapshot lies in the time asked for.
    """
    by_day: dict[date, datetime] = {}
    for symbol in market.symbols:
        for one in market.snapshots(symbol).all:
            by_day[one.day] = max(by_day.get(one.day, one.at), one.at)
    days = sorted(by_day)
    chosen = [day for day in days if (first is None or day >= first) and (last is None or day <= last)]
    if not chosen:
        raise MarketDataError(
            f"No snapshot lies between {first or days[0]} and {last or days[-1]}; those of "
            f"{', '.join(market.symbols)} reach from {days[0]} to {days[-1]}. Choose days among them."
        )
    return [by_day[day] for day in chosen]


class _Run:
    """One account on one exchange, with a value of every session."""

    def __init__(self, config: Config, exchange: Exchange, market: RecordedMarket, data: MarketData) -> None:
        self.account = config.account.number
        self.exchange = exchange
        self.market = market
        self.broker = SimulatedBroker(exchange, self.account, config.broker.client_id)
        self.journal = MemoryJournal(self.account)
        self.days: list[ran.Day] = []
        self.facts: list[AnyEvent] = []
        clock = ExchangeClock(exchange)
        self.clock = clock
        self.runner = Runner(
            engine_of(config, market.sessions),
            Parts(
                broker=self.broker,
                market=data,
                journal=self.journal,
                clock=clock,
                recorded_at=clock.now,
                on_facts=self.facts.extend,
            ),
            Book(),
        )

    async def through(self, instants: Sequence[datetime], progress: Progress) -> None:
        """A pass at each instant, and the steps of working orders until the close after it."""
        runner = self.runner
        await runner.connect(admission(already_right, self.clock))
        try:
            for at in instants:
                self.broker.advance(at)
                await runner.settled()
                await runner.cycle()
                closes = self.market.sessions.on_or_before(session_of(at)).closes
                while (wake := runner.next_wake) is not None and wake < closes:
                    self.broker.advance(wake)
                    await runner.settled()
                    await runner.tick()
                if at is instants[-1]:
                    await runner.settled()  # a fill of the last step has its commission told after it
                    await runner.observe()
                day = self.value()
                self.days.append(day)
                progress(day.day, day.at_mid)
        finally:
            await runner.close()

    def value(self) -> ran.Day:
        """The account as the market has it now."""
        now = self.exchange.now
        worth = self.exchange.worth(self.account)
        book, spots = self.runner.book, {s: self._spot(s) for s in self.market.symbols if self._begun(s)}
        observed = book.observed.account
        figures = observed.value if isinstance(observed, Known) else None
        puts = Decimal(0)
        held: list[tuple[Option, int]] = []
        for holding in book.holdings.values():
            if isinstance(holding.contract, Option) and holding.quantity:
                held.append((holding.contract, holding.quantity))
                if holding.contract.right is Right.PUT and holding.quantity < 0:
                    puts -= holding.contract.strike * holding.contract.multiplier * holding.quantity
        return ran.Day(
            day=session_of(now),
            at_mid=worth.amount,
            cash=worth.cash,
            spots=spots,
            shares=worth.shares,
            accrued_dividends=worth.accrued_dividend,
            accrued_interest=worth.accrued_interest,
            at_natural=worth.amount - self._half_spreads(held),
            if_assigned=worth.cash - puts,
            maintenance=None if figures is None else figures.maintenance_margin,
            excess=None if figures is None else figures.excess_liquidity,
        )

    def _begun(self, symbol: str) -> bool:
        """Whether anything of a symbol is recorded until now: recordings may begin on different days."""
        return self.market.snapshots(symbol).all[0].at <= self.exchange.now

    def _spot(self, symbol: str) -> Decimal:
        return self.market.last(self.market.underlier(symbol), self.exchange.now) or Decimal(0)

    def _half_spreads(self, held: Sequence[tuple[Option, int]]) -> Decimal:
        """What closing all options at the natural price costs beyond the middle, USD."""
        contracts: list[Contract] = [option for option, _ in held]
        quotes = self.exchange.quotes(contracts) if contracts else []
        return sum(
            (
                _half(quote) * abs(quantity) * option.multiplier
                for quote, (option, quantity) in zip(quotes, held, strict=True)
            ),
            Decimal(0),
        )


@contextmanager
def _seldom_collected() -> Generator[None]:
    """Let the collector of cycles look seldom: a run makes facts by the thousand, and they hold no cycles."""
    usual = gc.get_threshold()
    gc.set_threshold(_YOUNG_MAX, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _silent(_day: date, _equity: Decimal) -> None:
    """Say nothing."""


def _half(quote: Quote) -> Decimal:
    return Decimal(0) if quote.width is None else quote.width / 2


def _as_wished(history: History, wish: BacktestWish) -> History:
    if wish.spread_factor != 1.0:
        history = history.altered(lambda panel: widened(panel, wish.spread_factor))
    if wish.iv_shift:
        history = history.altered(lambda panel: shifted(panel, wish.iv_shift))
    return history
