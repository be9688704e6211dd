"""Whether an order may leave, told from the facts of a journal alone, with no code of the engine."""

from __future__ import annotations

from premia.domain import events as ev
from premia.domain.intent import Purpose
from premia.domain.known import Known


class Permission:
    """What stands against an order: no session, a look that is not whole, halts, symbols that stand still."""

    def __init__(self) -> None:
        self._connected = False
        self._whole = False
        self._lost = False
        self._halts: dict[str, str] = {}
        self._blocks: set[str] = set()

    def begun(self) -> None:
        """A process has begun; it knows nothing of the broker yet."""
        self._connected = self._whole = self._lost = False

    def note(self, fact: ev.AnyEvent) -> None:  # noqa: C901 - a row a kind
        """Take in a fact."""
        match fact:
            case ev.Connected():
                self._connected, self._whole, self._lost = True, False, False
            case ev.Disconnected():
                self._connected = self._whole = False
            case ev.LinkLost():
                self._lost, self._whole = True, False
            case ev.LinkRestored():
                self._lost, self._whole = False, False
            case ev.DiscrepancySeen():
                self._whole = False
            case ev.BrokerObserved():
                parts = (fact.account, fact.positions, fact.orders, fact.fills)
                self._whole = all(isinstance(part, Known) for part in parts)
            case ev.TradingHalted():
                self._halts[fact.cause] = fact.scope
            case ev.TradingReleased():
                self._halts.pop(fact.cause, None)
            case ev.SymbolBlocked():
                self._blocks.add(fact.symbol)
            case ev.SymbolUnblocked():
                self._blocks.discard(fact.symbol)
            case _:
                return

    def against(self, purpose: Purpose, symbol: str) -> str:
        """Why an order may not leave; empty where it may."""
        if not self._connected or self._lost:
            return "there was no link with the broker"
        if not self._whole:
            return "broker and ledger had not been found equal"
        for cause, scope in self._halts.items():
            if scope == "all" or purpose is Purpose.OPEN:
                return f"{cause} had halted {scope}"
        if purpose is Purpose.OPEN and symbol in self._blocks:
            return f"{symbol} stood still"
        return ""
