"""Who hears of an unattended process: each hearer is told the same, and none can disturb trading.

A hearer takes a state, a trouble, a turn of the loop, a batch of facts and the end. What one of them raises
is a defect of that hearer: it is told once a kind, and trading and the other hearers go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from premia.bootstrap.daemon import Observers
from premia.bootstrap.unattended import Told
from premia.domain import events as ev
from premia.domain.book import Book


class Hearer(NamedTuple):
    """Somebody who is told how things go; see `Observers` for what each is told.

    Attributes:
        facts: Each batch of facts, once it is durable.
        ending: The process was told to end.
        appended: Wall seconds of one writing of the journal.
    """

    state: Callable[[str], None] = lambda _text: None
    trouble: Callable[[str, str], None] = lambda _kind, _text: None
    turned: Callable[[Book, datetime], None] = lambda _book, _at: None
    facts: Callable[[Sequence[ev.AnyEvent]], None] = lambda _batch: None
    ending: Callable[[], None] = lambda: None
    appended: Callable[[float], None] = lambda _seconds: None


class Hearers:
    """All hearers as one.

    Attributes:
        defects: How often a hearer raised.
    """

    def __init__(self, hearers: Sequence[Hearer], defect: Callable[[str, Exception], None]) -> None:
        """Tell each of `hearers`; `defect` is told what one of them raised, once a kind of error."""
        self._hearers = tuple(hearers)
        self._defect = defect
        self._seen: set[str] = set()
        self.defects = 0

    @property
    def told(self) -> Told:
        """What the process is given to tell them by."""
        observers = Observers(self._each("state"), self._each("trouble"), self._each("turned"))
        return Told(observers, self._each("facts"), self._each("ending"), self._each("appended"))

    def _each(self, what: str) -> Callable[..., None]:
        doors = [getattr(hearer, what) for hearer in self._hearers]

        def tell(*arguments: Any) -> None:
            for door in doors:
                try:
                    door(*arguments)
                except Exception as error:  # noqa: BLE001 - a wall: no hearer may disturb trading
                    self._raised(what, error)

        return tell

    def _raised(self, what: str, error: Exception) -> None:
        self.defects += 1
        kind = f"{what}: {type(error).__name__}"
        if kind not in self._seen:
            self._seen.add(kind)
            self._defect(what, error)
