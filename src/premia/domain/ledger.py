"""How quantities, cash, trades and campaigns move together.

Four movements: an execution of an order of ours, its commission, a movement without an order of ours
(assignment, expiry, cash settlement, a trade by hand), and the adoption of what was already there.
Each moves cash and holdings, the trade that owns the option, and the campaign that owns the shares,
in one step, so that cash and positions always tell the same story.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from premia.domain.book import Book, Unsettled
from premia.domain.campaign import Campaign, OpenLeg, Trade
from premia.domain.dates import session_of
from premia.domain.errors import InvariantViolated
from premia.domain.events import PositionAdopted
from premia.domain.instrument import Contract, Option, Right
from premia.domain.intent import Purpose
from premia.domain.money import Money, Price
from premia.domain.order import Fill, Order, OrderState, Stage
from premia.domain.position import Holding

ASSIGNED = "assigned"
"""How shares move at a strike, by assignment of our shorts or exercise of our longs."""


class Movement(NamedTuple):
    """A quantity that changed without an order of ours.

    Attributes:
        quantity: Signed change in contracts or shares.
        price: Per share; zero for what ended worthless.
        traded: Session from which settlement counts.
        how: `assigned`, `expired`, ...: how the trade that held it says it went.
    """

    contract: Contract
    quantity: int
    price: Decimal
    traded: date
    how: str


def filled(book: Book, state: OrderState, fill: Fill) -> Book:
    """The book after an execution of an order of ours; the same execution twice is the caller's to refuse."""
    order = state.order
    after = _ensure_trade(book, order, fill.at)
    after = _transfer(after, fill.contract, fill.quantity, fill.price, session_of(fill.at))
    before = after.trades[order.trade]
    trade = _count_roll(before, order, fill)
    if trade.rolls > before.rolls:
        campaign = after.campaigns[trade.campaign]
        after = _with_campaign(after, replace(campaign, rolls=campaign.rolls + 1))
    after = _with_trade(after, _leg_moved(trade, fill.contract, fill.quantity, fill.price))
    after = _campaign_moved(after, trade.campaign, fill.contract, fill.quantity, fill.price)
    after = _advance_order(after, state, fill)
    after = replace(
        after, fills={**after.fills, fill.root: fill}, uncosted={**after.uncosted, fill.exec_id: order.key}
    )
    return after if fill.commission is None else costed(after, fill.exec_id, fill.commission)


def costed(book: Book, exec_id: str, commission: Money) -> Book:
    """The book after the commission of an execution became known."""
    key = book.uncosted[exec_id]
    state = book.orders.get(key) or book.ended.get(key)
    rest = {k: v for k, v in book.uncosted.items() if k != exec_id}
    after = replace(book, cash=_cash(book) - commission.amount, uncosted=rest)
    fill = next((f for f in book.fills.values() if f.exec_id == exec_id), None)
    if fill is not None:
        # Kept with the fill, so that a correction of it takes back what was paid.
        after = replace(after, fills={**after.fills, fill.root: replace(fill, commission=commission)})
        after = _unsettled(after, fill.contract, -commission.amount, session_of(fill.at))
    trade = None if state is None else after.trades.get(state.order.trade)
    if trade is None:
        return after
    after = _with_trade(after, replace(trade, fees=trade.fees + commission))
    campaign = after.campaigns[trade.campaign]
    return _with_campaign(after, replace(campaign, fees=campaign.fees + commission))


def moved(book: Book, movement: Movement) -> Book:
    """The book after a movement without an order of ours."""
    contract, quantity = movement.contract, movement.quantity
    after = _transfer(book, contract, quantity, movement.price, movement.traded)
    if isinstance(contract, Option):
        return _option_moved(after, contract, movement)
    campaign = next((c for c in after.campaigns.values() if c.symbol == contract.symbol), None)
    part = 0 if campaign is None else _of_campaign(book, campaign, movement)
    if campaign is None or part == 0:
        return after
    after = _campaign_moved(after, campaign.id, contract, part, movement.price)
    if movement.how != ASSIGNED:
        return after
    campaign = after.campaigns[campaign.id]
    if part > 0:
        return _with_campaign(after, replace(campaign, assigned=campaign.assigned + part))
    return _with_campaign(after, replace(campaign, called_away=campaign.called_away - part))


