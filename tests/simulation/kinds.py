"""The kinds of faults: what each draws when a script is written, and what of the list it stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from premia.gateway.faults import DATA_FAULTS, ORDER_FAULTS
from tests.simulation.dice import Dice

SYMBOLS = ("FND", "ABC", "XYZ")
_LOST_ANSWERS = ["drop_before_receive", "drop_before_ack", "drop_after_ack", "drop_after_fill"]
"""After these nobody knows what became of an order before the broker is asked."""
_REQUESTS = (1, 7, 9, 16, 49, 61, 62, 78, 99)
"""Numbers of messages whose answers may fail to come: data, executions, contracts, orders, time, ..."""

_UNTIL_TOMORROW = frozenset({"correct_execution"})
"""Faults of lists that a gateway keeps for the whole day."""


class Kind(NamedTuple):
    """A kind of fault.

    Attributes:
        weight: How often it is drawn, beside others.
        draw: Its words, and for how many seconds it lasts.
        numbers: The faults of the list of reliability that it stands for.
    """

    weight: int
    draw: Callable[[Dice], tuple[str, float]]
    numbers: tuple[int, ...]


def _minutes(dice: Dice, most: float) -> float:
    return round(60 * dice.between(0.05, most), 3)


def _once(dice: Dice) -> tuple[str, float]:
    del dice
    return "", 0.0


def _order_fault(dice: Dice) -> tuple[str, float]:
    name = dice.choice(sorted(ORDER_FAULTS) + _LOST_ANSWERS * 3)
    keys = [f"count={1 + dice.below(3)}"]
    codes = {
        "reject": (201, 110, 201, 321),
        "refuse_change": (110, 201, 104),
        "refuse_cancel": (10147, 10148, 161),
        "warn": (399, 10349, 404, 2109),
    }
    if name in codes:
        keys.append(f"code={dice.choice(codes[name])}")
    if name == "delay_ack":
        keys.append(f"seconds={1 + dice.below(40)}")
    if dice.chance(0.4):
        keys.append(f"symbol={dice.choice(SYMBOLS)}")
    if name in ("duplicate_status", "duplicate_execution", "late_status", "fill_first"):
        keys.pop(0)
    lasts_s = 86_400.0 if name in _UNTIL_TOMORROW else _minutes(dice, 45)
    return f"{name}:{','.join(keys)}", lasts_s


def _data_fault(dice: Dice) -> tuple[str, float]:
    name = dice.choice(sorted(DATA_FAULTS))
    keys = [f"symbol={dice.choice(SYMBOLS)}"] if dice.chance(0.4) else []
    if name == "refuse_data":
        keys.append(f"code={dice.choice([354, 10167, 10197, 10197])}")
    if name in ("cut", "no_answer"):
        keys = [f"code={dice.choice(_REQUESTS)}", f"count={1 + dice.below(2)}"]
    return f"{name}:{','.join(keys)}", _minutes(dice, 60)


def _link(dice: Dice) -> tuple[str, float]:
    return dice.choice(["restored_with_data", "restored_without_data"]), _minutes(dice, 30)


def _restart(dice: Dice) -> tuple[str, float]:
    seconds = dice.choice([60, 300, 300, 3_600, 30_000])
    return f"restart:seconds={seconds}", float(seconds)


def _hold(dice: Dice) -> tuple[str, float]:
    return f"hold:seconds={1 + dice.below(60)}", 0.0


def _skew(dice: Dice) -> tuple[str, float]:
    return f"clock_skew:seconds={dice.choice([-40, -5, 3, 20, 45, 300])}", _minutes(dice, 30)


def _hours(dice: Dice) -> tuple[str, float]:
    return f"other_hours:seconds={dice.choice([0, 3_600, 10_800])}", 40_000.0


def _kill_now(dice: Dice) -> tuple[str, float]:
    return f"{dice.below(60)}", dice.choice([1.0, 5.0, 30.0, 300.0, 5_000.0])


def _kill_armed(dice: Dice) -> tuple[str, float]:
    points = ["before writing", "written", "before sending", "sent", "before sending an order"]
    where = dice.choice([*points, "an order sent", "an order sent"])
    return f"{where}/{dice.below(4)}", dice.choice([1.0, 5.0, 30.0, 300.0])


def _stop(dice: Dice) -> tuple[str, float]:
    return dice.choice(["once", "twice"]), dice.choice([5.0, 60.0, 3_000.0])


def _clock(dice: Dice) -> tuple[str, float]:
    return f"{dice.choice([-3_600, -300, -45, -3, 1, 5, 45, 300, 3_600])}", _minutes(dice, 90)


def _sleep(dice: Dice) -> tuple[str, float]:
    return f"{dice.choice([120, 1_800, 28_800])}", 0.0


def _disk(dice: Dice) -> tuple[str, float]:
    words = ["the disk is full", "disk I/O error", "attempt to write a readonly database"]
    return dice.choice(words), dice.choice([1.0, 60.0, 600.0])


def _wire(dice: Dice) -> tuple[str, float]:
    return f"{dice.choice([1, 3, 7, 50])}/{dice.choice([0, 0, 2, 30, 400])}", _minutes(dice, 20)


def _human(dice: Dice) -> tuple[str, float]:
    acts = ["buy shares", "sell shares", "buy back", "cancel"]
    return f"{dice.choice(acts)}/{dice.choice(SYMBOLS)}", 0.0


def _command(dice: Dice) -> tuple[str, float]:
    verbs = ["pause", "kill", "close", "close", "roll", "cancel", "run"]
    return dice.choice(verbs), _minutes(dice, 45)


KINDS: dict[str, Kind] = {
    "order": Kind(14, _order_fault, (3, 11, 16, 17, 20, 21, 39, 44)),
    "data": Kind(10, _data_fault, (9, 15, 27, 28, 30, 41)),
    "link": Kind(4, _link, (11, 12, 13)),
    "drop": Kind(2, _once, (9,)),
    "reset": Kind(2, _once, (9,)),
    "stall": Kind(2, _once, (10,)),
    "gateway restart": Kind(2, _restart, (42,)),
    "hold": Kind(2, _hold, (15, 16)),
    "wire": Kind(2, _wire, (3, 9)),
    "skew": Kind(1, _skew, (33,)),
    "hours": Kind(1, _hours, (31,)),
    "kill": Kind(5, _kill_now, (1, 2, 3, 4, 5)),
    "kill at": Kind(6, _kill_armed, (1, 2, 3, 4, 5)),
    "stop": Kind(2, _stop, (7,)),
    "clock": Kind(2, _clock, (33,)),
    "sleep": Kind(1, _sleep, (33,)),
    "disk": Kind(3, _disk, (34,)),
    "second": Kind(1, _once, (37,)),
    "reload": Kind(1, lambda dice: ("", _minutes(dice, 10)), (36,)),
    "switch": Kind(1, lambda dice: ("", _minutes(dice, 30)), (52,)),
    "copy": Kind(1, _once, (13, 14)),
    "human": Kind(6, _human, (38,)),
    "command": Kind(5, _command, (52, 53)),
}
