"""Alerts: what a person hears of a bad week, and a channel that is down, hangs or is flooded."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from premia.adapters.courier import Courier, Terms
from premia.bootstrap.alerting import Alerting, opening
from premia.bootstrap.hearer import Hearers
from premia.domain import events as ev
from premia.domain.dates import NEW_YORK
from premia.reporting.alerts import Desk, Message
from premia.reporting.causes import SEVERITIES
from tests.faults.test_process import CONFIG, a_daemon
from tests.integration.daemon.days import Days, days
from tests.integration.ui.test_alerts import a_service
from tests.mutation import assert_mutant_fails

HERE = "tests/faults/test_alerts.py"
LIMIT_S = 20


class Heard:
    """A daemon's days, and the messages that a person would get."""

    def __init__(self, week: Days) -> None:
        self.week = week
        self.messages: list[Message] = []
        self.post = self.messages.append
        self.defects: list[tuple] = []
        self.took: list[float] = []
        desk = Desk(opens=opening(week.settings.config))
        wall = datetime(2024, 3, 11, 13, tzinfo=UTC)
        self.alerting = Alerting(desk, self._posted, lambda: wall)
        told = Hearers([self.alerting.hearer], lambda *told: self.defects.append(told)).told
        self.week.hearers = told

    def _posted(self, message: Message) -> None:
        self.post(message)

    def lines(self, *severities: str) -> list[tuple[str, str, str]]:
        """Time in New York, severity and title of the messages of some severities; of all but `info`."""
        wanted = severities or SEVERITIES[1:]
        return [
            (f"{one.at.astimezone(NEW_YORK):%a %H:%M}", one.severity, one.title)
            for one in self.messages
            if one.severity in wanted
        ]


@pytest.fixture
async def heard(tmp_path: Path) -> AsyncIterator[Heard]:
    async with AsyncExitStack() as stack:
        yield Heard(await days(stack, tmp_path))


@pytest.mark.fault(
    41, "A competing session is one alert while it lasts, whatever follows from it, and one when over"
)
async def test_a_competing_session_is_one_alert(heard):
    heard.week.plan = [("2024-03-11 09:50", "refuse_data:code=10197")]

    async def end() -> None:
        if heard.week.facts(ev.CycleEnded):
            await heard.week.server.lift("refuse_data")

    heard.week.before_look = end
    await heard.week.live("2024-03-11 12:00")

    blind = [one for one in heard.week.facts(ev.CycleEnded) if one.again]
    assert blind
    assert heard.week.orders()
    assert [(severity, title) for _, severity, title in heard.lines()] == [
        ("warning", "the broker gives no market data"),
        ("warning", "over: the broker gives no market data"),
    ]
    assert heard.defects == []


@pytest.mark.fault(
    42,
    "A week's login that nobody confirms is told after 2 min, louder after 15 min, an hour before the "
    "open and at the open; everything goes on by itself afterwards",
)
async def test_a_week_s_login_that_nobody_confirms_for_36_hours(heard):
    """From Sunday 01:00 in New York until Monday 13:00; the daily restarts before it disturb nobody."""
    heard.week.plan = [
        ("2024-03-14 23:45", "restart:seconds=90"),
        ("2024-03-15 23:45", "restart:seconds=90"),
        ("2024-03-17 01:00", f"restart:seconds={36 * 3600}"),
    ]
    await heard.week.go("2024-03-14 09:00")

    book = await heard.week.live("2024-03-18 14:00")

    login = "the gateway is gone, and the week's login has ended"
    told = [(when, severity, title.partition(", for ")[0]) for when, severity, title in heard.lines()]
    assert told[0][0] in ("Sun 01:02", "Sun 01:03")
    assert told[1:4] == [(when, "critical", login) for when in ("Sun 01:15", "Mon 08:30", "Mon 09:30")]
    assert [(when[:6], title) for when, _, title in told[4:]] == [("Mon 13", f"over: {login}")]
    assert (book.connected, book.ready, book.halts) == (True, True, {})
    ended = [one for one in heard.week.facts(ev.CycleEnded) if one.at.date() == book.at.date()]
    assert ended
    assert not ended[-1].again


class Service:
    """Two channels: the first is down or hangs, the second takes what comes."""

    def __init__(self, *, hangs: bool) -> None:
        self.got: list[Message] = []
        self.release = threading.Event()
        self.tries = 0
        self.outcomes: list[tuple[str, str]] = []
        self._hangs = hangs
        routes = dict.fromkeys(SEVERITIES, ("first", "second"))
        channels = {"first": self._first, "second": self._second}
        self.courier = Courier(
            channels, Terms(routes, patience_s=0.2), lambda *told: self.outcomes.append(told)
        )

    def _first(self, *_told: str) -> None:
        self.tries += 1
        if self._hangs:
            self.release.wait(LIMIT_S)
        raise ConnectionRefusedError("nobody answers")

    def _second(self, title: str, text: str, severity: str) -> None:
        self.got.append(Message("", severity, title, text, datetime.now(UTC)))  # noqa: TID251 - nothing hangs on it

    def until_empty(self, count: int) -> None:
        end = time.monotonic() + LIMIT_S
        while len(self.got) < count:
            assert time.monotonic() < end, (len(self.got), count, self.outcomes[-3:])
            time.sleep(0.01)

    def close(self) -> None:
        self.release.set()
        self.courier.close(1)


STORM = 500
"""Of each kind, in a minute of market time."""


