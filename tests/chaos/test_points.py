"""Every named point of every kind of order: killed there once, put right by the next life.

The points are those at which a process can die with a difference: before and after each batch of facts is
written, before and after an order, a change or a cancel leaves. There are as many as a life can reach.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from premia.domain import events as ev
from tests.chaos.theatre import a_stage, course, references, the_books
from tests.chaos.worker import AIMS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MOST = 80
FEWEST = 8
ROUNDS = 3


def lived_to(point, born):
    """A life that died at a point; the last one of several where none had so many.

    One round that passes without the point does not show that there is none: an order that was not sent in
    its patience lapses, on a machine that is busy, and its round has fewer points.
    """
    for _ in range(ROUNDS):
        life = born(str(point))
        life.until("round")
        life.kill()
        if life.point:
            break
    return life


@pytest.mark.parametrize("script", sorted(AIMS))
def test_killed_at_every_point_of_an_order_it_goes_on_with_one_order(script, tmp_path, capsys):
    journal: Path = tmp_path / f"{script}.db"
    passed: list[str] = []
    with a_stage() as (gateway, control, nursery):
        for point in range(MOST):
            life = nursery.born(script, gateway.port, journal, str(point))
            life.until("round")
            life.kill()
            if not life.point:
                break
            passed.append(life.point)
            after = nursery.born(script, gateway.port, journal)
            assert after.until("round"), f"after {life.point} no round was ended: {after.said}"
            after.kill()
            doubled = {key for key, found in references(control.read()).items() if len(found) > 1}
            assert doubled == set(), life.point
            assert set(course(control.record)) <= {0, -1}, life.point
        else:
            pytest.fail(f"more than {MOST} points: {passed}")
        record, state = control.read(), control.ask(cmd="state")
    _, events = the_books(journal)
    with capsys.disabled():
        sys.stdout.write(f"\n{script}: killed at {len(passed)} points\n")

    ours = {event.order.key for event in events if isinstance(event, ev.MarginRequested)}
    executed = {one["exec_id"] for one in state["executions"] if one["contract"]}
    booked = {event.fill.exec_id for event in events if isinstance(event, ev.OrderFilled)}
    assert len(passed) >= FEWEST
    assert any(name.startswith("sent") for name in passed)
    assert set(references(record)) <= ours
    assert executed - booked == set()
    assert not [one for one in events if isinstance(one, ev.OrderUnknown | ev.CashUnexplained)]
