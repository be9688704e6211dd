"""Metrics for Prometheus: counted from the same facts as everything else, on a registry of their own.

Labels take only what the code names, rules and causes and states, never a symbol or an account: their number
is bounded, and nothing of the account can be read from them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.known import Known
from premia.domain.order import Stage

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_LIVING = tuple(stage.value for stage in Stage if not stage.terminal)
_PASS_S = (0.1, 0.3, 1, 3, 10, 30, 60, 120, 300)
_APPEND_S = (0.0003, 0.001, 0.003, 0.005, 0.01, 0.03, 0.1, 1, 10)
_OUTCOMES: dict[type[ev.AnyEvent], str] = {
    ev.OrderIdAssigned: "sent",
    ev.OrderAccepted: "accepted",
    ev.OrderRejected: "rejected",
    ev.OrderCancelled: "cancelled",
    ev.OrderFilled: "fill",
    ev.OrderUnknown: "unknown",
    ev.OrderDropped: "dropped",
}


class Metrics:
    """Everything that is counted of one process."""

    def __init__(self, version: str, used: Callable[[Book], Iterable[tuple[str, float]]]) -> None:
        """Begin at zero.

        Args:
            version: Of Premia.
            used: Limits by name with the part that is used.
        """
        self._used = used
        self._registry = CollectorRegistry()
        self._book: Book | None = None
        self._turned_at: datetime | None = None
        self._sign = time.monotonic()
        self._pass_began: dict[str, float] = {}
        self._causes: set[str] = set()
        on = self._registry
        Info("premia", "Version.", registry=on).info({"version": version})
        ProcessCollector(registry=on)
        silent = Gauge("premia_silent_seconds", "Since the last turn of the loop.", registry=on)
        silent.set_function(lambda: time.monotonic() - self._sign)
        age = Gauge("premia_data_age_seconds", "Age of what the broker last told.", ["part"], registry=on)
        for part in ("account", "positions", "orders"):
            age.labels(part).set_function(self._age_of(part))
        self._turns = Counter("premia_turns", "Turns of the loop.", registry=on)
        self._connected = Gauge("premia_connected", "1: a session with the gateway stands.", registry=on)
        self._link = Gauge("premia_link", "1: the gateway reaches the broker's servers.", registry=on)
        self._ready = Gauge("premia_reconciled", "1: broker and ledger agree.", registry=on)
        self._orders = Gauge("premia_orders", "Orders that live, by state.", ["state"], registry=on)
        self._order_events = Counter(
            "premia_order_events", "What happened to orders.", ["event"], registry=on
        )
        self._passes = Counter("premia_cycles", "Passes, by outcome.", ["outcome"], registry=on)
        self._pass_s = Histogram("premia_cycle_seconds", "Wall time of a pass.", buckets=_PASS_S, registry=on)
        self._last_pass = Gauge(
            "premia_last_cycle_timestamp_seconds", "Market time of the last pass's end.", registry=on
        )
        self._refused = Counter("premia_refusals", "Refusals, by rule.", ["rule"], registry=on)
        self._halted = Gauge("premia_halted", "1: a halt of this cause stands.", ["cause"], registry=on)
        self._halts = Counter("premia_halts", "Halts, by cause.", ["cause"], registry=on)
        self._limits = Gauge(
            "premia_limit_used_ratio", "Part of a limit that is used.", ["limit"], registry=on
        )
        self._troubles = Counter("premia_troubles", "Troubles, by kind.", ["kind"], registry=on)
        self._alerts = Counter("premia_alerts", "Alerts, by what became of them.", ["outcome"], registry=on)
        self._append_s = Histogram(
            "premia_journal_append_seconds", "Time of one writing.", buckets=_APPEND_S, registry=on
        )

    def page(self) -> bytes:
        """All metrics in the text form of Prometheus."""
        return generate_latest(self._registry)

    def turned(self, book: Book, at: datetime) -> None:
        """The loop has turned: what the book shows now."""
        self._book, self._turned_at, self._sign = book, at, time.monotonic()
        self._turns.inc()
        self._connected.set(book.connected)
        self._link.set(book.connected and not book.link_lost)
        self._ready.set(book.ready)
        states = [state.stage.value for state in book.orders.values()]
        for state in _LIVING:
            self._orders.labels(state).set(states.count(state))
        self._causes |= set(book.halts)
        for cause in self._causes:
            self._halted.labels(cause).set(cause in book.halts)
        for limit, part in self._used(book):
            self._limits.labels(limit).set(part)

    def facts(self, batch: Sequence[ev.AnyEvent]) -> None:
        """Count a batch of facts."""
        for event in batch:
            outcome = _OUTCOMES.get(type(event))
            if outcome is not None:
                self._order_events.labels(outcome).inc()
            if isinstance(event, ev.IntentRefused | ev.OrderDropped):
                self._refused.labels(event.rule).inc()
            elif isinstance(event, ev.TradingHalted):
                self._halts.labels(event.cause).inc()
            elif isinstance(event, ev.CycleStarted | ev.CycleEnded):
                self._pass(event)

    def trouble(self, kind: str, _text: str) -> None:
        """Count a trouble that no fact tells."""
        self._troubles.labels(kind).inc()

    def alert(self, outcome: str, count: int = 1) -> None:
        """Count alerts: `sent`, `failed` (tried again), `held_back`, `dropped`, `lost`."""
        self._alerts.labels(outcome).inc(count)

    def appended(self, seconds: float) -> None:
        """One writing of the journal, in wall seconds."""
        self._append_s.observe(seconds)

    def _pass(self, event: ev.CycleStarted | ev.CycleEnded) -> None:
        if isinstance(event, ev.CycleStarted):
            self._pass_began = {event.cycle: time.monotonic()}
            return
        began = self._pass_began.pop(event.cycle, None)
        self._passes.labels("cut_off" if began is None else "blind" if event.again else "decided").inc()
        self._last_pass.set(event.at.timestamp())
        if began is not None:
            self._pass_s.observe(time.monotonic() - began)

    def _age_of(self, part: str) -> Callable[[], float]:
        def age() -> float:
            book, at = self._book, self._turned_at
            known = None if book is None else getattr(book.observed, part)
            if at is None or not isinstance(known, Known):
                return float("nan")
            return (at - known.as_of).total_seconds() + time.monotonic() - self._sign

        return age
