"""A run's result: figures that one checks by head, honest comparisons, and a file that makes it again."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from premia.domain import events as ev
from premia.reporting.backtest.files import ResultUnreadable, decode, encode
from premia.reporting.backtest.ran import Benchmark, BenchmarkKind, Flow, Tried
from premia.reporting.backtest.result import SCHEMA, result_of, with_variants
from tests.unit.reporting.backtest_story import a_day, a_run, with_middles
from tests.unit.reporting.story import at, refused, whole_turn

D = Decimal


def test_the_figures_are_those_of_equity_from_the_capital_on():
    """10,000 becomes 10,237.90; the deepest fall is from 10,000 to 9,858.95."""
    told = result_of(a_run())

    assert (told.final, told.figures.count) == (D("10237.90"), 7)
    assert told.figures.total == pytest.approx(0.02379)
    assert told.figures.max_drawdown == pytest.approx(9858.95 / 10000 - 1)
    fall = told.figures.deepest
    assert (fall.peak, fall.trough, fall.recovered) == (
        date(2026, 1, 5),
        date(2026, 1, 20),
        date(2026, 1, 29),
    )
    assert told.figures.short
    assert 0 < told.figures.sharpe_probability < 1


def test_months_hold_the_returns_of_their_sessions():
    """January ends at 10,017.90; February leads from there to 10,237.90."""
    (year,) = result_of(a_run()).months

    assert (year.year, year.months[2:]) == (2026, (None,) * 10)
    assert year.months[0] == pytest.approx(0.00179)
    assert year.months[1] == pytest.approx(10237.90 / 10017.90 - 1)
    assert year.total == pytest.approx(0.02379)


def test_each_alternative_begins_with_the_same_capital():
    told = {one.kind: one for one in result_of(a_run()).benchmarks}

    assert all(one.values[0] == 10000 for one in told.values())
    assert told["holding"].values[-1] == pytest.approx(10000 * 53.25 / 52, abs=0.01)
    assert told["bills"].values[-1] == pytest.approx(10000 * 100.35 / 100, abs=0.01)


def test_a_result_says_plainly_where_it_trails_and_where_it_leads():
    """2.4 % is more than 53.25 / 52 (2.4038 % is more still) and less than the index's 3 %."""
    told = {one.kind: one for one in result_of(a_run()).benchmarks}

    assert told["index"].trails
    assert told["index"].behind == pytest.approx(10300 - 10237.90)
    assert told["index"].sentence == (
        "The run trails Index by 62 USD: +2.4% against +3.0%; deepest fall 1.4% against 3.0%."
    )
    assert told["holding"].trails
    assert not told["bills"].trails
    assert told["bills"].sentence.startswith("The run is ahead of Bills by 203 USD")


def test_a_run_is_judged_by_index_and_bills_of_equal_beta():
    """Twice the index's excess return in every session is beta 2, and nothing is left over for alpha."""
    base = a_run()
    index, bills = base.benchmarks[1:]
    equity, days = 10000.0, []
    for n, day in enumerate(base.days):
        bill = bills.levels[n + 1] / bills.levels[n] - 1
        equity *= 1 + bill + 2 * (index.levels[n + 1] / index.levels[n] - 1 - bill)
        days.append(msgspec.structs.replace(day, at_mid=D(repr(equity))))

    told = result_of(base._replace(days=tuple(days)))

    mix = told.judged_by
    assert (mix.kind, told.benchmarks[-1]) == ("mix", mix)
    assert mix.beta == pytest.approx(2.0)
    assert mix.alpha == pytest.approx(0.0, abs=1e-9)
    assert mix.behind == pytest.approx(0.0, abs=0.01)
    assert mix.name == "200% Index, -100% bills"


def test_deposits_are_neither_return_nor_fall():
    """10,000 stands still, 10,000 more come, 5,000 go: no return, no fall; the index would have grown."""
    days = [a_day(1, 5, "10000", "10000", "52"), a_day(1, 6, "20000", "20000", "52")]
    days += [a_day(1, 7, "20000", "20000", "52"), a_day(1, 12, "15000", "15000", "52")]
    paid = (Flow(date(2026, 1, 6), D(10_000)), Flow(date(2026, 1, 10), D(-5_000)))
    index = Benchmark(
        "Index", BenchmarkKind.INDEX, tuple(one.day for one in days), (100.0, 110.0, 110.0, 121.0)
    )
    base = a_run(days=tuple(days), facts=(), benchmarks=(index,))

    told = result_of(base._replace(settings=msgspec.structs.replace(base.settings, deposits=paid)))

    assert (told.figures.total, told.figures.max_drawdown) == (0.0, 0.0)
    assert told.attribution.earned == 0
    assert told.benchmarks[0].values == (10000.0, 10000.0, 22000.0, 22000.0, 18700.0)
    assert told.benchmarks[0].behind == pytest.approx(3700.0)


