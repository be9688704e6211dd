"""The last gate, the kill switch, and who may trade at all: faults 39, 43 and 52."""

from __future__ import annotations

import os
import re
import signal
from datetime import timedelta

import pytest
from msgspec.structs import replace

from premia.bootstrap.kill_switch import KillSwitch
from premia.domain import events as ev
from premia.domain.book import Book, Sent
from premia.domain.combo import single
from premia.domain.instrument import Right
from premia.domain.money import price
from premia.domain.order import Stage
from premia.engine.gate import GATE, KILL, RATE, GateLimits, Wanted, consequences, examine
from tests.faults.stories import RESTING, a_story, at_work, heard, later, live
from tests.faults.test_process import CONFIG, a_daemon
from tests.mutation import assert_mutant_fails

HERE = "tests/faults/test_gate.py"


def sent(story) -> int:
    """Orders that have ever reached the market."""
    return len(story.orders())


@pytest.mark.fault(52, "A thrown switch stops the very order that is about to leave, and takes back the rest")
async def test_the_file_stops_the_order_that_is_about_to_leave(tmp_path):
    switch = KillSwitch(tmp_path / "premia.kill")
    async with a_story(tmp_path, policy=RESTING) as story, story.engine() as runner:
        looked: list[str] = []

        def shut() -> str:
            looked.append(switch.shut())
            if (
                len(looked) == 4
            ):  # the first order was asked about twice; this is the second one, at the socket
                switch.throw("a test", "anna", story.clock.now())
            return switch.shut()

        runner.parts = runner.parts._replace(shut=shut)
        await runner.cycle()
        await heard(story, runner)
        await later(story, runner, "2024-03-11 10:31")
        await later(story, runner, "2024-03-11 10:32")
        halted = runner.book.halts[KILL]
        await runner.cycle()

        assert "a test (by anna" in halted.why
        assert sent(story) == 1
        assert story.server.floor.exchange.open_orders() == []
        assert at_work(runner) == []


@pytest.mark.fault(
    52, "Thrown while the gateway is gone it stands in the journal, and cancels when that is back"
)
async def test_thrown_without_a_gateway_it_takes_back_what_works_at_the_next_session(tmp_path):
    async with a_story(tmp_path, policy=RESTING) as story:
        async with story.engine() as runner:
            await runner.cycle()
            working = {state.key for state in at_work(runner)}
            await runner.close()
            await runner.take(ev.Disconnected(at=story.clock.now(), why="the gateway is gone"))
            halt = ev.TradingHalted(at=story.clock.now(), cause=KILL, scope="all", why="a test")
            await runner.take(halt)
            asked_in_the_dark = story.facts(ev.CancelRequested)
        async with story.engine() as runner:
            await heard(story, runner)
            await later(story, runner, "2024-03-11 10:31")
            await runner.cycle()
            book = runner.book

        assert working
        assert asked_in_the_dark == []
        assert KILL in book.halts
        assert all(not live(story, key) for key in working)
        assert sent(story) == len(working)


@pytest.mark.fault(
    52,
    "By signal: nothing leaves any more; the file and the halt outlive the process; a person releases both",
)
def test_a_signal_throws_the_switch_for_this_process_and_the_next(tmp_path):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        daemon.signal(signal.SIGUSR1)
        daemon.until(lambda: [one for one in daemon.facts(ev.TradingHalted) if one.cause == KILL], "no halt")
        file = tmp_path / "premia.kill"
        assert "SIGUSR1" in file.read_text()
        assert daemon.premia("now").returncode == 0
        refused = [one.rule for one in daemon.facts(ev.IntentRefused)]
        first = daemon.end()
        file.unlink()  # the halt stands in the journal all the same
        daemon.again()
        daemon.ready(2)
        assert daemon.premia("now").returncode == 0

        assert first == 0
        assert set(refused) == {"halted"}
        assert not daemon.facts(ev.OrderIdAssigned)

        assert daemon.premia("release", "kill", "--why", "checked").returncode == 0
        assert daemon.premia("now", "--id", "after the release").returncode == 0
        daemon.until(lambda: daemon.facts(ev.OrderFilled), "nothing was sold after the release")
        assert daemon.end() == 0