def storming(heard: Heard) -> None:
    """From 9:30 on five hundred missed runs and as many broken configurations a minute."""
    last: list[datetime] = []

    def storm(now: datetime) -> None:
        minutes = 0 if not last else (now - last[0]) / timedelta(minutes=1)
        last[:] = [now]
        missed = ev.RunSkipped(at=now, strategy="wheel", name="10:00", due=now, why="a storm")
        began = time.perf_counter()
        for _ in range(int(STORM * min(minutes, 5))):
            heard.week.hearers.facts([missed])
            heard.week.hearers.observers.trouble("config", "a storm")
        heard.took.append(time.perf_counter() - began)

    heard.week.at_turn = storm


def without_address(fact):
    """A fact without the hash of its configuration, which names the gateway's port of the day."""
    return replace(fact, config="") if isinstance(fact, ev.CycleStarted) else fact


@pytest.mark.fault(
    46, "One alert a cause in 10 min with a count, by the second channel; what is traded is the same"
)
@pytest.mark.sqlite("it compares two journals")
@pytest.mark.parametrize("hangs", [False, True], ids=["refuses", "hangs"])
async def test_a_storm_of_alerts_while_the_first_channel_is_gone(tmp_path, hangs):
    traded = []
    for name, stormy in (("quiet", False), ("stormy", True)):
        folder = tmp_path / name
        folder.mkdir()
        async with AsyncExitStack() as stack:
            heard = Heard(await days(stack, folder))
            service = Service(hangs=hangs)
            stack.callback(service.close)
            if stormy:
                heard.post = lambda one, to=heard, by=service: (to.messages.append(one), by.courier.post(one))
                storming(heard)
            await heard.week.live("2024-03-11 11:00")
            service.until_empty(len(heard.messages) if stormy else 0)
            traded.append([without_address(one) for one in heard.week.facts(ev.Event)])

    quiet, stormy = traded
    assert stormy == quiet
    assert [one for one in stormy if isinstance(one, ev.OrderFilled)]
    by_key = {key: [one for one in heard.messages if one.key == key] for key in ("missed", "config")}
    for messages in by_key.values():
        assert all(later.at - earlier.at >= timedelta(minutes=10) for earlier, later in pairwise(messages))
        assert sum(one.held for one in messages) > 20 * STORM
    assert len(service.got) == len(heard.messages) < 30
    assert service.tries <= len(heard.messages)
    assert heard.defects == []


@pytest.mark.fault(46, "Handing an alert over takes no time, however long the channels take or hang")
async def test_trading_never_waits_for_a_channel(heard):
    service = Service(hangs=True)
    try:
        began = time.perf_counter()
        for number in range(2000):
            service.courier.post(
                Message(f"{number}", "warning", "a storm", "of keys", heard.week.clock.now())
            )
        took = time.perf_counter() - began
    finally:
        service.close()

    assert took < 2
    assert len(service.courier._heap) <= Terms({}).most


@pytest.mark.fault(
    34, "An alert is sent by a path without the journal, once, and another when it can be written again"
)
async def test_a_journal_that_cannot_be_written_is_told_without_it(heard):
    book = await heard.week.live("2024-03-11 09:05")
    heard.messages.clear()
    for _ in range(200):
        heard.week.hearers.observers.trouble("journal", "the disk is full.")
    heard.week.hearers.observers.turned(book, heard.week.clock.now())  # as between two attempts
    heard.week.hearers.facts([ev.LinkRestored(at=book.at, code=1102, text="", data_kept=True)])
    heard.week.hearers.observers.turned(book, heard.week.clock.now())

    assert [(one.severity, one.title) for one in heard.messages if one.severity != "info"] == [
        ("critical", "the journal cannot be written"),
        ("critical", "over: the journal cannot be written"),
    ]
    assert "disk is full" in heard.messages[0].text


DISK = """
[daemon]
observe_s = 5.0

[alerts.channels.mail]
variable = "MAIL"
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux takes the disk from a running process"
)
@pytest.mark.fault(
    34, "A disk that takes nothing is told within seconds without it; all goes on once it takes again"
)
def test_a_process_whose_disk_is_full_tells_it_and_goes_on_afterwards(tmp_path, monkeypatch):
    """Every write beyond one byte fails, of the journal as of any other file; then none does."""
    with a_service() as (port, got):
        monkeypatch.setenv("MAIL", f"json://127.0.0.1:{port}/mail")

        def told(title: str) -> bool:
            return any(one["title"].endswith(title) for one in got)

        with a_daemon(tmp_path, config=CONFIG + DISK) as daemon:
            daemon.ready()
            resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
            daemon.until(lambda: told(": the journal cannot be written"), "nobody was told")
            looks = len(daemon.facts(ev.BrokerObserved))
            whole = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, whole)
            daemon.until(lambda: told("over: the journal cannot be written"), "nobody was told of its end")
            daemon.until(lambda: len(daemon.facts(ev.BrokerObserved)) > looks, "it never went on")

            assert daemon.end() == 0
    assert sum("journal" in one["title"] for one in got) == 2
    assert not [one for one in got if "connection" in one["title"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/reporting/alerts.py",
            "        return window.sent is not None and _NO_TIME <= at - window.sent < self._manners.quiet",
            "        return False",
            "test_a_storm_of_alerts_while_the_first_channel_is_gone",
        ),
        (
            "premia/reporting/alerts.py",
            "            moments += [opening - _BEFORE_OPEN, opening]",
            "            moments += [opening]",
            "test_a_week_s_login_that_nobody_confirms_for_36_hours",
        ),
        (
            "premia/adapters/courier.py",
            "        thread.join(self._terms.patience_s)",
            "        thread.join()",
            "test_a_storm_of_alerts_while_the_first_channel_is_gone",
        ),
        (
            "premia/reporting/alerts.py",
            "if key in roots or key in self._standing), None)",
            "if False), None)",
            "test_a_competing_session_is_one_alert",
        ),
    ],
)
def test_a_mutant_is_missed(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
