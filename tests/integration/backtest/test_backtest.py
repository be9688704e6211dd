"""A backtest is the engine on recorded chains: what it did can be recomputed from the rows by hand."""

from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pytest

from premia.bootstrap.backtest import backtest
from premia.bootstrap.backtest_notes import BacktestWish
from premia.bootstrap.histories import of_store
from premia.domain import events as ev
from premia.domain.dates import session_of
from premia.domain.errors import ConfigError, MarketDataError
from premia.domain.instrument import Option, Right
from premia.exchange.policy import Deposit
from premia.exchange.stochastic import Kind
from premia.exchange.types_market import Dividend, Split
from premia.reporting.backtest.ran import BenchmarkKind, Fill
from premia.store.events import Delisting, Events
from premia.store.open import Store
from tests.integration.backtest.configs import fills, history, of_kind, run, settings
from tests.recorded import FIRST, UNIX_DAY, Story, calendar, panel_of, walk

CENT = Decimal("0.01")


def slow_fall(count: int) -> list[float]:
    """Prices that fall by a fifth and stay there: puts are assigned and calls are sold."""
    falling = [100.0 - 0.45 * n for n in range(count // 2)]
    return [round(price, 2) for price in (falling + [falling[-1]] * (count - len(falling)))]


@pytest.fixture(scope="module")
def past():
    return history(Story("ABC", walk(60, seed=5)))


@pytest.fixture(scope="module")
def falling():
    return history(Story("ABC", slow_fall(90)))


@pytest.fixture(scope="module")
def half(past, tmp_path_factory):
    return run(tmp_path_factory.mktemp("half"), past)


@pytest.fixture(scope="module")
def fallen(falling, tmp_path_factory):
    return run(tmp_path_factory.mktemp("fallen"), falling, wheel="take_profit = 0.99\n")


def quoted(past, option: Option, day: date) -> tuple[Decimal, Decimal]:
    """Bid and ask of an option on a day, found by walking through every row of it."""
    panel = past.underlyings[0].panel
    number = panel.days.day.tolist().index(day.toordinal() - UNIX_DAY)
    for group in panel.groups[panel.day_groups[number] : panel.day_groups[number + 1]].tolist():
        expiry, _root, right, start, stop = group
        if expiry + UNIX_DAY == option.expiry.toordinal() and right == option.right.sign:
            for strike, bid, ask, _delta in panel.quotes[start:stop].tolist():
                if strike == option.strike * 10_000:
                    return Decimal(bid) / 10_000, Decimal(ask) / 10_000
    raise AssertionError(f"{option.key} was not recorded on {day}")


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_every_execution_lies_at_its_place_in_the_spread_rounded_against_us(past, alpha, tmp_path):
    ran = run(tmp_path, past, alpha=alpha)

    singles = [fact for fact in fills(ran) if "/roll/" not in fact.key]
    assert len(singles) >= 5
    for fact in singles:
        bid, ask = quoted(past, fact.fill.contract, session_of(fact.fill.at))
        buys = fact.fill.quantity > 0
        exact = (bid + ask) / 2 + (1 if buys else -1) * Decimal(str(alpha)) * (ask - bid) / 2
        rounding = ROUND_CEILING if buys else ROUND_FLOOR
        assert fact.fill.price == exact.quantize(CENT, rounding=rounding)


@pytest.mark.parametrize("kind", [Kind.STOCK, Kind.FUND])
@pytest.mark.parametrize("points", [0.0, 1.0])
def test_every_order_is_priced_in_steps_on_which_the_quotes_lie(kind, points, tmp_path):
    """A stock usually trades in five cents; one that is quoted in cents trades in cents."""
    past = history(Story("ABC", walk(60, seed=5), kind=kind))

    ran = run(tmp_path, past, wheel='earnings = "ignore"\n', iv_shift=points)

    assert [one.reason for one in of_kind(ran, ev.OrderDropped)] == []
    assert len(fills(ran)) >= 5


def test_filling_on_the_next_snapshot_uses_its_quotes_and_never_those_of_the_decision(past, tmp_path):
    ran = run(tmp_path, past, fill=Fill.NEXT)
    planned = {fact.order.key: fact for fact in of_kind(ran, ev.MarginRequested)}

    singles = [fact for fact in fills(ran) if "/roll/" not in fact.key]
    assert len(singles) >= 3
    differing = 0
    for fact in singles:
        day = session_of(fact.fill.at)
        bid, ask = quoted(past, fact.fill.contract, day)
        assert bid <= fact.fill.price <= ask
        facts = planned[fact.key].evidence.facts
        before = past.calendar.before(day).day
        known = quoted(past, fact.fill.contract, before)
        assert (facts["bid"], facts["ask"]) == tuple(float(side) for side in known)
        differing += (bid, ask) != known
    assert differing >= 2


def test_every_execution_has_its_commission_those_of_the_last_step_too(past, tmp_path):
    last = session_of(fills(run(tmp_path, past, alpha=1.0))[-1].fill.at)

    ran = run(tmp_path, past, alpha=1.0, last=last)

    assert session_of(fills(ran)[-1].fill.at) == last
    told = {fact.exec_id for fact in of_kind(ran, ev.CommissionReported)}
    assert told == {fact.fill.exec_id for fact in fills(ran)}


def test_equity_begins_with_the_capital_and_ends_with_the_ledgers_cash_and_marks(half, past):
    last = half.days[-1]
    paid = sum(fact.fill.price * fact.fill.quantity * 100 for fact in fills(half))
    costs = sum(fact.commission.amount for fact in of_kind(half, ev.CommissionReported))
    interest = sum(fact.amount.amount for fact in of_kind(half, ev.CashBooked))
    for fact in of_kind(half, ev.AssignmentInferred):
        paid += fact.contract.strike * fact.shares + fact.fees.amount

    assert half.days[0].day == FIRST
    assert abs(half.days[0].at_mid - 100_000) < 50
    assert abs(last.cash - (100_000 - paid - costs + interest)) < CENT
    assert last.at_natural < last.at_mid


def sales(ran) -> dict:
    """Prices of single options sold, by option and day."""
    sold = [fact for fact in fills(ran) if fact.fill.quantity < 0 and "/roll/" not in fact.key]
    return {(fact.fill.contract, session_of(fact.fill.at)): fact.fill.price for fact in sold}


def test_the_same_sale_brings_less_the_worse_it_fills_and_the_wider_the_spread(past, tmp_path, half):
    best, middle, worst = (
        sales(ran) for ran in (run(tmp_path, past, alpha=0.0), half, run(tmp_path, past, alpha=1.0))
    )
    wide = sales(run(tmp_path, past, spread_factor=2.0, alpha=1.0))

    shared = best.keys() & middle.keys() & worst.keys() & wide.keys()
    assert len(shared) >= 2
    for sale in shared:
        assert best[sale] > middle[sale] > worst[sale] > wide[sale]


def test_a_point_of_volatility_is_worth_premium(past, tmp_path, half):
    sold, dearer = sales(half), sales(run(tmp_path, past, iv_shift=1.0))

    shared = sold.keys() & dearer.keys()
    assert len(shared) >= 2
    assert all(Decimal("0.02") < dearer[sale] - sold[sale] < Decimal("0.15") for sale in shared)


def test_puts_that_end_in_the_money_bring_shares_on_which_calls_are_sold(fallen):
    assigned = of_kind(fallen, ev.AssignmentInferred)
    calls = [fact.fill.contract for fact in fills(fallen) if fact.fill.contract.right is Right.CALL]

    assert assigned
    assert calls
    assert any(day.shares > 0 for day in fallen.days)
    assert min(day.if_assigned for day in fallen.days) >= 0


def test_a_put_in_the_money_at_the_close_is_assigned_and_another_expires(fallen, falling):
    closes = falling.underlyings[0].closes
    for fact in of_kind(fallen, ev.AssignmentInferred):
        option = fact.contract
        if option.right is Right.PUT and session_of(fact.at) > option.expiry:
            assert closes[option.expiry] < option.strike
    for fact in of_kind(fallen, ev.ExpiryInferred):
        option = fact.contract
        assert option.intrinsic(closes[option.expiry]) == 0


def test_a_dividend_is_paid_on_the_shares_held_before_its_ex_date(tmp_path):
    ex = calendar().between(FIRST, FIRST + timedelta(days=120))[70].day
    dividend = Dividend(ex, ex + timedelta(days=5), Decimal("0.80"), ex - timedelta(days=10))

    ran = run(tmp_path, history(Story("ABC", slow_fall(90), dividends=(dividend,))))

    held = next(day for day in reversed(ran.days) if day.day < ex).shares
    spot = next(day for day in reversed(ran.days) if day.day < ex).spots["ABC"]
    (booked,) = [fact for fact in of_kind(ran, ev.CashBooked) if fact.cause.startswith("dividend/")]
    assert held > 0
    assert booked.amount.amount == round(held / spot) * Decimal("0.80")


def test_a_split_goes_through_with_cash_and_equity_continuous(tmp_path):
    spots = [100.0 - 0.3 * n for n in range(30)] + [(91.0 - 0.1 * n) / 7 for n in range(30)]
    spots = [round(spot, 2) for spot in spots]
    day = calendar().between(FIRST, FIRST + timedelta(days=80))[30].day
    strikes = sorted(
        {round(s, 4) for s in [*range(60, 151, 5)]} | {round(s / 7, 2) for s in range(60, 151, 5)}
    )
    story = Story("ABC", spots, splits=(Split(day, 7, 1),), strikes=np.array(strikes))

    ran = run(tmp_path, history(story))

    before = next(one for one in reversed(ran.days) if one.day < day)
    after = next(one for one in ran.days if one.day >= day)
    assert abs(after.at_mid - before.at_mid) < before.at_mid * Decimal("0.02")
    assert abs(after.cash - before.cash) < Decimal(6_000)
    assert of_kind(ran, ev.CashUnexplained) == []


def test_deposits_come_in_on_their_day(past, tmp_path):
    day = FIRST + timedelta(days=14)
    ran = run(tmp_path, past, deposits=(Deposit(day, Decimal(5_000)),))
    before = max(one.cash for one in ran.days if one.day < day)
    after = next(one for one in ran.days if one.day >= day)

    assert after.at_mid > 104_000
    assert after.cash > before


def test_a_symbol_that_is_not_recorded_is_named(past, tmp_path):
    both = settings(tmp_path, ["ABC", "XYZ"])

    with pytest.raises(MarketDataError, match="holds no quote of XYZ; it holds ABC"):
        backtest(both, past, BacktestWish())


def test_days_outside_the_recording_are_refused_with_its_own(past, tmp_path):
    with pytest.raises(MarketDataError, match="reach from 2022-01-03 to"):
        run(tmp_path, past, first=date(2030, 1, 1))


def test_a_configuration_without_symbols_is_refused(past, tmp_path):
    with pytest.raises(ConfigError, match="names no symbol"):
        run(tmp_path, past._replace(underlyings=()))


def test_missing_days_and_quotes_are_counted(tmp_path):
    cal = calendar()
    gone = frozenset(one.day for one in cal.between(FIRST + timedelta(days=20), FIRST + timedelta(days=24)))
    ran = run(tmp_path, history(Story("ABC", walk(40, seed=5), missing=gone)))
    counted = {one.what: one.count for one in ran.missing}

    assert counted["sessions without any snapshot"] == len(gone)
    assert {day.day for day in ran.days}.isdisjoint(gone)


def test_a_symbol_whose_recording_begins_later_joins_on_its_first_day(tmp_path):
    later = FIRST + timedelta(days=35)
    ran = run(tmp_path, history(Story("ABC", walk(60, seed=5)), Story("XYZ", walk(30, seed=6), first=later)))

    traded = [session_of(fact.fill.at) for fact in fills(ran) if fact.fill.contract.symbol == "XYZ"]
    held = {one.name: one for one in ran.benchmarks}
    assert ran.days[0].day == FIRST
    assert traded
    assert min(traded) >= later
    assert all(("XYZ" in day.spots) == (day.day >= later) for day in ran.days)
    assert held["XYZ held"].days == tuple(day.day for day in ran.days if day.day >= later)
    first = next(day for day in ran.days if day.day >= later)
    assert held["XYZ held"].levels[0] == float(first.spots["XYZ"])
    assert held["ABC held"].days == held["Treasury bills"].days


@pytest.mark.parametrize(("worth", "ends"), [(None, ev.ExpiryInferred), (Decimal(5), ev.AssignmentInferred)])
def test_options_of_a_symbol_whose_recording_ends_first_end_at_its_last_price_or_at_what_it_was_worth(
    tmp_path, worth, ends
):
    cal = calendar()
    stories = [Story("ABC", walk(70, seed=5)), Story("XYZ", [100.0] * 30)]
    panels = {story.symbol: panel_of(story, cal)[0] for story in stories}
    gone = cal.between(FIRST, FIRST + timedelta(days=60))[29].day
    events = Events(delistings=() if worth is None else (Delisting("XYZ", gone, worth),))
    store = Store({symbol: lambda panel=panel: panel for symbol, panel in panels.items()}, events, "digest")

    past = of_store(store, "stories")
    ran = run(tmp_path, past, wheel="take_profit = 0.99\nrolls_max = 0\n", early_assignment=0.0)

    ended = [
        one for one in of_kind(ran, ev.ExpiryInferred, ev.AssignmentInferred) if one.contract.expiry > gone
    ]
    assert {type(one) for one in ended if one.contract.symbol == "XYZ"} == {ends}
    assert past.stood_in == ({"XYZ": 40} if worth is None else {})
    assert all(session_of(one.fill.at) <= gone for one in fills(ran) if one.fill.contract.symbol == "XYZ")


def test_two_runs_are_equal_fact_for_fact(past, tmp_path, half):
    again = run(tmp_path, past)

    assert again.facts == half.facts
    assert again.days == half.days


def test_holding_and_bills_stand_beside(half):
    kinds = [one.kind for one in half.benchmarks]

    assert kinds == [BenchmarkKind.HOLDING, BenchmarkKind.BILLS]
    assert len(half.benchmarks[0].levels) == len(half.days)
    assert half.benchmarks[0].levels[-1] == pytest.approx(float(half.days[-1].spots["ABC"]))