@pytest.mark.fault(52, "By command, with or without a process that answers; a person's file counts as well")
def test_the_command_works_whoever_runs(tmp_path):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        answered = daemon.premia("kill", "--why", "a test")
        again = daemon.premia("kill")

        assert answered.returncode == 0, answered.stderr
        assert "is thrown" in answered.stdout
        assert "was already thrown" in again.stdout
        assert KILL in {one.cause for one in daemon.facts(ev.TradingHalted)}
        assert "a test" in (tmp_path / "premia.kill").read_text()
        assert daemon.premia("release", "kill").returncode == 0
        assert not (tmp_path / "premia.kill").exists()
        assert daemon.end() == 0

        alone = daemon.premia("kill", "--wait", "0")
        assert (tmp_path / "premia.kill").exists()
        assert alone.returncode == 1
        assert "waits in the inbox" in alone.stderr


@pytest.mark.skipif(os.name != "posix", reason="folders of other systems have no such rights")
def test_a_switch_that_cannot_be_read_counts_as_thrown(tmp_path):
    switch = KillSwitch(tmp_path / "premia.kill")
    (tmp_path / "premia.kill").mkdir()  # it is there, and is no file: also for root

    assert "cannot be read" in switch.shut()


async def planned(story, runner) -> Wanted:
    """A lawful order of the first pass, as it stood right before it left."""
    before = runner.book
    await runner.cycle()
    wanted = next(one for one in story.facts(ev.MarginRequested))
    state = runner.book.orders[wanted.order.key]
    fresh = replace(state, stage=Stage.REQUESTED, broker_id=None, client_id=None, sent_at=None)
    runner.book = replace(
        runner.book, orders={state.key: fresh}, sends=(), changes=(), attempts=before.attempts
    )
    return Wanted(fresh, fresh.limit, change=False)


@pytest.mark.fault(
    43,
    "Size times a thousand, a price ten times off, notional, a naked call and the same order again latch the "
    "gate; too many orders stop openings; a person resets it",
)
async def test_a_runaway_strategy_meets_the_gate(tmp_path):
    limits = GateLimits()
    async with a_story(tmp_path, policy=RESTING) as story, story.engine() as runner:
        wanted = await planned(story, runner)
        book, state, order = runner.book, wanted.state, wanted.order
        assert examine(book, wanted, limits) is None

        def case(limit=wanted.limit, stage=state.stage, broker_id=None, **changes) -> tuple[Book, Wanted]:
            """The order in an altered form, and the book that holds it."""
            changed = replace(state, stage=stage, broker_id=broker_id, order=replace(order, **changes))
            holding = replace(book, orders={**book.orders, changed.key: changed})
            return holding, Wanted(changed, limit, change=False)

        call = replace(order.combo.legs[0].contract, right=Right.CALL, strike=price("90"))
        dear = replace(order.combo.legs[0].contract, strike=price("1500"))
        sends = tuple(Sent(book.at - timedelta(seconds=n), f"other/{n}", ()) for n in range(limits.a_minute))
        wild = {
            "size": case(quantity=order.quantity * 1000),
            "collar": case(price(str(order.limit * 10))),
            "notional": case(quantity=limits.contracts, combo=single(dear, -1)),
            "naked_call": case(combo=single(call, -1)),
            "duplicate": case(stage=Stage.WORKING, broker_id=7),
            "rate": (replace(book, sends=sends), wanted),
        }
        found = {name: examine(*one, limits) for name, one in wild.items()}

        for name, breach in found.items():
            assert breach is not None, name
            assert breach.rule == name, (name, breach)
            facts = list(consequences(wild[name][0], wild[name][1], breach))
            halts = [(one.cause, one.scope) for one in facts if isinstance(one, ev.TradingHalted)]
            assert halts == [(RATE, "entries") if name == "rate" else (GATE, "all")], name
        halt = next(iter(consequences(book, wild["size"][1], found["size"])))
        await runner.take(halt)
        await later(story, runner, "2024-03-12 10:30")
        assert GATE in runner.book.halts  # another day does not release it
        await runner.take(
            ev.OperatorCommand(
                at=runner.book.at, id="1", verb="release", target="gate", who="anna", why="checked"
            )
        )
        assert GATE not in runner.book.halts


LIVE = "U1000001"
LIVE_CONFIG = CONFIG.replace("DU1000001", LIVE).replace("[broker]", "[broker]\nlive = true")


