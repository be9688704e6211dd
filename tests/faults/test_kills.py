"""The process is killed at the worst moments of an order's life; the next one puts everything right.

A life that kills itself at a named point of its order, and the one after it, both real processes over TCP.
The market's own record says what came of it. `make chaos` does the same at a thousand drawn moments and at
every point of every kind of order.
"""

from pathlib import Path

import pytest

from premia.domain import events as ev
from premia.domain.instrument import Option
from tests.chaos.theatre import a_stage, course, references, the_books
from tests.mutation import assert_mutant_fails

pytestmark = pytest.mark.sqlite("the process that is killed opens a file")

BEFORE_WRITING, WRITTEN = "before-writing", "written"


class Story:
    """What a killed life and the next one left behind."""

    def __init__(self, script: str, at: str, folder: Path, *faults: str) -> None:
        """Play it: kill at the first point whose name begins with `at`, then live until a round has ended."""
        folder.mkdir(exist_ok=True)
        journal = folder / "story.db"
        with a_stage(*faults) as (gateway, control, nursery):
            life = nursery.born(script, gateway.port, journal, at)
            life.until("round")
            life.kill()
            assert life.point, f"no point of {script} begins with {at}: {life.said}"
            self.held_at_death = (course(control.read()) or [0])[-1]
            after = nursery.born(script, gateway.port, journal)
            assert after.until("round")
            after.kill()
            self.references = references(control.read())
            self.course = course(control.record)
            executions = control.ask(cmd="state")["executions"]
            self.executed = {one["exec_id"] for one in executions if one["contract"]}
        self.book, self.events = the_books(journal)

    def doubled(self) -> dict[str, set[int]]:
        return {key: numbers for key, numbers in self.references.items() if len(numbers) > 1}

    def facts(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


def fits(story: Story) -> None:
    """What holds after every kill: one order a reference, all fills booked once, positions equal."""
    assert story.doubled() == {}
    assert set(story.course) <= {0, -1}
    booked = [event.fill.exec_id for event in story.facts(ev.OrderFilled)]
    assert sorted(booked) == sorted(set(booked))
    assert story.executed == set(booked)
    held = sum(one.quantity for one in story.book.holdings.values() if isinstance(one.contract, Option))
    assert held == (story.course or [0])[-1]
    assert story.facts(ev.OrderUnknown) == []


@pytest.mark.fault(
    1,
    "the broker's next id proves that it was never sent; the slot is decided once more, and once only",
)
def test_killed_between_the_durable_id_and_the_sending_it_decides_once_more(tmp_path):
    story = Story("put", f"{WRITTEN} OrderIdAssigned", tmp_path)

    fits(story)
    assert story.facts(ev.OrderNeverSent)
    numbers = [event.broker_id for event in story.facts(ev.OrderIdAssigned)]
    assert len(numbers) > len(set(numbers)), "the id that never left was used again"


@pytest.mark.fault(2, "the order is found by its reference and adopted; nothing is sent again")
def test_killed_after_the_sending_it_finds_its_order(tmp_path):
    story = Story("cancel", "sent", tmp_path)

    fits(story)
    adopted = {event.key for event in story.facts(ev.OrderAdopted)}
    assert adopted
    assert all(len(story.references[key]) == 1 for key in adopted)


@pytest.mark.fault(3, "one session a client and the same id: nothing is doubled, whether the bytes arrived")
def test_killed_while_the_gateway_answers_late_nothing_is_doubled(tmp_path):
    buffered = Story("cancel", "handed-over", tmp_path / "buffered", "delay_ack:seconds=0.3")
    arrived = Story("cancel", "sent", tmp_path / "arrived", "delay_ack:seconds=0.3")

    fits(buffered)
    fits(arrived)
    assert buffered.facts(ev.OrderNeverSent)
    assert arrived.facts(ev.OrderAdopted)


@pytest.mark.fault(4, "the fill is recovered from the broker's executions and its premium is booked once")
def test_killed_after_a_fill_and_before_it_is_written_the_fill_is_booked_once(tmp_path):
    story = Story("put", f"{BEFORE_WRITING} OrderFilled", tmp_path)

    fits(story)
    assert story.held_at_death == -1
    premium = [event.fill.price for event in story.facts(ev.OrderFilled)]
    assert len(premium) == len(story.executed)


@pytest.mark.fault(
    5, "a roll is one order: both legs trade or none; never naked, never double, and the trade goes on"
)
@pytest.mark.parametrize("at", ["sent", f"{BEFORE_WRITING} OrderFilled"])
def test_killed_in_the_middle_of_a_roll_it_holds_one_option_throughout(at, tmp_path):
    story = Story("roll", at, tmp_path)

    fits(story)
    rolled = [event for event in story.facts(ev.MarginRequested) if event.order.purpose.value == "roll"]
    assert rolled
    assert all(len(event.order.combo.legs) == 2 for event in rolled)


@pytest.mark.slow
def test_an_engine_that_asks_no_broker_for_executions_would_lose_the_fill():
    assert_mutant_fails(
        "premia/engine/reconcile.py",
        "    if isinstance(seen.fills, Known):",
        "    if False:",
        "tests/faults/test_kills.py::test_killed_after_a_fill_and_before_it_is_written_the_fill_is_booked_once",
    )
