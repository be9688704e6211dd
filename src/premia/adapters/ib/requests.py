"""The questions that we ask a gateway, each one message with its answer as the library's own types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ib_async import Contract, ContractDetails, Execution, ExecutionFilter, Order, OrderState

from premia.adapters.ib import receiver
from premia.adapters.ib.connection import Connection


class AccountFigure(NamedTuple):
    """One figure of an account, as text."""

    tag: str
    value: str
    currency: str
    account: str


class Holding(NamedTuple):
    """A position as the portfolio of an account shows it."""

    contract: Contract
    quantity: float
    market_price: float
    market_value: float
    average_cost: float
    unrealized: float
    realized: float
    account: str


class PositionRow(NamedTuple):
    """A position of any account."""

    account: str
    contract: Contract
    quantity: float
    average_cost: float


class OpenOrder(NamedTuple):
    """An order that the gateway holds."""

    contract: Contract
    order: Order
    state: OrderState


class StatusRow(NamedTuple):
    """A hint where an order stands."""

    client_id: int
    order_id: int
    perm_id: int
    status: str
    filled: float
    remaining: float


class OptionClassRow(NamedTuple):
    """Expiries and the union of strikes of one class on one exchange."""

    exchange: str
    underlying_id: str
    trading_class: str
    multiplier: str
    expiries: list[str]
    strikes: list[float]


async def account_values(connection: Connection, account: str) -> tuple[list[AccountFigure], list[Holding]]:
    """Fresh figures and portfolio of an account; the subscription behind it is ended again."""
    client = connection.client
    try:
        rows = await connection.ask(
            receiver.ACCOUNT,
            f"the values of account {account}",
            lambda: client.reqAccountUpdates(True, account),  # noqa: FBT003 - the library's signature
        )
    finally:
        if connection.is_open:
            client.reqAccountUpdates(False, account)  # noqa: FBT003 - the library's signature
    figures = [AccountFigure(*row) for row in rows if isinstance(row[0], str)]
    return figures, [Holding(*row) for row in rows if not isinstance(row[0], str)]


async def account_summary(connection: Connection, account: str, tags: Sequence[str]) -> list[AccountFigure]:
    """Figures of an account by name; the subscription behind it is ended again."""
    number = connection.request_id()
    try:
        rows = await connection.ask(
            number,
            f"the summary of account {account}",
            lambda: connection.client.reqAccountSummary(number, "All", ",".join(tags)),
        )
    finally:
        if connection.is_open:
            connection.client.cancelAccountSummary(number)
    found = [AccountFigure(tag, value, currency, owner) for owner, tag, value, currency in rows]
    return [figure for figure in found if figure.account == account]


async def positions(connection: Connection) -> list[PositionRow]:
    """Positions of all accounts; one that was closed today may come with quantity zero."""
    rows = await connection.ask(receiver.POSITIONS, "the positions", connection.client.reqPositions)
    return [PositionRow(*row) for row in rows]


async def open_orders(connection: Connection) -> tuple[list[OpenOrder], list[StatusRow]]:
    """Working orders of all clients, and the statuses told beside them."""
    rows = await connection.ask(receiver.OPEN_ORDERS, "the open orders", connection.client.reqAllOpenOrders)
    opened = [OpenOrder(*row) for row in rows if isinstance(row[0], Contract)]
    return opened, [StatusRow(*row) for row in rows if not isinstance(row[0], Contract)]


async def completed_orders(connection: Connection) -> list[OpenOrder]:
    """The session's orders that work no more."""
    rows = await connection.ask(
        receiver.COMPLETED,
        "the completed orders",
        lambda: connection.client.reqCompletedOrders(False),  # noqa: FBT003 - the library's signature
    )
    return [OpenOrder(*row) for row in rows]


async def executions(connection: Connection, account: str) -> list[tuple[Contract, Execution]]:
    """The session's executions of an account, of all clients."""
    number = connection.request_id()
    wanted = ExecutionFilter(acctCode=account)
    return await connection.ask(
        number, "the executions", lambda: connection.client.reqExecutions(number, wanted)
    )


async def next_order_id(connection: Connection) -> int:
    """The broker's next valid order number for this client."""
    (number,) = await connection.ask(
        receiver.NEXT_ID, "the next order number", lambda: connection.client.reqIds(1)
    )
    return int(number)


async def contract_details(connection: Connection, contract: Contract) -> list[ContractDetails]:
    """Every contract that fits the pattern."""
    number = connection.request_id()
    return await connection.ask(
        number,
        f"contract details of {contract.symbol}",
        lambda: connection.client.reqContractDetails(number, contract),
    )


async def option_classes(connection: Connection, underlying: Contract) -> list[OptionClassRow]:
    """Option classes of an underlying whose contract number is known."""
    number = connection.request_id()
    rows = await connection.ask(
        number,
        f"option classes of {underlying.symbol}",
        lambda: connection.client.reqSecDefOptParams(
            number, underlying.symbol, "", underlying.secType, underlying.conId
        ),
    )
    return [OptionClassRow(*row) for row in rows]


def place(connection: Connection, number: int, contract: Contract, order: Order) -> None:
    """Write an order, or a question about its margin, to the socket: the only place that does."""
    connection.client.placeOrder(number, contract, order)


async def what_if(connection: Connection, number: int, contract: Contract, order: Order) -> OrderState:
    """What an order would change, under an order number that it uses up; it is asked, never placed."""
    order.whatIf = True
    rows: list[Any] = await connection.ask(
        number,
        "the margin of an order",
        lambda: place(connection, number, contract, order),
        connection.limits.what_if_s,
    )
    return rows[0]


async def daily_bars(connection: Connection, contract: Contract, duration: str, what: str) -> list[Any]:
    """Daily bars up to now, `duration` as IB writes it (`30 D`, `1 Y`)."""
    number = connection.request_id()
    return await connection.ask(
        number,
        f"history of {contract.symbol}",
        lambda: connection.client.reqHistoricalData(
            number,
            contract,
            "",
            duration,
            "1 day",
            what,
            useRTH=True,
            formatDate=1,
            keepUpToDate=False,
            chartOptions=[],
        ),
    )