def words(run) -> str:
    return run.stdout + run.stderr


@pytest.mark.fault(
    39,
    "An account that the gateway does not serve, and real money where paper is expected, end it with one "
    "text and code 3 or 4 before anything is sent",
)
@pytest.mark.sqlite("it has a journal for each of two accounts")
def test_a_wrong_account_ends_it(tmp_path):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        assert daemon.end() == 0
        daemon.text = CONFIG.replace("DU1000001", "DU7654321").replace("premia.db", "other.db")
        (tmp_path / "other").mkdir()
        daemon.write("FND", "[journal]", 'path = "other/premia.db"')
        other = daemon.premia("run", "--once")

    paper_expected = tmp_path / "paper"
    paper_expected.mkdir()
    with a_daemon(paper_expected, LIVE, CONFIG.replace("DU1000001", LIVE)) as daemon:
        refused = daemon.process.wait(60)
        said = daemon.said.read_text()
        once = daemon.premia("run", "--once")
        looked = daemon.premia("plan")

        assert daemon.facts(ev.Connected, ev.OrderIdAssigned) == []
    assert other.returncode in (3, 4), words(other)
    assert "DU7654321" in words(other)
    assert (refused, once.returncode, looked.returncode) == (4, 4, 4)
    assert "broker.live = true" in said
    assert "Traceback" not in said + words(other) + words(once) + words(looked)


@pytest.mark.fault(
    39, "Real money trades only after its worst case was typed back, and then one contract an order"
)
def test_real_money_needs_a_word_of_its_owner(tmp_path):
    with a_daemon(tmp_path, LIVE, LIVE_CONFIG) as daemon:
        refused = daemon.process.wait(60)
        before = daemon.premia("run", "--once")
        wrong = daemon.premia("live", typed="yes\n")
        still = daemon.premia("run", "--once")
        shown = " ".join(words(daemon.premia("live", typed="0 0\n")).split())
        lost, left = re.search(r"-20%: ([\d,]+) USD lost, ([\d,]+) USD left", shown).groups()
        agreed = daemon.premia("live", typed=f"{lost} {left}\n")
        daemon.again()
        daemon.ready()
        assert daemon.premia("now").returncode == 0
        daemon.until(lambda: daemon.facts(ev.OrderFilled), "nothing was sold")
        orders = [one.order for one in daemon.facts(ev.MarginRequested)]

        assert (refused, before.returncode, still.returncode) == (4, 4, 4)
        assert "nobody has agreed yet" in words(before)
        assert wrong.returncode == 4
        assert (lost, left) == ("190,000", "810,000")
        assert agreed.returncode == 0, words(agreed)
        (consent,) = daemon.facts(ev.LiveConsented)
        assert (consent.account, consent.lost, consent.left) == (LIVE, 190_000, 810_000)
        assert {order.quantity for order in orders} == {1}
        assert daemon.end() == 0


@pytest.mark.fault(
    39, "A read-only API: every order is refused by the gateway, told once in words, and retried no more"
)
def test_a_read_only_interface_sends_nothing(tmp_path):
    with a_daemon(tmp_path, faults=("read_only",)) as daemon:
        daemon.ready()
        assert daemon.premia("now").returncode == 0
        assert daemon.premia("now", "--id", "again").returncode == 0
        assert daemon.end() == 0
        checked = daemon.premia("doctor")
        dropped = daemon.facts(ev.OrderDropped, ev.OrderRejected)

        assert not daemon.facts(ev.OrderAccepted, ev.OrderFilled)
        assert dropped
        assert "Read-Only API" in words(checked)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/domain/permit.py",
            "        if why:",
            "        if False:",
            "test_the_file_stops_the_order_that_is_about_to_leave",
        ),
        (
            "premia/engine/gate.py",
            "    if order.quantity >= 1 and most <= limits.contracts:",
            "    if order.quantity >= 1:",
            "test_a_runaway_strategy_meets_the_gate",
        ),
        (
            "premia/bootstrap/consent.py",
            "    if given is None or given.account != account:",
            "    if given is None:\n        return\n    if given.account != account:",
            "test_real_money_needs_a_word_of_its_owner",
        ),
    ],
)
def test_a_mutant_is_missed(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
