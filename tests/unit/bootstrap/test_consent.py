"""Who may trade: paper accounts, and real money whose owner has agreed to what it may lose."""

from decimal import Decimal

import pytest

from premia.bootstrap.consent import agreed, may_look, may_trade, worst_case, worst_part
from premia.bootstrap.live import WorstCase
from premia.bootstrap.settings import load
from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.book import Consent
from premia.domain.errors import NotAllowed
from tests.builders import NOW
from tests.unit.engine.test_commands import command, obeyed

LIVE = "U1234567"


def config(tmp_path, *, live=True, of_net=0.95):
    path = tmp_path / "premia.toml"
    path.write_text(
        f"""
[account]
number = "{LIVE}"

[broker]
port = 4001
live = {str(live).lower()}

[strategies.wheel.symbols]
SPY = {{ weight = 0.5 }}

[limits.all_assigned]
of_net_liquidation = {of_net}
""",
        encoding="utf-8",
    )
    return load(path).config


def opened(account=LIVE, *, paper=False):
    return ev.Connected(at=NOW, account=account, client_id=1, paper=paper, server_version=178)


def given(part="0.19", account=LIVE):
    return Consent(account, Decimal(part), "anna", NOW)


def test_the_worst_case_is_a_fifth_of_what_the_limits_allow(tmp_path):
    assert worst_part(config(tmp_path)) == Decimal("0.19")
    assert worst_case(config(tmp_path), Decimal("100000.40"), Decimal(0)) == (Decimal(19001), Decimal(80999))


def test_what_is_held_beyond_the_limits_counts(tmp_path):
    assert worst_case(config(tmp_path), Decimal(100_000), Decimal(200_000)) == (
        Decimal(40_000),
        Decimal(60_000),
    )


def test_a_paper_account_needs_nothing(tmp_path):
    assert (
        may_trade(lambda: config(tmp_path, live=False), lambda: None)(opened("DU1000001", paper=True)) is None
    )


@pytest.mark.parametrize(
    ("live", "consent", "says"),
    [
        (False, given(), "broker.live = true"),
        (True, None, "nobody has agreed yet"),
        (True, given(account="U7654321"), "nobody has agreed yet"),
        (True, given("0.10"), "19.0% of it be lost in the worst case, and 10.0% was agreed to"),
    ],
)
def test_real_money_is_refused_until_all_three_are_there(tmp_path, live, consent, says):
    with pytest.raises(NotAllowed, match=says):
        may_trade(lambda: config(tmp_path, live=live), lambda: consent)(opened())


def test_real_money_is_traded_once_its_worst_case_was_agreed_to(tmp_path):
    assert may_trade(lambda: config(tmp_path), given)(opened()) is None
    assert may_look(config(tmp_path))(opened()) is None


def test_looking_needs_the_word_of_the_file_and_no_agreement(tmp_path):
    with pytest.raises(NotAllowed, match="not a paper or simulated account"):
        may_look(config(tmp_path, live=False))(opened())


def test_limits_that_let_more_be_lost_ask_for_a_new_agreement(tmp_path):
    with pytest.raises(NotAllowed, match="once more"):
        agreed(config(tmp_path, of_net=1.5), given(), LIVE)


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("19000 81000", True),
        (" 19,000 USD 81,000 USD ", True),
        ("81000 19000", False),
        ("19000", False),
        ("yes", False),
        ("", False),
    ],
)
def test_both_sums_are_typed_back(typed, right):
    worst = WorstCase(
        LIVE,
        live=True,
        net_liquidation=Decimal(100_000),
        part=Decimal("0.19"),
        lost=Decimal(19_000),
        left=Decimal(81_000),
    )

    assert worst.is_typed_back(typed) is right
    assert worst.text == "if all is assigned at -20%: 19,000 USD lost, 81,000 USD left of 100,000 USD"


def test_the_agreement_is_a_fact_of_the_journal():
    batch, book, (said,) = obeyed(fold([]), command("agree", LIVE, part="0.19", lost="19000", left="81000"))

    assert [one.part for one in batch if isinstance(one, ev.LiveConsented)] == [Decimal("0.19")]
    assert (book.consent.account, book.consent.part) == (LIVE, Decimal("0.19"))
    assert said.ok


@pytest.mark.parametrize(
    "wrong", [{}, {"part": "x", "lost": "1", "left": "1"}, {"part": "-1", "lost": "1", "left": "1"}]
)
def test_an_agreement_without_its_sums_is_none(wrong):
    _, book, (said,) = obeyed(fold([]), command("agree", LIVE, **wrong))

    assert book.consent is None
    assert not said.ok
