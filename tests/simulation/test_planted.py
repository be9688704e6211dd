"""Defects planted in a copy of the code, and found by a few seeds: the checks of the simulation can fail."""

import sys

import pytest

from tests.mutation import Altered, a_copy, ran

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SEEDS = "1-12"
_LIMIT_S = 500
_UNSENT = "    unsent = (Stage.PLANNED, Stage.CLEARED, Stage.REQUESTED)\n"
PLANTED = {
    "an order whose fate is not known is decided again, and its copy is not noticed": (
        (
            Altered("premia/engine/decide.py", _UNSENT, _UNSENT.replace(")", ", Stage.ASSIGNED)")),
            Altered(
                "premia/engine/reconcile.py",
                "    for key in sorted((book.copies.keys() | book.ended.keys()) - book.orders.keys()):",
                "    for key in ():",
            ),
            Altered(
                "premia/engine/reconcile.py",
                "        found += copies_of(book, state.key, named, seen)\n",
                "",
            ),
        ),
        "contracts opened today",
        "kill at",
    ),
    "fills that no report told are not booked": (
        (
            Altered(
                "premia/engine/reconcile.py",
                "    for fill in sorted(fills, key=lambda f: (f.at, f.exec_id)):",
                "    for fill in ():",
            ),
        ),
        "never booked",
    ),
    "an order leaves before its number is written down": (
        (
            Altered(
                "premia/engine/run.py",
                "        await self.take(assigned)\n",
                "        await asyncio.sleep(0)\n",
            ),
        ),
        "was not written down",
    ),
    "the last gate is skipped": (
        (
            Altered(
                "premia/engine/gate.py",
                "    return next((breach for check in _CHECKS "
                "if (breach := check(book, wanted, limits)) is not None), None)",
                "    return None",
            ),
        ),
        "orders in a minute",
    ),
    "of several facts that are settled together only the first is written down": (
        (
            Altered(
                "premia/engine/run.py",
                "            self.parts.journal.append(batch, self.parts.recorded_at())\n",
                "            self.parts.journal.append(batch[:1], self.parts.recorded_at())\n",
            ),
        ),
        "replays to another book",
    ),
}


@pytest.mark.parametrize("defect", PLANTED)
def test_a_planted_defect_breaks_a_promise_within_a_few_seeds(defect):
    changes, words, *kinds = PLANTED[defect]
    only = ["--only", *kinds] if kinds else []

    with a_copy(*changes) as environment:
        command = [sys.executable, "-m", "tests.simulation", SEEDS, "-j", "1", "--first", *only]
        done = ran(command, environment, _LIMIT_S)

    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert words in done.stdout, done.stdout[-2000:]