def test_of_several_held_symbols_equal_parts_come_first_and_are_the_yardstick():
    """One ends at 110, one at 90: together they stand where they began, whatever each did between."""
    base = a_run()
    days = tuple(one.day for one in base.days)
    up = Benchmark("UP held", BenchmarkKind.HOLDING, days, (100.0, 101.0, 103.0, 104.0, 108.0, 109.0, 110.0))
    down = Benchmark("DOWN held", BenchmarkKind.HOLDING, days, (50.0, 49.0, 48.0, 48.0, 47.0, 46.0, 45.0))
    told = result_of(base._replace(benchmarks=(up, down)))
    with_index = result_of(base._replace(benchmarks=(up, down, base.benchmarks[1])))

    assert [one.name for one in told.benchmarks[:3]] == ["equal parts of 2 symbols", "UP held", "DOWN held"]
    assert told.benchmarks[0].values[-1] == 10000.0
    assert told.benchmarks[0].values[2] == pytest.approx(10000 * (1.01 + 0.98) / 2)
    assert "equal parts of 2 symbols" in told.judged_by.name
    assert "Index" in with_index.judged_by.name


def test_a_part_that_rounds_to_nothing_has_no_sign():
    """An account that falls by a millionth whenever the index rises has beta -0.00001."""
    base = a_run()
    index = base.benchmarks[1].levels
    flat = [D("10000") - D(repr(round((level - index[0]) / 1000, 6))) for level in index[1:]]
    days = tuple(
        msgspec.structs.replace(one, at_mid=worth) for one, worth in zip(base.days, flat, strict=True)
    )

    told = result_of(base._replace(days=days, benchmarks=base.benchmarks[1:2])).judged_by

    assert told.beta < 0
    assert told.name == "0% Index, 100% idle cash"


def test_a_benchmark_stands_still_where_it_has_no_level():
    late = Benchmark("Late", BenchmarkKind.PUBLISHED, (date(2026, 1, 20), date(2026, 2, 23)), (50.0, 55.0))

    (told,) = result_of(a_run(benchmarks=(late,))).benchmarks

    assert told.values[:4] == (10000.0, 10000.0, 10000.0, 10000.0)
    assert told.values[-2:] == (10000.0, 11000.0)
    assert result_of(a_run(benchmarks=(late,))).yardstick == ""


def test_days_out_of_sample_have_figures_of_their_own():
    """From 29 January: 9,956.90 becomes 10,237.90; before it 10,000 became 9,956.90."""
    base = a_run()
    kept = msgspec.structs.replace(base.settings, out_of_sample=date(2026, 1, 29))

    told = result_of(base._replace(settings=kept))

    assert (told.in_sample.count, told.out_of_sample.count) == (4, 3)
    assert told.in_sample.total == pytest.approx(9956.90 / 10000 - 1)
    assert told.out_of_sample.total == pytest.approx(10237.90 / 9956.90 - 1)
    assert result_of(base).out_of_sample is None


def test_the_best_of_many_tries_is_held_to_what_luck_shows():
    """One try is no search: the probabilistic ratio. Of a hundred, luck alone explains the most of it."""
    base = a_run()
    once, often = (
        result_of(base._replace(tried=Tried(trials, 0.0, 0.04))).deflated_sharpe for trials in (1, 100)
    )

    assert once == pytest.approx(result_of(base).figures.sharpe_probability)
    assert often < 0.5 < once
    assert result_of(base._replace(tried=Tried(100, 1.0, 0.04))).deflated_sharpe == pytest.approx(once)
    assert result_of(base).deflated_sharpe is None


def test_exposure_tells_what_stood_behind_the_returns():
    """Shares worth 4,800 of 9,858.95 on the 20th; the put asked for 5,000 of cash and left 5,058.95."""
    told = result_of(a_run()).exposure

    assert told.shares.in_use == pytest.approx(4 / 7)
    assert told.shares.highest == pytest.approx(5000 / 10077.90)
    assert (told.least_cash_if_assigned, told.least_cash_day) == (D("5058.95"), date(2026, 1, 6))
    assert told.capital.highest == pytest.approx(5000 / 9997.95)
    assert told.margin.highest == pytest.approx(1061 / 9997.95)


