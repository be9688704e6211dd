"""Who may trade: paper accounts always, real money only as a person has agreed to what it may lose.

A live account needs three things: `broker.live = true` in the file, the account's own number in it, and an
agreement in the journal: the worst case in money, typed back (`premia live`). The agreement holds for the
limits under which it was given; a file that lets more be lost asks for a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_CEILING, Decimal

from premia.bootstrap.compose import paper_only
from premia.bootstrap.settings import Config
from premia.domain.book import Book, Consent
from premia.domain.errors import NotAllowed
from premia.domain.events import Connected, OperatorCommand
from premia.engine.commands import agreement

CRASH = Decimal("0.20")
"""The fall of everything at once that the worst case assumes."""

_DOLLAR = Decimal(1)


def worst_part(config: Config) -> Decimal:
    """The part of net liquidation that is lost if all that the limits allow is assigned after the fall."""
    return CRASH * Decimal(str(config.limits.all_assigned.of_net_liquidation))


def worst_case(config: Config, net_liquidation: Decimal, held: Decimal) -> tuple[Decimal, Decimal]:
    """USD lost and USD left in the worst case, whole dollars, the loss rounded up.

    Args:
        config: Whose limits bound what may be opened.
        net_liquidation: Of the account, USD.
        held: Strikes of puts sold already and value of shares, USD; where they exceed the limits they count.
    """
    lost = max(net_liquidation * worst_part(config), held * CRASH)
    whole = lost.quantize(_DOLLAR, rounding=ROUND_CEILING)
    return whole, net_liquidation.quantize(_DOLLAR) - whole


def may_look(config: Config) -> Callable[[Connected], None]:
    """Lets in who only reads: paper accounts, and a live one that the file names as such."""

    def check(opened: Connected) -> None:
        if not config.broker.live:
            paper_only(opened)

    return check


def may_trade(
    config: Callable[[], Config], given: Callable[[], Consent | None]
) -> Callable[[Connected], None]:
    """Lets in who trades: paper accounts, and a live one whose owner has agreed to what it may lose.

    Args:
        config: The configuration in force.
        given: The agreement in the journal.
    """

    def check(opened: Connected) -> None:
        if not opened.paper:
            may_look(config())(opened)
            agreed(config(), given(), opened.account)

    return check


def agreed_in(book: Book, waiting: Iterable[OperatorCommand]) -> Consent | None:
    """The newest agreement, one that still waits in the inbox included: without it nobody would ever take it.

    Args:
        book: Open state of the account.
        waiting: Commands of the inbox, oldest first.
    """
    found = book.consent
    for command in waiting:
        fresh = agreement(command)
        if fresh is not None:
            found = Consent(fresh.account, fresh.part, fresh.who, fresh.at)
    return found


def agreed(config: Config, given: Consent | None, account: str) -> None:
    """Hold a configuration for a live account to what its owner has agreed to.

    Raises:
        NotAllowed: If nobody has agreed, or to less than the limits let be lost.
    """
    if given is None or given.account != account:
        raise NotAllowed(
            f"Account {account} is real money, and nobody has agreed yet to what it may lose. "
            "`premia live` shows the worst case and asks for it."
        )
    wanted = worst_part(config)
    if wanted > given.part:
        raise NotAllowed(
            f"Account {account} is real money: the limits of the file let {wanted:.1%} of it be lost in the "
            f"worst case, and {given.part:.1%} was agreed to. Lower limits.all_assigned, or type "
            "`premia live` once more."
        )
