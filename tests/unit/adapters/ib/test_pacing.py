"""Messages leave in a burst, then at a steady rate, orders first."""

import pytest

from premia.adapters.ib.pacing import Pacer, unpaced


class Wall:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_a_burst_of_two_seconds_leaves_at_once_and_the_rest_waits(wall):
    pacer = Pacer(wall, rate_per_s=40, burst_s=2)
    for number in range(100):
        pacer.offer(f"data {number}", urgent=False)

    assert len(pacer.due()) == 80
    assert pacer.due() == []
    assert pacer.wait_s() == pytest.approx(1 / 40)


def test_after_the_time_that_it_asked_for_a_message_leaves_whatever_a_clock_rounds(wall):
    """Late on a long day: the seconds are so many that a fortieth of one is not exact any more."""
    for late in (181_830.0, 432_001.7, 9_999_999.3):
        wall.s = late
        pacer = Pacer(wall, rate_per_s=40, burst_s=1 / 40)
        pacer.offer("first", urgent=False)
        pacer.offer("second", urgent=False)
        assert pacer.due() == ["first"]

        wall.s += pacer.wait_s()

        assert pacer.due() == ["second"]


def test_no_second_sees_more_than_the_rate_once_the_burst_is_spent(wall):
    pacer = Pacer(wall, rate_per_s=40, burst_s=2)
    for number in range(500):
        pacer.offer(f"data {number}", urgent=False)
    pacer.due()

    wall.s = 3.0

    # Three seconds later there would be room for 120, and the bucket holds 80.
    assert len(pacer.due()) == 80
    wall.s = 3.5
    assert len(pacer.due()) == 20


def test_an_order_overtakes_data_that_wait(wall):
    pacer = Pacer(wall, rate_per_s=1, burst_s=1)
    for text in ("data 1", "data 2", "data 3"):
        pacer.offer(text, urgent=False)
    assert pacer.due() == ["data 1"]

    pacer.offer("order", urgent=True)
    wall.s = 1.0

    assert pacer.due() == ["order"]


def test_messages_of_one_kind_keep_their_order(wall):
    pacer = Pacer(wall)
    for number in range(10):
        pacer.offer(str(number), urgent=False)

    assert pacer.due() == [str(number) for number in range(10)]


def test_an_unpaced_bucket_is_never_empty():
    pacer = unpaced()
    for number in range(10_000):
        pacer.offer(str(number), urgent=False)

    assert len(pacer.due()) == 10_000
    assert pacer.wait_s() is None


def test_what_waits_is_forgotten_with_its_connection(wall):
    pacer = Pacer(wall, rate_per_s=1, burst_s=1)
    pacer.offer("one", urgent=False)
    pacer.offer("two", urgent=True)

    pacer.clear()

    assert pacer.due() == []
