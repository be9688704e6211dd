"""The watch on what is held, with the memory that two agreeing looks need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from premia.engine.cycle import Run
from premia.engine.run import Runner
from premia.engine.watch import Standing, look, watched


class Lookout:
    """Looks when it is called, and writes down what two looks agree on.

    What stood before a restart is not remembered: it is seen again, and asks for one more pass at the worst.
    """

    def __init__(self, runner: Runner, cushion: Callable[[], Decimal]) -> None:
        """Look through `runner`; `cushion` is the share of net liquidation that entries need in excess."""
        self._runner = runner
        self._cushion = cushion
        self._standing: Mapping[str, Standing] = {}

    async def __call__(self) -> Sequence[Run]:
        """One look; the passes that follow from it.

        Raises:
            BrokerError: If the connection is gone.
            JournalError: If what was seen cannot be written down.
        """
        runner = self._runner
        if not runner.book.ready:
            return ()
        view = await runner.parts.market.observe(watched(runner.engine, runner.book))
        seen = look(runner.engine, runner.book, view, self._standing, self._cushion())
        self._standing = seen.standing
        for fact in seen.facts:
            await runner.take(fact)
        return seen.runs