def test_refusals_are_counted_by_rule_with_a_sentence_of_each():
    events = [*with_middles(whole_turn()), refused("XYZ", at(2, 24)), refused("ABC", at(2, 25))]

    told = result_of(a_run(facts=tuple(events))).refusals

    assert [(one.rule, one.verdict, one.count, one.sessions) for one in told] == [
        ("cash_secured", "refused", 2, 2),
        ("minimum_yield", "passed", 1, 1),
    ]
    assert told[0].symbols == ("ABC", "XYZ")
    assert told[0].example.startswith("cash_secured: needs 5,000 USD")


def test_the_same_run_gives_the_same_bytes_and_they_give_the_result_back():
    told = result_of(a_run())
    raw = encode(told)

    assert encode(result_of(a_run())) == raw
    assert decode(raw, "result.json") == told
    assert encode(decode(raw, "result.json")) == raw


def test_the_file_holds_what_makes_the_run_again():
    base = a_run()
    kept = msgspec.json.decode(encode(result_of(base)))

    assert next(iter(kept)) == "schema"
    assert (kept["schema"], kept["config"], kept["data_digest"]) == (SCHEMA, base.config, base.data_digest)
    assert (kept["code"], kept["settings"]["alpha"], kept["settings"]["fill"]) == ("0.1.0", 0.5, "next")


def test_a_file_of_another_schema_is_refused_with_what_to_do():
    kept = msgspec.json.decode(encode(result_of(a_run())))

    with pytest.raises(ResultUnreadable, match=r"old.json was written by Premia 0.1.0 with schema 0, older"):
        decode(msgspec.json.encode(kept | {"schema": 0}), "old.json")
    with pytest.raises(ResultUnreadable, match=r"schema 2, newer .* Run the backtest again"):
        decode(msgspec.json.encode(kept | {"schema": 2}), "new.json")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"verb": "status"}', b"\xff\xfe"])
def test_what_is_no_result_is_refused_by_its_name(raw):
    with pytest.raises(ResultUnreadable, match=r"some.json holds no result of a backtest"):
        decode(raw, "some.json")


def test_a_damaged_result_names_the_place():
    kept = msgspec.json.decode(encode(result_of(a_run())))
    kept["figures"]["total"] = "much"

    with pytest.raises(ResultUnreadable, match=r"result.json is damaged: .*\$.figures.total"):
        decode(msgspec.json.encode(kept), "result.json")


def test_a_run_without_a_session_is_a_result_without_figures():
    told = result_of(a_run(facts=(), days=()))

    assert (told.figures, told.final, told.trades, told.benchmarks) == (None, D(10000), (), ())
    assert decode(encode(told), "x") == told


def test_an_account_that_is_ruined_keeps_its_figures():
    """From nothing on there is no return; the fall is whole."""
    days = (a_day(1, 5, "10000", "10000", "52"), a_day(1, 6, "-5", "-5", "20"), a_day(1, 7, "-9", "-9", "19"))

    told = result_of(a_run(days=days, facts=()))

    assert told.figures.total == pytest.approx(-1.0005)
    assert told.figures.max_drawdown == pytest.approx(-1.0005)
    assert told.exposure.shares.in_use == 0.0


def test_variants_stand_in_order_with_their_excess():
    base = a_run()
    runs = [
        result_of(base._replace(settings=msgspec.structs.replace(base.settings, **kept)))
        for kept in ({}, {"alpha": 1.0}, {"alpha": 0.0}, {"iv_shift": 1.0}, {"iv_shift": -1.0})
    ]

    told = with_variants(runs[0], runs[1:]).variants

    assert [(one.alpha, one.iv_shift) for one in told] == [
        (0.0, 0.0),
        (0.5, 0.0),
        (1.0, 0.0),
        (0.5, -1.0),
        (0.5, 1.0),
    ]
    assert all(one.excess == runs[0].judged_by.excess for one in told)


def test_cash_that_nothing_explains_is_counted():
    odd = ev.CashUnexplained(at=at(2, 24), amount=ev.Money(D(1)), note="?")

    assert result_of(a_run(facts=(*whole_turn(), odd))).counts.unexplained_cash == 1
