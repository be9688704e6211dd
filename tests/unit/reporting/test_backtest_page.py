"""The report of a run: whole, well-formed, self-contained, escaped, and saying what the result says."""

import re
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import msgspec
import pytest

from premia.reporting.backtest.draw import Chart, Line, chart
from premia.reporting.backtest.honesty import honesty
from premia.reporting.backtest.html import VOID, Html, chance, el, percent, usd
from premia.reporting.backtest.page import page
from premia.reporting.backtest.ran import Benchmark, BenchmarkKind, Tried
from premia.reporting.backtest.result import Result, Variant, result_of, with_variants
from tests.unit.reporting.backtest_story import a_run
from tests.unit.reporting.story import at, passed, refused, start

D = Decimal


class Reader(HTMLParser):
    """Reads a page as a browser does, and notes what is not closed, what is loaded and what is said."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.names: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.contents: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(value)
            if key in ("href", "src", "srcset", "action", "data", "poster", "xlink:href"):
                self.links.append(value)
            if key == "content":
                self.contents.append(value)
            if key.startswith("on"):
                self.handlers.append(key)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


def five() -> Result:
    base = a_run()
    kept = msgspec.structs.replace(base.settings, out_of_sample=date(2026, 1, 29))
    runs = [
        result_of(base._replace(settings=msgspec.structs.replace(kept, **other)))
        for other in ({}, {"alpha": 1.0}, {"alpha": 0.0}, {"iv_shift": 1.0}, {"iv_shift": -1.0})
    ]
    return with_variants(runs[0], runs[1:])


def test_a_page_is_well_formed_and_loads_nothing():
    markup = page(five())
    seen = read(markup)

    assert (seen.open, seen.wrong, seen.handlers) == ([], [], [])
    assert all(link.startswith("#") and link[1:] in seen.ids for link in seen.links)
    assert len(seen.ids) == len(set(seen.ids))
    assert not seen.names & {"script", "img", "iframe", "object", "embed", "link", "form", "base"}
    assert not re.search(r"https?:|//[a-z]|url\(|@import|@font-face", markup)
    assert "default-src 'none'; style-src 'unsafe-inline'" in seen.contents


def test_every_drawing_has_a_title_and_words_for_who_does_not_see_it():
    markup = page(five())
    drawings = re.findall(r'<svg[^>]*role="img"[^>]*aria-labelledby="([^"]+)"', markup)

    assert len(drawings) == 4
    assert markup.count("<svg") == len(drawings) + markup.count('aria-hidden="true"><path')
    for names in drawings:
        assert all(f'id="{name}"' in markup for name in names.split())


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "</style><b>", "a & b"]
)
def test_whatever_a_name_holds_it_stays_text(evil):
    base = a_run(name=evil, config=evil, assumptions=(evil,), code=evil, data_digest=evil)
    odd = msgspec.structs.replace(base.benchmarks[0], name=evil, source=evil)
    told = result_of(base._replace(benchmarks=(odd, *base.benchmarks[1:])))
    (trade, *rest) = told.trades
    trade = msgspec.structs.replace(trade, reason=evil, closing=evil, evidence={evil: evil}, how=evil)
    markup = page(msgspec.structs.replace(told, trades=(trade, *rest)))
    seen = read(markup)

    assert (seen.open, seen.wrong, seen.handlers) == ([], [], [])
    assert not seen.names & {"script", "img", "b"}
    assert "".join(seen.text).count(evil) >= 8


def test_the_page_says_what_the_result_says():
    told = five()
    text = " ".join(" ".join(read(page(told)).text).split())

    assert told.judged_by.sentence in text
    assert all(one.sentence in text for one in told.benchmarks if one.trails)
    assert "Change in equity +237.90" in text
    assert "Out of sample" in text
    assert "valued at the last quote" in text
    assert told.config_hash in text
    assert told.data_digest in text
    assert "put at delta 0.25" in text
    assert "minimum_yield" in text
    assert "Orders fill half-way between the middle and the natural price." in text
    assert f"{told.figures.sharpe_probability:.0%}".rstrip("%") in text


def test_a_run_with_nothing_kept_apart_says_that_all_is_in_sample():
    text = page(result_of(a_run()))

    assert "all of this is in sample" in text
    assert "made under one assumption on prices alone" in text


def test_a_run_without_a_session_still_is_a_page():
    seen = read(page(result_of(a_run(facts=(), days=(), benchmarks=(), missing=()))))

    assert (seen.open, seen.wrong) == ([], [])
    assert "There are no two days to draw." in seen.text


def test_the_same_result_gives_the_same_page():
    assert page(five()) == page(five())


def test_a_long_series_is_thinned_and_keeps_its_extremes():
    """5,000 days with one spike up and one down: both are drawn, in under a thousand points.

    From 50 to 200 with 4 % of it above and below: 6 of 162 lie over the spike, 156 over the trough.
    """
    days = [date(2010, 1, 1) + timedelta(days=n) for n in range(5000)]
    values = [100.0] * 5000
    values[1234], values[4321] = 200.0, 50.0

    markup = chart(Chart("t", "w", [Line("a", "a", days, values)]), "x")
    trace = re.search(r'd="M([^"]+)" class="line a"', markup)[1].split("L")
    heights = [float(point.split()[1]) for point in trace]

    assert len(trace) < 1000
    assert (min(heights), max(heights)) == (37.0, 963.0)


def test_a_flat_series_is_drawn():
    days = [date(2026, 1, 1), date(2026, 1, 2)]

    assert 'class="line a"' in chart(Chart("t", "w", [Line("a", "a", days, [5.0, 5.0])]), "x")
    assert 'class="line a"' in chart(
        Chart("t", "w", [Line("a", "a", days, [0.0, 0.0])], area=True, zero=True), "x"
    )


@pytest.mark.parametrize(
    ("values", "percents", "labels"),
    [
        ([0.0, -0.003], True, ["0.0", "\u22120.1", "\u22120.2", "\u22120.3"]),
        ([0.0, 0.5], True, ["0", "20", "40"]),
        ([50.0, 51.0], False, ["50.00", "50.25", "50.50", "50.75", "51.00"]),
        ([200_000.0, 300_000.0], False, ["200,000", "250,000", "300,000"]),
    ],
)
def test_labels_have_the_decimals_that_tell_them_apart(values, percents, labels):
    drawn = Chart("t", "w", [Line("a", "a", [date(2026, 1, 1), date(2026, 1, 2)], values)], percents=percents)
    side = re.search(r'class="side".*?</div>|<div class="side".*?</div>', chart(drawn, "x"), re.DOTALL)[0]
    told = re.findall(r">([^<>]+?)(?:\u202f%)?</span>", side)

    assert set(labels) <= set(told)
    assert len(set(told)) == len(told)


def test_markup_is_made_of_elements_alone():
    assert el("p", "1 < 2 & 3", title='a "b"') == '<p title="a &quot;b&quot;">1 &lt; 2 &amp; 3</p>'
    assert el("p", el("b", "x"), Html("<i></i>")) == "<p><b>x</b><i></i></p>"
    assert el("br") == "<br>"


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (usd(D("-1234.5"), 2), "\u22121,234.50"),
        (usd(D("0.001"), 2, signed=True), "0.00"),
        (usd(D("-0.001"), 2), "0.00"),
        (usd(12, signed=True), "+12"),
        (usd(None), "\u2013"),
        (chance(0.9961), "over 99\u202f%"),
        (chance(0.9949), "99\u202f%"),
        (chance(0.001), "under 1\u202f%"),
        (chance(None), "\u2013"),
        (percent(0.1234), "12.3\u202f%"),
        (percent(-0.00001, signed=True), "0.0\u202f%"),
    ],
)
def test_numbers_are_written_one_way(told, text):
    assert told == text


def a_variant(alpha: float, excess: float | None, iv_shift: float = 0.0, chance: float = 0.8) -> Variant:
    return Variant(
        name="x",
        alpha=alpha,
        iv_shift=iv_shift,
        spread_factor=1.0,
        fill="next",
        final=D(1),
        total=0.1,
        growth=0.1,
        max_drawdown=-0.1,
        sharpe=1.0,
        sharpe_probability=chance,
        trades=3,
        excess=excess,
        yardstick="Index",
    )


def all_five(*excesses: float) -> list[Variant]:
    kinds = ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.5, -1.0), (0.5, 1.0))
    return [a_variant(alpha, one, shift) for (alpha, shift), one in zip(kinds, excesses, strict=True)]


def test_an_excess_of_one_sign_is_called_stable_and_no_proof():
    told = honesty(all_five(0.03, 0.02, 0.01, 0.015, 0.025))

    assert (told.stable, told.complete) == (True, True)
    assert told.sentences[0] == (
        "The run is above Index in all 5 runs, from +1.00% a year (alpha 1) to +3.00% (alpha 0): "
        "the sign of its excess is stable."
    )
    assert "no proof of skill" in told.sentences[-1]
    assert honesty(all_five(-0.03, -0.02, -0.01, -0.015, -0.025)).stable is True


def test_an_excess_that_changes_its_sign_is_called_unstable():
    told = honesty(all_five(0.03, 0.01, -0.01, 0.005, 0.015))

    assert told.stable is False
    assert "NOT stable: from -1.00% a year (alpha 1) to +3.00% (alpha 0)" in told.sentences[0]
    assert "At natural prices it is -1.00% a year: it needs fills better than natural." in told.sentences


def test_runs_that_were_not_made_are_named():
    told = honesty([a_variant(0.5, 0.02), a_variant(0.0, 0.03)])

    assert (told.stable, told.complete) == (True, False)
    assert told.sentences[0].endswith("its excess has one sign in those that were made.")
    assert told.missing == ("alpha 1", "volatility -1 point", "volatility +1 point")
    assert told.sentences[-1].startswith("Not made: alpha 1, volatility -1 point, volatility +1 point.")


def test_one_run_or_none_says_nothing_of_stability():
    one = honesty([a_variant(0.5, 0.02)])

    assert honesty([]).stable is None
    assert honesty([a_variant(0.5, None)]).sentences[0].startswith("No run has an alternative")
    assert one.sentences[0] == "Only alpha 0.5 was run: +2.00% a year against Index."
    assert [text.partition(":")[0] for text in one.sentences[1:]] == ["Not made"]


def test_an_excess_next_to_zero_is_told():
    told = honesty(all_five(0.03, 0.02, 0.0001, 0.015, 0.025))

    assert any("within 0.05 % a year of zero" in one for one in told.sentences)


def test_a_run_that_fills_by_other_rules_names_no_alpha():
    base = a_run()
    told = result_of(base._replace(settings=msgspec.structs.replace(base.settings, alpha=None)))

    assert "alpha 0" not in page(told).split("<nav")[0]
    assert honesty(with_variants(told, [told]).variants).sentences[0].count("(fills by other rules)") == 2


def test_a_run_that_was_searched_for_says_among_how_many():
    assert "Best of 1,000 tries" in page(result_of(a_run(tried=Tried(1000, 0.5, 0.01))))


def test_the_prices_of_the_twelve_symbols_with_most_trades_are_drawn():
    told = result_of(a_run())
    many = [
        msgspec.structs.replace(told.trades[0], symbol=f"S{n:02d}", id=f"{n}.{again}")
        for n in range(14)
        for again in range(1 + (n > 1))
    ]
    days = [
        msgspec.structs.replace(one, spots={f"S{n:02d}": D(50) for n in range(14)}) for one in told.equity
    ]

    text = page(msgspec.structs.replace(told, trades=tuple(many), equity=tuple(days)))

    assert text.count("Trades on the price of") == 12
    assert "Trades on the price of S00" not in text
    assert "2 symbols with fewer trades are left out here." in text


def test_a_run_that_traded_nothing_says_what_stopped_it():
    events = [*start(), refused("XYZ", at(1, 6)), refused("XYZ", at(1, 7)), passed("ABC", at(1, 7))]
    told = page(result_of(a_run(facts=tuple(events))))
    nothing = page(result_of(a_run(facts=tuple(start()))))

    assert "It traded nothing. Most often `cash_secured` said no, 2 times: cash_secured: needs" in told
    assert "It traded nothing, and nothing was refused" in nothing
    assert "It traded nothing" not in page(result_of(a_run()))


def test_of_many_alternatives_the_drawing_shows_those_that_tell_most():
    """Twelve held symbols: drawn are all of them together, bills and the mix; the table has each."""
    base = a_run()
    held = [msgspec.structs.replace(base.benchmarks[0], name=f"S{n:02d} held") for n in range(12)]
    told = page(result_of(base._replace(benchmarks=(*held, base.benchmarks[2]))))
    equity = told[told.index('id="equity-s"') : told.index('id="robust-s"')]
    legend = equity[equity.index('<ul class="legend">') : equity.index("</ul>")]

    assert "equal parts of 12 symbols" in legend
    assert "Bills" in legend
    assert "S00 held" not in legend
    assert "S11 held" in equity
    assert "It trails 5 more, which stand in the table." in told.split("<nav")[0]


def test_a_published_index_is_no_yardstick():
    days = tuple(one.day for one in a_run().days)
    only = Benchmark("PUT", BenchmarkKind.PUBLISHED, days, tuple(100.0 + n for n in range(7)))
    told = result_of(a_run(benchmarks=(only,)))

    assert told.judged_by is None
    assert "No alternative was given to judge this run by." in page(told)
