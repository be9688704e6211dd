"""The courier: whoever posts never waits, the second channel stands in, and nothing is tried for ever."""

import threading
import time
from typing import NamedTuple

import pytest

from premia.adapters.courier import Courier, Terms

LIMIT_S = 10
BOTH = {"info": ("mail", "phone"), "warning": ("mail", "phone"), "critical": ("phone", "mail")}


class Note(NamedTuple):
    severity: str
    title: str
    text: str = ""


class People:
    """Channels that can fail or hang, and what came through them."""

    def __init__(self, **terms):
        self.got = []
        self.outcomes = []
        self.broken = set()
        self.hanging = set()
        self.release = threading.Event()
        channels = {name: self.channel(name) for name in ("mail", "phone")}
        self.courier = Courier(
            channels, Terms(BOTH)._replace(**terms), lambda *told: self.outcomes.append(told)
        )

    def channel(self, name):
        def send(title, _text, _severity):
            if name in self.hanging:
                self.release.wait(LIMIT_S)
            if name in self.broken:
                raise OSError(f"{name} is down")
            self.got.append((name, title))

        return send

    def until(self, true):
        end = time.monotonic() + LIMIT_S
        while not true():
            assert time.monotonic() < end, (self.got, self.outcomes)
            time.sleep(0.005)

    def became(self, what):
        return [text for kind, text in list(self.outcomes) if kind == what]


@pytest.fixture
def people():
    made = []

    def make(**terms):
        made.append(People(**terms))
        return made[-1]

    yield make
    for one in made:
        one.release.set()
        one.courier.close(1)


def test_the_first_channel_of_the_route_has_it(people):
    all_of_them = people()
    all_of_them.courier.post(Note("info", "a"))
    all_of_them.courier.post(Note("critical", "b"))

    all_of_them.until(lambda: len(all_of_them.got) == 2)

    assert all_of_them.got == [("mail", "a"), ("phone", "b")]
    assert len(all_of_them.became("sent")) == 2


def test_the_second_stands_in_for_one_that_fails(people):
    some = people()
    some.broken.add("mail")
    some.courier.post(Note("warning", "a"))

    some.until(lambda: some.got)

    assert some.got == [("phone", "a")]
    assert some.courier.failures == {"mail": "mail is down"}


def test_the_second_stands_in_for_one_that_hangs_and_is_not_waited_for_again(people):
    some = people(patience_s=0.2)
    some.hanging.add("mail")
    began = time.monotonic()
    for number in range(10):
        some.courier.post(Note("warning", f"{number}"))

    some.until(lambda: len(some.got) == 10)

    assert {name for name, _ in some.got} == {"phone"}
    assert time.monotonic() - began < 2


def test_what_nobody_takes_is_tried_again_and_given_up_in_the_end(people):
    some = people(retries_s=(0.02, 0.05))
    some.broken |= {"mail", "phone"}
    some.courier.post(Note("critical", "a"))

    some.until(lambda: some.became("lost"))

    assert len(some.became("failed")) == 2
    (lost,) = some.became("lost")
    assert "after 3 attempts" in lost
    assert "phone is down" in lost


def test_what_nobody_took_at_first_comes_when_a_channel_is_back(people):
    some = people(retries_s=(0.02,) * 200)
    some.broken |= {"mail", "phone"}
    some.courier.post(Note("critical", "a"))
    some.until(lambda: some.became("failed"))
    some.broken.clear()

    some.until(lambda: some.got)

    assert some.got == [("phone", "a")]


def test_a_full_queue_gives_up_the_least_and_posting_takes_no_time(people):
    some = people(most=5, patience_s=5.0)
    some.hanging |= {"mail", "phone"}
    some.courier.post(Note("info", "first"))
    some.until(lambda: some.courier._busy)
    began = time.monotonic()
    for number in range(500):
        some.courier.post(Note("info", f"info {number}"))
    for number in range(5):
        some.courier.post(Note("critical", f"critical {number}"))
    took = time.monotonic() - began
    some.hanging.clear()
    some.release.set()

    some.until(lambda: len(some.got) >= 6)

    assert took < 0.5
    assert [title for _, title in some.got] == ["first", *(f"critical {number}" for number in range(5))]
    (dropped,) = some.became("dropped")
    assert dropped.startswith("500 alerts")


def test_the_end_waits_for_what_is_on_its_way_and_not_longer(people):
    some = people(patience_s=30.0)
    some.courier.post(Note("info", "the last word"))
    some.courier.close(5)
    assert some.got == [("mail", "the last word")]

    other = people(patience_s=30.0)
    other.hanging |= {"mail", "phone"}
    other.courier.post(Note("info", "never"))
    began = time.monotonic()
    other.courier.close(0.3)
    assert time.monotonic() - began < 2
