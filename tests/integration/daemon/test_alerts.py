"""What the daemon tells a person, through days on a gateway: one message a cause."""

import io
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from premia.bootstrap.alerting import Alerting, opening
from premia.bootstrap.hearer import Hearers
from premia.bootstrap.hearing import heard
from premia.bootstrap.settings import load
from premia.reporting.alerts import Desk
from tests.integration.daemon.days import days


class Told:
    """A daemon's week and the messages of it, as `(time in New York, severity, title)`."""

    def __init__(self, week):
        self.week = week
        self.messages = []
        desk = Desk(opens=opening(week.settings.config))
        self.alerting = Alerting(desk, self.messages.append, lambda: datetime(2024, 3, 11, 13, tzinfo=UTC))
        self.defects = []
        week.hearers = Hearers([self.alerting.hearer], lambda *told: self.defects.append(told)).told

    def titles(self, *severities):
        return [one.title for one in self.messages if not severities or one.severity in severities]


@pytest.fixture
async def told(tmp_path):
    async with AsyncExitStack() as stack:
        yield Told(await days(stack, tmp_path))


async def test_a_day_that_goes_well_tells_that_it_runs_and_nothing_else(told):
    await told.week.live("2024-03-11 16:30")

    assert told.titles() == ["Premia runs"]
    assert told.defects == []


async def test_a_short_restart_of_the_gateway_disturbs_nobody(told):
    told.week.plan = [("2024-03-11 12:00", "restart:seconds=60")]

    await told.week.live("2024-03-11 13:00")

    assert told.titles() == ["Premia runs"]


async def test_a_lost_link_is_one_message_and_its_end_another(told):
    told.week.plan = [("2024-03-11 10:20", "connectivity_lost"), ("2024-03-11 10:30", "restored_with_data")]

    await told.week.live("2024-03-11 12:00")

    assert told.titles("warning", "critical") == [
        "the gateway has lost the broker",
        "over: the gateway has lost the broker",
    ]


async def test_a_pause_is_not_told_back_to_who_asked_for_it_and_a_kill_is_told_to_all(told):
    await told.week.live("2024-03-11 09:40")
    told.week.send("pause")
    told.week.send("kill")

    await told.week.live("2024-03-11 09:50")

    assert told.titles() == ["Premia runs", "everything halted: kill"]


@pytest.mark.parametrize(("channels", "warned"), [("", True), ('[alerts.channels.a]\nvariable = "A"', False)])
async def test_who_names_no_channel_is_told_at_the_start(told, channels, warned):
    week, said = told.week, io.StringIO()
    week.path.write_text(week.path.read_text() + "\n" + channels)

    with heard(load(week.path), {"A": "json://127.0.0.1"}, said):
        pass

    assert ("names no channel" in said.getvalue()) is warned
