"""Settings that hold for every test."""

import itertools
import os
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import a_schema, a_server, missing

_NUMBERS = itertools.count()

# The default profile tries the same examples on every run, so that a red build is red on every machine;
# HYPOTHESIS_PROFILE=explore draws new ones. No deadline, because several processes share the machine.
settings.register_profile("default", deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "explore", deadline=None, max_examples=1_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--postgresql`: journals that configurations name lie in a PostgreSQL server of the tests' own."""
    parser.addoption(
        "--postgresql",
        action="store_true",
        help="keep the journals that configurations name in PostgreSQL instead of SQLite",
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server for this test process."""
    why = missing()
    if why:
        pytest.skip(why)
    with a_server() as url:
        yield url


@pytest.fixture
def schema(postgres: str, request: pytest.FixtureRequest) -> str:
    """The address of an empty place on the server."""
    return a_schema(postgres, f"t{zlib.crc32(request.node.nodeid.encode()):08x}_{next(_NUMBERS)}")


@pytest.fixture(autouse=True)
def _kept_in_postgresql(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--postgresql`, the journal of whatever configuration a test reads lies there."""
    if not request.config.getoption("--postgresql"):
        return
    marker = request.node.get_closest_marker("sqlite")
    if marker is not None:
        pytest.skip(f"of the SQLite file: {marker.args[0]}")
    monkeypatch.setenv("PREMIA__JOURNAL__URL", request.getfixturevalue("schema"))
