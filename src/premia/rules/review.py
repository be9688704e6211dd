"""Risk's verdict on what strategies want: the one place where an `Approved` is made.

Intents are heard by priority, then by premium per reserved dollar, then by slot; each is put to every
rule in turn and each verdict sees what the ones before it have promised. A rule may lower the quantity, down
to one unit, and says so; the rules after it see the smaller wish.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from premia.domain.account import AccountKind
from premia.domain.book import Book
from premia.domain.errors import InvariantViolated
from premia.domain.intent import Intent, evidence, resized
from premia.domain.market import MarketView
from premia.domain.money import Money
from premia.domain.sessions import Sessions
from premia.domain.verdict import Approved, Refused
from premia.rules.answers import Refuse, Running, Shrink
from premia.rules.exposure import need_of
from premia.rules.limits import Limits
from premia.rules.registry import RULES

__all__ = ["Desk", "Limits", "review"]


class Desk(NamedTuple):
    """What rules may know besides book, view and intents.

    Attributes:
        kind: What the account may do.
        sessions: Trading days.
        limits: Parameters of all rules.
    """

    kind: AccountKind
    sessions: Sessions
    limits: Limits


def review(
    book: Book, view: MarketView, intents: Sequence[Intent], desk: Desk
) -> Iterator[Approved | Refused]:
    """A verdict on every intent, in the order in which they are heard.

    Args:
        book: Open state of the account, with its working orders.
        view: The market on which the intents were made.
        intents: What strategies want.
        desk: Kind of account, trading days and limits.
    """
    running = Running(desk.kind, desk.sessions)
    for intent in sorted(intents, key=lambda i: (i.priority, -i.score, i.slot, i.strategy)):
        verdict = _verdict(book, view, intent, (desk, running))
        if isinstance(verdict, Approved):
            running = running._replace(approved=(*running.approved, verdict))
        yield verdict


def _verdict(book: Book, view: MarketView, intent: Intent, at: tuple[Desk, Running]) -> Approved | Refused:
    desk, running = at
    notes: list[str] = []
    wish = intent
    for rule in RULES:
        params = None if rule.params is None else getattr(desk.limits, rule.name)
        answer = rule.check(book, view, wish, params, running)
        if isinstance(answer, Refuse):
            return Refused(wish, rule.name, answer.reason, evidence(**answer.facts))
        if isinstance(answer, Shrink):
            if not 1 <= answer.quantity < wish.quantity:
                raise InvariantViolated(
                    f"Rule {rule.name} lowered {wish.slot} from {wish.quantity} to {answer.quantity} units."
                )
            wish = resized(wish, answer.quantity)
        if answer.note:
            notes.append(f"{rule.name}: {answer.note}")
    return Approved(wish, Money(need_of(wish) * wish.quantity), tuple(notes))