def booked(book: Book, event: PositionAdopted) -> Book:
    """The book after a position that was already there joined a campaign, at the broker's average cost.

    For shares the broker's cost already nets the premium of the put that brought them, so the campaign
    starts with no premium: nothing is subtracted twice.
    """
    position = event.position
    contract = position.contract
    campaign = book.campaigns.get(event.campaign) or Campaign(
        id=event.campaign,
        strategy=event.strategy,
        symbol=contract.symbol,
        opened=event.at,
        capital_since=event.at,
    )
    if not isinstance(contract, Option):
        cost = Money(position.average_cost * position.quantity, contract.currency)
        joined = replace(
            campaign, shares=campaign.shares + position.quantity, share_cost=campaign.share_cost + cost
        )
        return _capital(_with_campaign(book, joined), campaign.id)
    entry = abs(position.average_cost) / contract.multiplier
    trade = Trade(
        id=event.trade,
        strategy=event.strategy,
        symbol=contract.symbol,
        slot=f"{contract.symbol}/{'put' if contract.right is Right.PUT else 'call'}",
        campaign=campaign.id,
        opened=event.at,
        legs={contract.key: OpenLeg(contract, position.quantity, entry)},
        credit=-contract.value_of(Price(entry), position.quantity),
        adopted=True,
    )
    joined = replace(campaign, premium=campaign.premium + trade.credit)
    return _capital(_with_trade(_with_campaign(book, joined), trade), campaign.id)


def _ensure_trade(book: Book, order: Order, at: datetime) -> Book:
    """A trade, and a campaign for it, where the fill is the first of its trade."""
    if order.trade in book.trades:
        return book
    campaign = book.campaign_of(order.strategy, order.symbol) or Campaign(
        id=order.trade, strategy=order.strategy, symbol=order.symbol, opened=at, capital_since=at
    )
    trade = Trade(
        id=order.trade,
        strategy=order.strategy,
        symbol=order.symbol,
        slot=order.slot,
        campaign=campaign.id,
        opened=at,
    )
    return _with_trade(_with_campaign(book, campaign), trade)


def _transfer(book: Book, contract: Contract, quantity: int, price: Decimal, traded: date) -> Book:
    """Cash against quantity."""
    amount = -contract.value_of(Price(price), quantity).amount
    held = book.holding(contract) + quantity
    holdings = {k: v for k, v in book.holdings.items() if k != contract.key}
    if held:
        holdings[contract.key] = Holding(contract, held)
    after = replace(book, cash=_cash(book) + amount, holdings=holdings)
    return _unsettled(after, contract, amount, traded)


def _unsettled(book: Book, contract: Contract, amount: Decimal, traded: date) -> Book:
    if amount == 0:
        return book
    security = "option" if isinstance(contract, Option) else "stock"
    return replace(book, unsettled=(*book.unsettled, Unsettled(traded, security, amount)))


def _leg_moved(trade: Trade, contract: Contract, quantity: int, price: Decimal) -> Trade:
    """The trade after `quantity` of one of its contracts; closing realises, opening averages."""
    leg = trade.legs.get(contract.key)
    held = 0 if leg is None else leg.quantity
    entry = Decimal(0) if leg is None else leg.entry
    rest = {k: v for k, v in trade.legs.items() if k != contract.key}
    credit = trade.credit - contract.value_of(Price(price), quantity)
    if held * quantity >= 0:
        average = (entry * held + price * quantity) / (held + quantity)
        return replace(
            trade, credit=credit, legs={**rest, contract.key: OpenLeg(contract, held + quantity, average)}
        )
    if abs(quantity) > abs(held):  # a person was quicker: close what is held, open the rest
        return _leg_moved(_leg_moved(trade, contract, -held, price), contract, quantity + held, price)
    result = contract.value_of(Price(price - entry), -quantity)
    left = held + quantity
    legs = {**rest, contract.key: OpenLeg(contract, left, entry)} if left else rest
    return replace(trade, credit=credit, realized=trade.realized + result, legs=legs)


def _campaign_moved(book: Book, name: str, contract: Contract, quantity: int, price: Decimal) -> Book:
    """Premium, or shares with their cost and result, of the campaign that owns the movement."""
    campaign = book.campaigns[name]
    if isinstance(contract, Option):
        changed = replace(campaign, premium=campaign.premium - contract.value_of(Price(price), quantity))
        if quantity < 0 and contract.right is Right.PUT:
            changed = replace(changed, puts_sold=changed.puts_sold - quantity)
        elif quantity < 0:
            changed = replace(changed, calls_sold=changed.calls_sold - quantity)
    elif campaign.shares * quantity >= 0:
        cost = campaign.share_cost + contract.value_of(Price(price), quantity)
        changed = replace(campaign, shares=campaign.shares + quantity, share_cost=cost)
    else:
        changed = _shares_left(campaign, contract, quantity, price)
    return _capital(_with_campaign(book, changed), name)


