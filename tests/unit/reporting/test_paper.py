"""Predicted against actual, by figures one checks by head: middle 0.60, at once 0.56, predicted 0.58."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from premia.domain import events as ev
from premia.domain.combo import single
from premia.domain.instrument import Option, Right
from premia.domain.intent import Purpose, evidence
from premia.domain.known import Known, Unknown
from premia.domain.money import price, usd
from premia.domain.order import MarginQuote
from premia.reporting.paper import paper
from tests.unit.reporting.story import PUT, a_fill, an_order, at, numbered, start

D = Decimal
MORNING = at(1, 6)


@dataclass
class Wish:
    """One order: what it was decided at, what came of it, and what was said of its margin and fees."""

    n: int
    executed: str | None = "0.60"
    steps: int = 0
    margin: str | None = "1170"
    what_if_fee: str = "1.05"
    fee: str = "1.05"
    expected: float | None = 2.10
    option: Option = PUT
    mid: str = "0.60"
    natural: str = "0.56"

    def events(self):
        when = MORNING + timedelta(days=self.n)
        buys = D(self.mid) < 0
        side, quantity = ("close", 1) if buys else ("put", -1)
        order = an_order(
            f"XYZ/{side}",
            single(self.option, quantity),
            self.mid,
            when,
            mid=price(self.mid),
            natural=price(self.natural),
            spot=D(52),
            attempt=self.n + 1,
            purpose=Purpose.CLOSE if buys else Purpose.OPEN,
        )
        seen = evidence() if self.expected is None else evidence(fees_round_trip=self.expected)
        yield ev.MarginRequested(at=when, cycle="c", order=order, evidence=seen)
        quote = MarginQuote(D(self.margin or 0), D(0), D(9000), D(2000), D(self.what_if_fee))
        answer = Known(quote, when) if self.margin else Unknown(when, "silence")
        yield ev.MarginQuoted(at=when, key=order.key, quote=answer)
        yield ev.OrderRequested(at=when, key=order.key)
        yield ev.OrderIdAssigned(at=when, key=order.key, broker_id=7 + self.n, client_id=1)
        yield ev.OrderAccepted(at=when, key=order.key, broker_id=7 + self.n, perm_id=70 + self.n)
        limit = D(self.mid)
        for step in range(self.steps):
            limit -= D("0.01")
            yield ev.ReplaceRequested(at=when + timedelta(minutes=step), key=order.key, limit=price(limit))
        if self.executed is None:
            yield ev.OrderCancelled(at=when, key=order.key, why="patience")
            return
        fill = a_fill(order, self.option, quantity, self.executed, when, commission=usd(self.fee))
        yield ev.OrderFilled(at=when, key=order.key, fill=fill)


def report(*wishes):
    return paper(numbered([*start(), *(event for wish in wishes for event in wish.events())]))


def verdict(found, of):
    return next(one for one in found.verdicts if one.of == of)


def test_an_empty_journal_trusts_nothing():
    found = paper([])

    assert (found.first, found.asked, found.trust) == (None, 0, False)
    assert [one.trust for one in found.verdicts] == [False, False, False]


def test_a_sale_is_held_against_middle_limit_and_predicted_price():
    """Filled at 0.57, two steps down to a limit of 0.58: a cent below the predicted 0.58, 1/4 of 0.04."""
    (line,) = report(Wish(0, executed="0.57", steps=2)).fills

    assert (line.side, line.step, line.samples) == ("sold", 2, 1)
    assert (line.above_mid, line.above_limit, line.above_predicted) == (-0.03, -0.01, -0.01)
    assert (line.half_spread, line.of_half_spread) == (0.04, -0.25)


def test_a_purchase_is_better_the_less_it_costs():
    """Middle 0.40, offered at 0.44: bought at 0.41, a cent above the middle, one below the predicted."""
    found = report(Wish(0), Wish(1, executed="0.41", mid="-0.40", natural="-0.44"))

    bought = found.fills[1]
    assert (bought.side, bought.above_mid, bought.above_predicted) == ("bought", -0.01, 0.01)


def test_steps_of_the_ladder_stand_apart():
    found = report(Wish(0), Wish(1), Wish(2, executed="0.59", steps=1))

    assert [(one.step, one.samples) for one in found.fills] == [(0, 2), (1, 1)]


def test_what_never_filled_counts_as_asked():
    found = report(Wish(0), Wish(1, executed=None))

    assert (found.asked, found.filled) == (2, 1)


def test_margin_is_ours_by_reg_t_for_what_was_held_and_sold():
    """Put 50 at a spot of 52 as a stock: 20 % of 52 less 2 out of the money, and 0.60: 9.00 a share."""
    (line,) = report(Wish(0, margin="900")).margin

    assert (line.group, line.ours, line.apart) == ("stock", D(900), 0.0)


def test_the_group_of_rates_is_read_off_the_answers():
    """At 15 % it is 7.80 less 2 and 0.60, above the tenth of the strike: 6.40 a share."""
    (line,) = report(Wish(0, margin="640")).margin

    assert (line.group, line.ours) == ("broad_etf", D(640))


def test_an_account_that_may_not_borrow_secures_the_strike():
    found = report(Wish(0, margin="5000")).margin

    assert found[0].ours >= D(4900)


def test_a_silent_broker_is_no_sample():
    assert report(Wish(0, margin=None)).margin == ()


def test_fees_are_held_against_the_parameters_and_against_the_broker():
    ours, broker = report(Wish(0, fee="1.30", what_if_fee="1.25")).fees

    assert (ours.predicted, ours.charged, ours.apart) == (D("1.05"), D("1.30"), 0.2381)
    assert (broker.predicted, broker.apart) == (D("1.25"), 0.04)


def many(n=30, **other):
    """One order a session, each on a put of its own, so that none stands beside another at the margin."""
    puts = (Option("XYZ", PUT.expiry, D(50), Right.PUT, trading_class=f"C{number}") for number in range(n))
    return [Wish(number, option=option, **other) for number, option in enumerate(puts)]


def test_few_samples_are_not_trusted_and_say_how_many_are_needed():
    found = report(*many(12, margin="900"))

    assert not found.trust
    assert verdict(found, "fills").why == "12 filled orders, 30 are needed"


def test_enough_good_samples_are_trusted():
    found = report(*many(margin="900"))

    assert verdict(found, "fills").trust
    assert verdict(found, "fees").trust
    assert verdict(found, "fills").why.startswith("orders filled 0.50 half-spreads above the predicted price")


@pytest.mark.parametrize(
    ("of", "worse"),
    [
        ("fills", {"executed": "0.56", "steps": 4}),
        ("fees", {"fee": "1.30"}),
        ("margin", {"margin": "1500"}),
    ],
)
def test_what_came_worse_than_predicted_is_not_trusted(of, worse):
    found = report(*many(**worse))

    assert not verdict(found, of).trust
    assert not found.trust
    assert "allowed" in verdict(found, of).why
