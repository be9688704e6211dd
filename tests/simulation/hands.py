"""People: who trades by hand in TWS, who gives commands, and who puts right what only a person may.

Trades by hand reach the market as those of another client. Commands go into the journal's inbox, as the
command line puts them there. In the calm at the end a person looks at what stands still and says what is
true, which the market's own record tells.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from premia.adapters.journals.places import send_command
from premia.domain import events as ev
from premia.domain.errors import JournalError
from premia.domain.instrument import Contract, Option, Stock
from premia.domain.order import Stage
from premia.exchange.types import OrderKind, OrderTicket, TicketLeg
from premia.gateway import orders
from tests.simulation.script import ACCOUNT
from tests.simulation.site import Life, Site

MANUAL = 0
_LOT = 100
_COPIES_FROM = 900_001


class Hands:
    """What people do to an installation.

    Attributes:
        touched: Symbols that somebody traded by hand, and when last.
        copies: Order numbers under which the broker made a second order out of one of ours.
        rivals: Second processes that were started on the journal.
        problems: What went wrong in a way that no check of the market sees.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.touched: dict[str, datetime] = {}
        self.copies: set[int] = set()
        self.rivals: list[Life] = []
        self.problems: list[str] = []
        self.done: list[str] = []
        self._number = 0

    def problem(self, text: str) -> None:
        self.problems.append(text)

    @property
    def life(self) -> Life | None:
        living = [one for one in self.site.lives if not one.outcome and one.process is not None]
        return living[0] if living else None

    def trade(self, act: str, symbol: str) -> None:
        """One trade by hand, where there is something to trade."""
        held = {one.contract: one.quantity for one in self.site.exchange.holdings(ACCOUNT)}
        shares = held.get(Stock(symbol), 0)
        shorts = [
            contract
            for contract, quantity in held.items()
            if isinstance(contract, Option) and contract.symbol == symbol and quantity < 0
        ]
        if act == "buy shares":
            self._order(Stock(symbol), _LOT)
        elif act == "sell shares" and shares >= _LOT:
            self._order(Stock(symbol), -_LOT)
        elif act == "buy back" and shorts:
            self._order(min(shorts, key=lambda one: one.key), 1)
        elif act == "cancel":
            self._cancel(symbol)

    def _order(self, contract: Contract, quantity: int) -> None:
        self._number += 1
        self.touched[contract.symbol] = self.site.now()
        ticket = OrderTicket(
            client_id=MANUAL,
            order_id=self._number,
            account=ACCOUNT,
            legs=(TicketLeg(contract, 1),),
            quantity=quantity,
            kind=OrderKind.MARKET,
            limit=None,
        )
        self.done.append(f"{quantity:+d} {contract.key} by hand")
        self._tell(self.site.exchange.submit(ticket))

    def _cancel(self, symbol: str) -> None:
        for view in self.site.exchange.open_orders():
            named = view.ticket.order_ref.split("/")
            if view.ticket.order_ref and named[1] == symbol:
                self.done.append(f"{view.ticket.order_ref} cancelled by hand")
                self._tell(self.site.exchange.cancel(view.ticket.client_id, view.ticket.order_id))

    def copy(self) -> None:
        """What IB did to others: out of a change while its servers were lost, a second order."""
        ours = [one for one in self.site.exchange.open_orders() if one.ticket.order_ref]
        if not ours:
            return
        ticket = ours[0].ticket
        number = _COPIES_FROM + len(self.copies)
        self.copies.add(number)
        self.touched[ticket.legs[0].contract.symbol] = self.site.now()
        self.done.append(f"{ticket.order_ref} works twice")
        self._tell(self.site.exchange.submit(replace(ticket, order_id=number)))

    def _tell(self, reports: list) -> None:
        orders.publish(self.site.server.floor, reports)
        self.site.server._after_request()
        self.site.server._flush()

    async def command(self, verb: str, lasts_s: float) -> None:
        """A command to the daemon; a halt is taken back after a while, a close is clicked twice."""
        life = self.life
        if verb in ("pause", "kill"):
            self.send(verb)
            await asyncio.sleep(lasts_s)
            self.send("resume" if verb == "pause" else "release", "" if verb == "pause" else "kill")
            return
        if verb in ("close", "roll"):
            trades = sorted(life.book.trades) if life is not None else []
            if trades:
                name = f"{verb}/{self._number + 1}"
                self.send(verb, trades[0], name)
                self.send(verb, trades[0], name)
                self.send(verb, trades[0])
            return
        self.send(verb, "all" if verb == "cancel" else "")

    def send(self, verb: str, target: str = "", name: str = "", **arguments: str) -> None:
        self._number += 1
        at = self.site.machine.now()
        asked = ev.OperatorCommand(
            at=at,
            id=name or f"{verb}/{self._number}",
            verb=verb,
            target=target,
            who="anna",
            why="a simulation",
            arguments=arguments,
        )
        try:
            send_command(self.site.journal, asked, at)
        except JournalError as error:  # no journal yet, or the same id with another time: a person sees it
            self.done.append(f"{verb} {target}: {error}")

    def put_right(self) -> None:
        """What a person does in the calm: look at everything that stands still, and say what is true."""
        life = self.life
        if life is None:
            return
        book = life.book
        self._cancel_copies()
        for cause in sorted(book.halts):
            self.send("release", cause)
        for key, state in sorted(book.orders.items()):
            if state.stage is Stage.UNKNOWN:
                sold = any(one.order_ref == key for one in self.site.exchange.executions())
                self.send("resolve", key, outcome="filled" if sold else "never-sent")
        for symbol, block in sorted(book.blocks.items()):
            if block.until_session is None:
                self.send("accept", symbol)

    def _cancel_copies(self) -> None:
        for view in self.site.exchange.open_orders():
            if view.ticket.order_id in self.copies:
                self._tell(self.site.exchange.cancel(view.ticket.client_id, view.ticket.order_id))

    def cash(self) -> Decimal:
        return self.site.exchange.values(ACCOUNT).total_cash
