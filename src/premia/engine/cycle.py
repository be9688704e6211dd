"""One pass of the engine: what it looks at, and what strategies, rules and planner make of it.

A pass is asked for by a `Run`: a schedule, a trigger between runs, or a person. It takes part of the
strategies or all of them, and may leave openings out; what it looks at and what it concludes follow from the
book, the run and the view alone. Commands of persons that need a market are answered in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.chain import Chain
from premia.domain.dates import session_of
from premia.domain.intent import Intent, Passed, Purpose, evidence
from premia.domain.known import Known, Unknown
from premia.domain.market import MarketRequest, MarketView, Seen, SymbolRequest
from premia.domain.verdict import Approved, Refused
from premia.engine.gate import GateLimits
from premia.engine.link import blind
from premia.engine.planner import Pricing, plan
from premia.engine.reconcile import Reference
from premia.engine.rolls import left_for_roll, second_halves, waits_for_roll
from premia.engine.rolls import needed as needed_for_rolls
from premia.engine.wishes import answers, needed, wishes
from premia.rules.review import Desk, review
from premia.strategies.registry import Strategy

T = TypeVar("T")


class Mandate(NamedTuple):
    """A strategy with the parameters under which it trades.

    Attributes:
        exit_only: Symbols that it still holds and is not to trade any more: they are led to their end, and
            nothing of them is opened.
    """

    strategy: Strategy
    params: object
    exit_only: frozenset[str] = frozenset()


class Engine(NamedTuple):
    """Everything that decides, as the composition joined it: no state, only parameters.

    Attributes:
        mandates: Strategies, in order of their names.
        desk: What rules may know besides book and view.
        reference: Calendar, charges and adoption rules for reconciling.
        pricing: How orders walk.
        gate: Limits of the last gate.
        config: A short hash of the configuration that all this came from; passes are stamped with it.
    """

    mandates: tuple[Mandate, ...]
    desk: Desk
    reference: Reference
    pricing: Pricing = Pricing()
    gate: GateLimits = GateLimits()
    config: str = ""


class Run(NamedTuple):
    """Why a pass is made, and what takes part.

    Attributes:
        strategies: Names of those that take part; None for all.
        due: The scheduled times that it answers, by strategy.
        why: What asked for it, in words.
        entries: Whether openings are considered.
    """

    strategies: tuple[str, ...] | None = None
    due: Mapping[str, datetime] = {}
    why: str = ""
    entries: bool = True


EVERYTHING = Run()


class MarketArrived(NamedTuple):
    """A market view for a running cycle, and the run that it is for."""

    at: datetime
    cycle: str
    view: MarketView
    run: Run = EVERYTHING


def taking_part(engine: Engine, run: Run) -> list[Mandate]:
    """The strategies of a run, in the order of the engine."""
    wanted = run.strategies
    return [one for one in engine.mandates if wanted is None or one.strategy.name in wanted]


def market_request(engine: Engine, book: Book, run: Run = EVERYTHING) -> MarketRequest:
    """The union of what the strategies and the commands of persons need to see now, one entry a symbol."""
    asked = [*needed(book), *needed_for_rolls(book)]
    for mandate in taking_part(engine, run):
        asked += mandate.strategy.request(book, mandate.params, book.at)
    wanted: dict[str, SymbolRequest] = {}
    for one in asked:
        before = wanted.get(one.symbol, SymbolRequest(one.symbol))
        wanted[one.symbol] = SymbolRequest(
            one.symbol,
            scans=_union(before.scans, one.scans),
            contracts=_union(before.contracts, one.contracts),
        )
    return MarketRequest(tuple(wanted.values()))


def start_cycle(engine: Engine, at: datetime, run: Run = EVERYTHING) -> ev.CycleStarted:
    """The beginning of a pass, named by its instant."""
    return ev.CycleStarted(
        at=at,
        cycle=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        session=session_of(at),
        strategies=tuple(mandate.strategy.name for mandate in taking_part(engine, run)),
        due=dict(run.due),
        why=run.why,
        entries=run.entries,
        config=engine.config,
    )


def make_pass(engine: Engine, book: Book, arrived: MarketArrived) -> list[ev.AnyEvent]:
    """A whole pass: propose, review, plan. Every yes and every no becomes a record."""
    at, cycle, view = arrived.at, arrived.cycle, arrived.view
    found: list[ev.AnyEvent] = list(_declared(book, arrived))
    if not book.ready:
        note = _not_ready(book)
        return [
            *found,
            ev.CycleEnded(
                at=at, cycle=cycle, intents=0, approved=0, refused=0, passed=0, note=note, again=True
            ),
        ]
    proposals = [*second_halves(book, view), *_proposals(engine, book, arrived)]
    wished = wishes(book, view)
    intents = [one.intent for one in wished if isinstance(one.intent, Intent)]
    intents += [one for one in proposals if isinstance(one, Intent)]
    passed = [one for one in proposals if isinstance(one, Passed)]
    verdicts = list(review(book, view, intents, engine.desk))
    approved = [verdict for verdict in verdicts if isinstance(verdict, Approved)]
    orders = plan(approved, _chains(view), book, engine.pricing)
    found += [ev.CandidatePassed(at=at, cycle=cycle, passed=one) for one in (*_gaps(arrived), *passed)]
    found += [_refusal(arrived, no) for no in verdicts if not isinstance(no, Approved)]
    found += [
        ev.MarginRequested(at=at, cycle=cycle, order=order, evidence=yes.intent.evidence, notes=yes.notes)
        for order, yes in zip(orders, approved, strict=True)
    ]
    found += answers(book, wished, verdicts, {order.slot: order for order in orders})
    counts = (len(intents), len(approved), len(verdicts) - len(approved), len(passed))
    return [*found, _ended(at, cycle, counts, again=blind(book))]


def _proposals(engine: Engine, book: Book, arrived: MarketArrived) -> Iterator[Intent | Passed]:
    """What the strategies of the run say; without openings where they are left out."""
    run, sessions = arrived.run, engine.reference.sessions
    for mandate in taking_part(engine, run):
        for said in mandate.strategy.propose(arrived.view, book, mandate.params, sessions):
            if not isinstance(said, Intent) or said.purpose is not Purpose.OPEN:
                yield said
            elif waits_for_roll(book, said):
                yield left_for_roll(said)
            elif said.symbol in mandate.exit_only:
                yield _left_out(said)
            elif run.entries:
                yield said


def _left_out(intent: Intent) -> Passed:
    symbol = intent.symbol
    reason = f"{symbol} is not in the configuration any more: it is led to its end and nothing is opened"
    return Passed(intent.strategy, symbol, intent.slot, "exit_only", reason, intent.evidence)


def _gaps(arrived: MarketArrived) -> Iterable[Passed]:
    """What of the market was left out of a look, and why, where openings are considered."""
    for symbol, seen in arrived.view.symbols.items() if arrived.run.entries else ():
        for gap in seen.gaps if isinstance(seen, Seen) else ():
            yield Passed("market", symbol, f"{symbol} chain", "data_gap", gap, evidence())


def _refusal(arrived: MarketArrived, no: Refused) -> ev.IntentRefused:
    return ev.IntentRefused(
        at=arrived.at,
        cycle=arrived.cycle,
        intent=no.intent,
        rule=no.rule,
        reason=no.reason,
        evidence=no.evidence,
    )


def _ended(at: datetime, cycle: str, counts: tuple[int, int, int, int], *, again: bool) -> ev.CycleEnded:
    intents, approved, refused, passed = counts
    return ev.CycleEnded(
        at=at,
        cycle=cycle,
        intents=intents,
        approved=approved,
        refused=refused,
        passed=passed,
        note="nothing could be traded: the wire or the market was away" if again else "",
        again=again,
    )


def _not_ready(book: Book) -> str:
    parts = {
        "account": book.observed.account,
        "positions": book.observed.positions,
        "orders": book.observed.orders,
    }
    unknown = [f"{name}: {part.why}" for name, part in parts.items() if isinstance(part, Unknown)]
    return "no decision was made: " + ("; ".join(unknown) or "broker and ledger are not reconciled")


def _declared(book: Book, arrived: MarketArrived) -> Iterable[ev.DividendDeclared]:
    """Dividends that the market shows and the book does not know yet."""
    today = session_of(arrived.at)
    for symbol, seen in arrived.view.symbols.items():
        outlook = seen.underlying.dividend if isinstance(seen, Seen) else None
        dividend = outlook.value if isinstance(outlook, Known) else None
        if dividend is not None and dividend.ex > today and book.dividends.get(symbol) != dividend:
            yield ev.DividendDeclared(at=arrived.at, symbol=symbol, dividend=dividend)


def _chains(view: MarketView) -> Mapping[str, Chain]:
    return {symbol: seen.chain for symbol, seen in view.symbols.items() if isinstance(seen, Seen)}


def _union(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    return first + tuple(one for one in second if one not in first)