def _shares_left(campaign: Campaign, contract: Contract, quantity: int, price: Decimal) -> Campaign:
    if abs(quantity) > abs(campaign.shares):
        raise InvariantViolated(
            f"Campaign {campaign.id} holds {campaign.shares} shares and {quantity:+d} left it."
        )
    cost = campaign.share_cost * (Decimal(-quantity) / campaign.shares)
    proceeds = contract.value_of(Price(price), -quantity)
    return replace(
        campaign,
        shares=campaign.shares + quantity,
        share_cost=campaign.share_cost - cost,
        share_result=campaign.share_result + proceeds - cost,
    )


def _capital(book: Book, name: str) -> Book:
    """Bring a campaign's capital at work up to now: shares at cost, open puts at their strikes."""
    campaign = book.campaigns[name]
    strikes = sum(
        (
            -leg.quantity * leg.contract.strike * leg.contract.multiplier
            for trade in book.campaign_trades(name)
            for leg in trade.legs.values()
            if isinstance(leg.contract, Option) and leg.contract.right is Right.PUT and leg.quantity < 0
        ),
        Decimal(0),
    )
    work = replace(campaign.share_cost, amount=campaign.share_cost.amount + strikes)
    changed = replace(
        campaign,
        capital_days=campaign.accrued(book.at),
        capital=work,
        capital_since=max(book.at, campaign.opened),
    )
    return _with_campaign(book, changed)


def _advance_order(book: Book, state: OrderState, fill: Fill) -> Book:
    """The order after a fill of one of its legs; whole units count when every leg has come."""
    legs = {**state.leg_filled, fill.contract.key: state.leg_filled.get(fill.contract.key, 0) + fill.quantity}
    units = min(abs(legs.get(leg.contract.key, 0)) // abs(leg.ratio) for leg in state.order.combo.legs)
    changed = replace(state, leg_filled=legs, filled=units, perm_id=fill.perm_id or state.perm_id)
    after = _count_opened(book, state.order, units - state.filled)
    rest = {k: v for k, v in after.orders.items() if k != state.key}
    if state.key not in after.orders:
        return replace(after, ended={**after.ended, state.key: changed})
    if units >= state.order.quantity:
        return replace(
            after, orders=rest, ended={**after.ended, state.key: replace(changed, stage=Stage.FILLED)}
        )
    working = replace(changed, stage=Stage.WORKING) if state.stage is Stage.ASSIGNED else changed
    return replace(after, orders={**after.orders, state.key: working})


def _count_opened(book: Book, order: Order, units: int) -> Book:
    if order.purpose is not Purpose.OPEN or units == 0:
        return book
    counted = {**book.opened_today, order.strategy: book.opened_today.get(order.strategy, 0) + units}
    return replace(book, opened_today=counted)


def _count_roll(trade: Trade, order: Order, fill: Fill) -> Trade:
    """A roll counts once, at its first execution of the leg that is sold anew."""
    first = fill.quantity < 0 and fill.contract.key not in trade.legs
    return replace(trade, rolls=trade.rolls + 1) if order.purpose is Purpose.ROLL and first else trade


def _of_campaign(book: Book, campaign: Campaign, movement: Movement) -> int:
    """How many of the shares that moved are the campaign's.

    Shares bought by hand never join it, and shares sold by hand leave first what does not belong to it; an
    assignment brings its shares to it and takes from it no more than it has.
    """
    quantity, own = movement.quantity, campaign.shares
    if own * quantity >= 0:
        return quantity if movement.how == ASSIGNED else 0
    spare = 0 if movement.how == ASSIGNED else max(abs(book.shares(campaign.symbol)) - abs(own), 0)
    leaving = min(max(abs(quantity) - spare, 0), abs(own))
    return leaving if quantity > 0 else -leaving


def _option_moved(book: Book, contract: Option, movement: Movement) -> Book:
    """Let the trades that hold the contract take the movement, oldest first; what none holds is nobody's."""
    after, left = book, movement.quantity
    for trade in book.trades.values():
        leg = trade.legs.get(contract.key)
        if leg is None or left == 0 or leg.quantity * left > 0:
            continue
        part = max(-leg.quantity, left) if left < 0 else min(-leg.quantity, left)
        changed = _leg_moved(trade, contract, part, movement.price)
        after = _with_trade(after, replace(changed, how=movement.how))
        after = _campaign_moved(after, trade.campaign, contract, part, movement.price)
        left -= part
    return after


def _cash(book: Book) -> Decimal:
    if book.cash is None:
        raise InvariantViolated("Cash moved before a baseline was taken.")
    return book.cash


def _with_trade(book: Book, trade: Trade) -> Book:
    return replace(book, trades={**book.trades, trade.id: trade})


def _with_campaign(book: Book, campaign: Campaign) -> Book:
    return replace(book, campaigns={**book.campaigns, campaign.id: campaign})
