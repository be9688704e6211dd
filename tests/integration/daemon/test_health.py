"""What the daemon answers about itself, and what it counts, through days on a gateway."""

import io
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, suppress
from datetime import timedelta

import pytest

from premia.adapters.clocks import WallClock
from premia.adapters.health_server import HealthServer
from premia.adapters.logs import LogPlan, Logs
from premia.adapters.metrics import Metrics
from premia.bootstrap.hearer import Hearer, Hearers
from premia.bootstrap.hearing import answering, logging
from premia.bootstrap.vitals import Vitals, answers
from premia.domain import events as ev
from premia.reporting.limits import limits_used
from premia.reporting.redaction import Redactor
from tests.faults.test_process import CONFIG, a_daemon
from tests.faults.test_secrets import asked, free_port
from tests.integration.daemon.days import days


class Watched:
    """A daemon's vitals and metrics, read as a caller of the health server reads them."""

    def __init__(self, week):
        self.week = week
        self.now = 0.0
        limits = week.settings.config.gate.as_limits
        self.vitals = Vitals(lambda: self.now)
        self.metrics = Metrics("0", lambda book: limits_used(book, limits))
        counting = Hearer(
            trouble=self.metrics.trouble,
            turned=self.metrics.turned,
            facts=self.metrics.facts,
            appended=self.metrics.appended,
        )
        self.defects = []
        week.hearers = Hearers([self.vitals.hearer, counting], lambda *told: self.defects.append(told)).told
        self.paths = answers(self.vitals, self.metrics, 180.0, Redactor().value)

    def health(self, path="/healthz"):
        answer = self.paths[path]()
        return answer.status, json.loads(answer.body)

    def codes(self):
        return [one["code"] for one in self.health()[1]["reasons"]]

    def metric(self, line):
        """The figure of one line of the metrics; 0 where the line is not there."""
        page = self.paths["/metrics"]().body.decode()
        return next(
            (float(one.rpartition(" ")[2]) for one in page.splitlines() if one.startswith(line + " ")), 0.0
        )


@pytest.fixture
async def watched(tmp_path):
    async with AsyncExitStack() as stack:
        yield Watched(await days(stack, tmp_path))


async def test_before_the_first_turn_it_is_live_and_not_ready(watched):
    assert (watched.health()[0], watched.codes()) == (503, ["starting"])
    assert watched.health("/livez")[0] == 200


async def test_a_day_that_goes_well_is_ready_and_counted(watched):
    await watched.week.live("2024-03-11 12:00")

    status, told = watched.health()
    assert (status, told["ready"], told["reasons"]) == (200, True, [])
    assert watched.metric("premia_connected") == 1
    assert watched.metric('premia_cycles_total{outcome="decided"}') == len(watched.week.facts(ev.CycleEnded))
    assert watched.metric('premia_order_events_total{event="sent"}') == len(
        watched.week.facts(ev.OrderIdAssigned)
    )
    (ended,) = watched.week.facts(ev.CycleEnded)
    assert watched.metric("premia_last_cycle_timestamp_seconds") == ended.at.timestamp()
    assert watched.metric("premia_journal_append_seconds_count") > 3
    assert 0 < watched.metric('premia_limit_used_ratio{limit="orders_a_day"}') < 1
    assert watched.metric('premia_data_age_seconds{part="account"}') <= 300
    assert watched.defects == []


async def test_each_reason_is_told_while_it_stands_and_no_longer(watched):
    week, seen = watched.week, {}
    week.plan = [
        ("2024-03-11 10:20", "connectivity_lost"),
        ("2024-03-11 10:30", "restored_with_data"),
        ("2024-03-11 10:50", "restart:seconds=180"),
    ]
    week.at_turn = lambda now: seen.setdefault(f"{now - timedelta(hours=4):%H:%M}", watched.codes())

    await week.live("2024-03-11 12:00")

    told = {code for codes in seen.values() for code in codes}
    assert {"link_lost", "halt_link", "disconnected", "connection"} <= told
    assert watched.codes() == []
    assert watched.metric('premia_halts_total{cause="link"}') == 1
    assert watched.metric('premia_halted{cause="link"}') == 0
    assert watched.metric('premia_troubles_total{kind="connection"}') > 0


