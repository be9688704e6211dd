"""The promises, checked after every step against the market's own record.

What the engine believes is never taken for true here: orders, executions, positions and cash are those of the
market, and what the journal holds is put beside them. The journal is read as rows, with small counts of its
own; only one check, that a replay gives the book in memory, uses the engine's own fold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from premia.adapters.journals.codec import decode, encode
from premia.bootstrap.settings import load
from premia.domain import events as ev
from premia.domain.apply import apply
from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.instrument import Contract, Option, Right, Stock
from premia.domain.intent import Purpose
from premia.domain.known import Known
from premia.domain.order import Stage
from premia.exchange.types import Accepted, Filled, OrderTicket, OrderView, Refused
from tests.simulation.hands import MANUAL, Hands
from tests.simulation.permission import Permission
from tests.simulation.script import ACCOUNT, Script
from tests.simulation.site import Life, Site

KNOWN_FOR = timedelta(seconds=90)
"""How old what the engine knows of positions and cash may be right after a look."""

A_CENT = Decimal("0.01")
"""The broker tells whole cents and the ledger keeps fractions of commissions: both halves together."""
_A_HAND_BEFORE = timedelta(minutes=35)  # for so long after a trade by hand we may not know of it


class Truth(NamedTuple):
    """Positions and cash of the market from an instant on."""

    at: datetime
    held: dict[str, int]
    cash: Decimal


class Sending(NamedTuple):
    """What the journal holds of an order that is to leave."""

    broker_id: int
    allowed: str


class Checker:
    """Holds an installation to its promises.

    Attributes:
        problem: Told each broken promise in words.
    """

    def __init__(self, site: Site, script: Script, hands: Hands, problem: Callable[[str], None]) -> None:
        self.site = site
        self.script = script
        self.hands = hands
        self.problem = problem
        self.permission = Permission()
        self._planned: dict[str, ev.MarginRequested] = {}
        self._config = load(site.path).config.mark
        self._configs: dict[str, str] = {}
        self._quoted: set[str] = set()
        self._requested: set[str] = set()
        self._sendings: dict[str, Sending] = {}
        self._perms: dict[str, int] = {}
        self._names: set[tuple[int, int]] = set()
        self._sent: list[datetime] = []
        self._booked: dict[str, ev.OrderFilled | ev.ExternalChange] = {}
        self._executed: dict[str, tuple[str, int]] = {}
        self._read = 0
        self._truths: deque[Truth] = deque()
        self._shadow = Book()
        self._life: Life | None = None
        site.written = self._written
        site.moved = self.step
        self._submit = site.exchange.submit
        site.exchange.submit = self._submitted
        self._remember()

    def step(self) -> None:
        """Take in what has happened at the market since the last step."""
        record = self.site.exchange.record
        if self._read == len(record):
            return
        while self._read < len(record):
            report = record[self._read]
            self._read += 1
            if isinstance(report, Filled):
                for one in report.executions:
                    if one.contract is not None:
                        self._executed[_root(one.exec_id)] = (one.contract.key, one.quantity)
        self._remember()
        self._one_order_a_slot()

    def settled(self, life: Life, batch: Sequence[ev.AnyEvent]) -> None:
        """A batch is durable, and the process knows its book after it."""
        self.step()
        self._replays(life, batch)
        if any(isinstance(fact, ev.BrokerObserved) for fact in batch) and life.book.ready:
            self._agrees(life.book)

    def at_the_end(self, life: Life) -> None:
        """In the calm: everything is booked, nothing is in doubt."""
        self.step()
        book = life.book
        self._agrees(book, strictly=True)
        missing = sorted(self._executed.keys() - self._booked.keys() - book.fills.keys())
        if missing:
            self.problem(f"{len(missing)} executions were never booked, the first {missing[0]}")
        unknown = [key for key, state in book.orders.items() if state.stage is Stage.UNKNOWN]
        if unknown:
            self.problem(f"orders in doubt at the end: {', '.join(unknown)}")
        ours = {view.ticket.order_ref for view in self._live()}
        working = {key for key, state in book.orders.items() if state.broker_id is not None}
        if ours != working:
            self.problem(f"live at the market {sorted(ours)}, in the book {sorted(working)}")
        violations = sum(one.pacing_violations for one in self.site.server.floor.met)
        if violations:
            self.problem(f"{violations} messages beyond the pace")

    # What the journal holds.

    def _written(self, life: Life, batch: Sequence[ev.AnyEvent]) -> None:
        if life is not self._life:
            self._life = life
            self.permission.begun()
            self._shadow = replace(self._shadow, connected=False, ready=False)
        for fact in batch:
            self._note(fact)
            self.permission.note(fact)
            again = decode(encode(fact))
            self._shadow = apply(self._shadow, again)

    def _note(self, fact: ev.AnyEvent) -> None:
        if isinstance(fact, ev.CycleStarted):
            self._configs[fact.cycle] = fact.config
        elif isinstance(fact, ev.MarginRequested):
            self._note_plan(fact)
        elif isinstance(fact, ev.MarginQuoted) and isinstance(fact.quote, Known):
            self._quoted.add(fact.key)
        elif isinstance(fact, ev.OrderRequested):
            self._requested.add(fact.key)
        elif isinstance(fact, ev.OrderIdAssigned):
            planned = self._planned.get(fact.key)
            purpose = Purpose.OPEN if planned is None else planned.order.purpose
            symbol = "" if planned is None else planned.order.symbol
            why = self.permission.against(purpose, symbol)
            self._sendings[fact.key] = Sending(fact.broker_id, why)
        elif isinstance(fact, ev.OrderFilled | ev.ExternalChange):
            self._note_fill(fact)

    def _note_plan(self, fact: ev.MarginRequested) -> None:
        order = fact.order
        self._planned[order.key] = fact
        if not order.reason or not fact.evidence.facts:
            self.problem(f"{order.key} was planned without a reason or evidence")
        if self._configs.get(fact.cycle) != self._config:
            self.problem(f"{order.key} does not name the configuration that it was decided under")
        if order.mid is None or order.natural is None:
            self.problem(f"{order.key} was planned without a quote")

    def _note_fill(self, fact: ev.OrderFilled | ev.ExternalChange) -> None:
        fill = fact.fill
        if fill.exec_id.startswith(("inferred/", "accepted/")):
            return
        self.step()
        root = _root(fill.exec_id)
        real = self._executed.get(root)
        if real is None:
            self.problem(f"execution {fill.exec_id} was booked and never happened")
        elif real != (fill.contract.key, fill.quantity):
            booked = f"{fill.quantity:+d} {fill.contract.key}"
            self.problem(f"execution {fill.exec_id} was booked as {booked}, and was {real}")
        self._booked[root] = fact

    def _replays(self, life: Life, batch: Sequence[ev.AnyEvent]) -> None:
        """The journal folded again, from its rows, is the book in memory."""
        mine = life.book
        if not mine.connected:  # it may have hung up without a word, for want of a journal to write it in
            self._shadow = replace(self._shadow, connected=False, ready=False)
        shadow = self._shadow
        if shadow != mine:
            names = [name for name in Book.__struct_fields__ if getattr(shadow, name) != getattr(mine, name)]
            kinds = ", ".join(type(fact).__name__ for fact in batch)
            self.problem(f"the journal replays to another book after {kinds}: {', '.join(names)}")
            self._shadow = mine

    # What the market holds.

    def _submitted(self, ticket: OrderTicket) -> list:
        new = (ticket.client_id, ticket.order_id) not in self._names
        reports = self._submit(ticket)
        taken = [one for one in reports if isinstance(one, Accepted)]
        if self._is_ours(ticket) and taken:
            self._names.add((ticket.client_id, ticket.order_id))
            if new:
                self._first(ticket, taken[0].order)
            self._perm(ticket, taken[0].order)
        if any(isinstance(one, Refused) for one in reports) and new:
            self._names.discard((ticket.client_id, ticket.order_id))
        self.step()
        return reports

    def _perm(self, ticket: OrderTicket, view: OrderView) -> None:
        known = self._perms.setdefault(ticket.order_ref, view.perm_id)
        if known != view.perm_id:
            self.problem(f"{ticket.order_ref} became two orders: {known} and {view.perm_id}")

    def _first(self, ticket: OrderTicket, view: OrderView) -> None:
        """An order of ours has reached the market for the first time."""
        key, now = ticket.order_ref, self.site.exchange.now
        planned, sending = self._planned.get(key), self._sendings.get(key)
        if planned is None or sending is None or key not in self._requested or key not in self._quoted:
            self.problem(f"{key} reached the market; its plan, margin or number was not written down")
            return
        if sending.broker_id != ticket.order_id:
            self.problem(f"{key} left as {ticket.order_id}, written down as {sending.broker_id}")
        if sending.allowed:
            self.problem(f"{key} left although {sending.allowed}")
        self._earlier_of_the_slot(planned, view)
        self._sent = [one for one in self._sent if now - one < timedelta(minutes=1)] + [now]
        if len(self._sent) > int(self.script.settings["orders_a_minute"]):
            self.problem(f"{len(self._sent)} orders in a minute with {key}")
        most = max(abs(leg.ratio) for leg in ticket.legs) * abs(ticket.quantity)
        if most > int(self.script.settings["contracts_an_order"]):
            self.problem(f"{key} is for {most} contracts")
        if planned.order.purpose is Purpose.OPEN:
            self._opens(planned)
            self._secured(planned)
        self._covered(key, planned.order.symbol)

    def _earlier_of_the_slot(self, planned: ev.MarginRequested, view: OrderView) -> None:
        """What went before in the same slot has ended, and the journal knows all its fills."""
        for other in self._everything():
            earlier = self._planned.get(other.ticket.order_ref)
            if earlier is None or other.perm_id == view.perm_id or earlier.order.slot != planned.order.slot:
                continue
            if not other.state.terminal:
                self.problem(f"{planned.order.key} left while {earlier.order.key} lives in its slot")
        for one in self.site.exchange.executions():
            earlier = self._planned.get(one.order_ref)
            mine = one.contract is not None and one.perm_id != view.perm_id
            same = mine and earlier is not None and earlier.order.slot == planned.order.slot
            if same and _root(one.exec_id) not in self._booked:
                self.problem(f"{planned.order.key} left before a fill of {one.order_ref} was booked")

    def _opens(self, planned: ev.MarginRequested) -> None:
        """No opening takes more contracts a day than the file allows."""
        today = session_of(self.site.exchange.now)
        opened = 0
        for other in self._everything():
            plan = self._planned.get(other.ticket.order_ref)
            if plan is None or plan.order.purpose is not Purpose.OPEN or plan.order.session != today:
                continue
            opened += abs(other.filled) if other.state.terminal else abs(other.ticket.quantity)
        if opened > int(self.script.settings["contracts_a_day"]):
            self.problem(f"{opened} contracts opened today with {planned.order.key}")

    def _secured(self, planned: ev.MarginRequested) -> None:
        """No put is sold unless all that are sold, held or working, are paid for by cash that is there.

        Shares that a person has bought may have left less than that; a call on them promises no more of it.
        """
        if not any(_is_put(leg.contract) and leg.ratio < 0 for leg in planned.order.combo.legs):
            return
        if any(self.site.now() - at < _A_HAND_BEFORE for at in self.hands.touched.values()):
            return
        promised = sum(
            -one.quantity * one.contract.strike_value.amount
            for one in self.site.exchange.holdings(ACCOUNT)
            if _is_put(one.contract) and one.quantity < 0
        )
        for view in self._live():
            if (
                len(view.ticket.legs) == 1
                and _is_put(view.ticket.legs[0].contract)
                and view.ticket.quantity < 0
            ):
                promised += view.remaining * view.ticket.legs[0].contract.strike_value.amount
        if promised > self.hands.cash():
            self.problem(
                f"{planned.order.key}: puts for {promised:,.0f} USD stand on {self.hands.cash():,.0f} USD"
            )

    def _covered(self, key: str, symbol: str) -> None:
        """No call of ours is sold without its shares."""
        planned = self._planned[key].order
        if not any(_is_call(leg.contract) and leg.ratio < 0 for leg in planned.combo.legs):
            return
        touched = self.hands.touched.get(symbol)
        if touched is not None and self.site.now() - touched < _A_HAND_BEFORE:
            return
        held = {one.contract: one.quantity for one in self.site.exchange.holdings(ACCOUNT)}
        shares = held.get(Stock(symbol), 0)
        calls = -sum(
            quantity
            for contract, quantity in held.items()
            if isinstance(contract, Option)
            and contract.symbol == symbol
            and contract.right is Right.CALL
            and quantity < 0
        )
        for view in self._live():
            left = view.remaining if view.ticket.quantity > 0 else -view.remaining
            for leg in view.ticket.legs:
                option = leg.contract
                if isinstance(option, Option) and option.symbol == symbol and option.right is Right.CALL:
                    rolled = len(view.ticket.legs) > 1
                    calls += max(-left * leg.ratio, 0) if not rolled else 0
        if calls * 100 > max(shares, 0):
            self.problem(f"{key}: {calls} calls on {symbol} stand on {shares} shares")

    def _one_order_a_slot(self) -> None:
        seen: dict[str, str] = {}
        for view in self._live():
            planned = self._planned.get(view.ticket.order_ref)
            slot = view.ticket.order_ref if planned is None else planned.order.slot
            if slot in seen:
                self.problem(f"{view.ticket.order_ref} and {seen[slot]} live in one slot")
            seen[slot] = view.ticket.order_ref

    def _live(self) -> list[OrderView]:
        return [one for one in self.site.exchange.open_orders() if self._is_ours(one.ticket)]

    def _is_ours(self, ticket: OrderTicket) -> bool:
        """Whether Premia sent it: no person, and no copy that the broker made."""
        return ticket.client_id != MANUAL and ticket.order_id not in self.hands.copies

    def _everything(self) -> list[OrderView]:
        done = self.site.exchange.completed_orders()
        return self._live() + [one for one in done if self._is_ours(one.ticket)]

    # Book against market.

    def _remember(self) -> None:
        exchange = self.site.exchange
        held = {one.contract.key: one.quantity for one in exchange.holdings(ACCOUNT) if one.quantity}
        now = self.site.now()
        self._truths.append(Truth(now, held, self.hands.cash()))
        while len(self._truths) > 1 and now - self._truths[1].at > KNOWN_FOR:
            self._truths.popleft()

    def _agrees(self, book: Book, *, strictly: bool = False) -> None:
        """Positions and cash are what the market had at an instant that is not long ago."""
        now = self.site.now()
        recent = (
            [self._truths[-1]]
            if strictly
            else [
                one
                for one, after in zip(self._truths, [*list(self._truths)[1:], None], strict=True)
                if after is None or now - after.at <= KNOWN_FOR
            ]
        )
        blocked = set(book.blocks)
        ours = {key: one.quantity for key, one in book.holdings.items() if one.contract.symbol not in blocked}
        for truth in recent:
            theirs = {key: n for key, n in truth.held.items() if key.split(" ")[0] not in blocked}
            if theirs == ours:
                break
        else:
            theirs = {key: n for key, n in recent[-1].held.items() if key.split(" ")[0] not in blocked}
            wrong = sorted(key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
            self.problem(f"READY, and positions differ: {[(k, ours.get(k), theirs.get(k)) for k in wrong]}")
        if book.uncosted or blocked or book.cash is None:
            return
        cash = book.cash
        if all(abs(cash - truth.cash) > A_CENT for truth in recent):
            self.problem(f"READY, and cash differs: ledger {cash}, broker {recent[-1].cash}")


def _is_call(contract: Contract) -> bool:
    return isinstance(contract, Option) and contract.right is Right.CALL


def _is_put(contract: Contract) -> bool:
    return isinstance(contract, Option) and contract.right is Right.PUT


def _root(exec_id: str) -> str:
    return exec_id.rpartition(".")[0]
