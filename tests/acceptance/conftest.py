"""Runs of the demo that several promises are checked on."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from premia.bootstrap.demo import DemoReport, DemoWish, demo


def run(folder: Path, first: date, last: date) -> DemoReport:
    """The demo between two days."""
    return asyncio.run(demo(DemoWish(folder, first=first, last=last)))


@pytest.fixture(scope="session")
def months(tmp_path_factory) -> DemoReport:
    """Ten months: a put is assigned, calls are sold on its shares until they are called."""
    return run(tmp_path_factory.mktemp("months"), date(2015, 7, 1), date(2016, 4, 15))
