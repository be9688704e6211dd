"""Events of every kind, made from the shapes themselves, so that a new kind or field is tested unasked.

`any_event` draws them for property tests; `one_of_each` gives the same few on every run.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

from hypothesis import strategies as st
from msgspec import inspect

from premia.domain.combo import Combo
from premia.domain.events import AnyEvent, Connected, Event

KINDS: tuple[type[Event], ...] = get_args(AnyEvent)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
PLAIN: dict[type, st.SearchStrategy[Any]] = {
    inspect.StrType: TEXT,
    inspect.BoolType: st.booleans(),
    inspect.IntType: st.integers(-(2**63), 2**63 - 1),
    inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    inspect.DecimalType: st.decimals(allow_nan=False, allow_infinity=False),
    inspect.DateType: st.dates(),
    inspect.DateTimeType: st.datetimes(timezones=st.just(UTC)),
    inspect.TimeDeltaType: st.timedeltas(timedelta(0), timedelta(days=400)),
    inspect.NoneType: st.none(),
}


def any_event() -> st.SearchStrategy[AnyEvent]:
    """Any event that can be, whatever it says."""
    return st.one_of([values(inspect.type_info(kind)) for kind in KINDS])


def values(shape: inspect.Type) -> st.SearchStrategy[Any]:
    """All values of a shape."""
    match shape:
        case inspect.StructType(cls=cls, fields=fields):
            made = st.fixed_dictionaries({f.name: values(f.type) for f in fields})
            if cls is Combo:
                made = made.filter(sound)
            return made.map(lambda given: cls(**given))
        case inspect.UnionType(types=types):
            return st.one_of([values(one) for one in types])
        case inspect.VarTupleType(item_type=item):
            return st.lists(values(item), max_size=2).map(tuple)
        case inspect.DictType(value_type=value):
            return st.dictionaries(TEXT, values(value), max_size=2)
        case inspect.EnumType(cls=cls):
            return st.sampled_from(list(cls))
        case _:
            return PLAIN[type(shape)]


def sound(given: dict[str, Any]) -> bool:
    """Whether legs make a combo."""
    legs = given["legs"]
    return (
        bool(legs) and all(leg.ratio for leg in legs) and len({leg.contract.key for leg in legs}) == len(legs)
    )


def one_of_each() -> list[AnyEvent]:
    """Two events of each kind: one that says all it can, one that says the least."""
    return [plain(inspect.type_info(kind), full=full) for kind in KINDS for full in (True, False)]


SIMPLE: dict[type, Any] = {
    inspect.StrType: "SPY",
    inspect.BoolType: True,
    inspect.IntType: 2,
    inspect.FloatType: 0.25,
    inspect.DecimalType: Decimal("1.05"),
    inspect.DateType: date(2026, 1, 16),
    inspect.DateTimeType: datetime(2026, 1, 15, 14, 30, tzinfo=UTC),
    inspect.TimeDeltaType: timedelta(seconds=30),
    inspect.NoneType: None,
}


def plain(shape: inspect.Type, *, full: bool) -> Any:  # noqa: PLR0911 - one line a shape
    """The fullest or the barest value of a shape."""
    match shape:
        case inspect.StructType(cls=cls, fields=fields):
            if full:
                return cls(**{f.name: plain(f.type, full=True) for f in fields})
            return cls(**{f.name: plain(f.type, full=False) for f in fields if f.required})
        case inspect.UnionType(types=types):
            bare = [one for one in types if isinstance(one, inspect.NoneType)] or list(types)[-1:]
            return plain(types[0] if full else bare[0], full=full)
        case inspect.VarTupleType(item_type=item):
            filled = full or (isinstance(item, inspect.StructType) and item.cls.__name__ == "Leg")
            return (plain(item, full=full),) if filled else ()
        case inspect.DictType(value_type=value):
            return {"delta": plain(value, full=True)} if full else {}
        case inspect.EnumType(cls=cls):
            return next(iter(cls))
        case _:
            return SIMPLE[type(shape)]


def connected(minute: int = 0) -> AnyEvent:
    """A small event, some minutes into a session."""
    at = datetime(2026, 1, 15, 14, 30, tzinfo=UTC) + timedelta(minutes=minute)
    return Connected(at=at, account="DU1", client_id=minute, paper=True, server_version=178)