async def test_a_loop_that_gives_no_sign_is_not_live(watched):
    await watched.week.live("2024-03-11 09:40")
    watched.now = 181.0

    assert watched.health("/livez")[0] == 503
    assert watched.codes() == ["silent"]


async def test_a_hearer_with_a_defect_disturbs_neither_trading_nor_the_others(watched):
    def broken(*_told):
        raise ZeroDivisionError("a defect")

    week, defects, heard = watched.week, [], []
    bad = Hearer(state=broken, trouble=broken, turned=broken, facts=broken, ending=broken, appended=broken)
    good = Hearer(facts=heard.extend)
    hearers = Hearers([bad, good], lambda what, _error: defects.append(what))
    week.hearers = hearers.told

    book = await week.live("2024-03-11 12:00")

    assert book.ready
    assert week.orders()
    assert len(heard) == len(week.facts(ev.Event))
    assert sorted(defects) == ["appended", "facts", "state", "turned"]  # once a kind
    assert hearers.defects > 4


async def test_a_port_that_is_taken_does_not_keep_anybody_from_trading(watched):
    week, said = watched.week, io.StringIO()
    with ExitStack() as stack, HealthServer(0, {}) as other:
        table = week.settings.config.health.model_copy(update={"port": other.port})
        config = week.settings.config.model_copy(update={"health": table})
        with Logs(LogPlan(stream=said), Redactor().value, WallClock().now) as logs:
            hearers = answering(
                stack, week.settings._replace(config=config), logs, watched.metrics, Redactor()
            )

    assert hearers == []
    assert "cannot be had" in said.getvalue()


def test_the_log_tells_an_attempt_that_fails_again_and_again_once(tmp_path):
    said = io.StringIO()
    with Logs(LogPlan(stream=said), Redactor().value, WallClock().now) as logs:
        hearer = logging(logs)
        for _ in range(100):
            hearer.state("connecting")
            hearer.trouble("connection", "nobody listens")
        hearer.facts([ev.LinkRestored(at=WallClock().now(), code=1102, text="back", data_kept=True)])
        hearer.trouble("connection", "nobody listens")
        for _ in range(2):
            hearer.trouble("config", "the old configuration stays in force")

    told = [json.loads(line)["event"] for line in said.getvalue().splitlines()]
    assert told == [
        "connecting",
        "nobody listens",
        "link_restored",
        "nobody listens",
        *["the old configuration stays in force"] * 2,
    ]


@pytest.mark.slow
def test_a_flood_of_callers_does_not_slow_the_loop(tmp_path):
    """Eight callers that ask without a pause for five seconds: the loop turns twice a second as before."""
    port = free_port()
    with a_daemon(tmp_path, config=f"{CONFIG}\n[health]\nport = {port}\n") as daemon:
        daemon.ready()
        daemon.until(lambda: b"premia_turns_total" in asked(port, "/metrics"), "it never answered")

        def turns() -> float:
            page = asked(port, "/metrics").decode()
            return float(re.search(r"^premia_turns_total (.+)$", page, flags=re.MULTILINE)[1])

        before, began, end = turns(), time.monotonic(), time.monotonic() + 5
        with ThreadPoolExecutor(8) as callers:
            counts = list(callers.map(lambda _n: flood(port, end), range(8)))
        after, took = turns(), time.monotonic() - began

        assert daemon.end() == 0
    assert sum(counts) > 500
    assert (after - before) / took > 1.5


def flood(port, end):
    """Requests until an instant; how many were answered."""
    count = 0
    while time.monotonic() < end:
        with suppress(OSError):
            count += bool(asked(port, "/healthz"))
    return count
