"""Runs a gateway until it is told to stop, with a real or a stepped clock.

With a real clock market time follows the wall from the exchange's own present: a market that is
opened on a past morning lives that day at the pace of today. What is listening is printed as one
line of JSON, so that whoever started the process can wait for it instead of guessing.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from datetime import timedelta

import msgspec

from premia.domain.errors import InvariantViolated
from premia.exchange.exchange import Exchange
from premia.gateway.control import ControlPort
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings


async def serve(settings: GatewaySettings, exchange: Exchange) -> None:
    """Serve until a shutdown command, SIGINT or SIGTERM.

    Raises:
        PortTaken: If a port is in use.
        FaultError: If a fault of the settings cannot be understood.
    """
    gateway = GatewayServer(exchange, settings)
    control = None if settings.control_port is None else ControlPort(gateway, settings.control_port)
    stopped = control.stopped if control is not None else asyncio.Event()
    await gateway.start()
    ending: list[asyncio.Task[None]] = []
    try:
        if control is not None:
            await control.start()
        _stop_on_signals(stopped)
        announce(gateway, control)
        ending.append(asyncio.create_task(_until(stopped)))
        if settings.clock == "real":
            ending.append(asyncio.create_task(follow_the_wall(gateway, stopped)))
        done, _ = await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # a clock that failed is an error of the gateway, never a market that stands still
    finally:
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if control is not None:
            await control.stop()
        await gateway.stop()


async def follow_the_wall(gateway: GatewayServer, stopped: asyncio.Event) -> None:
    """Advance the market once a tick by the wall time that passed; at the calendar's end it stops."""
    loop = asyncio.get_running_loop()
    started, opened = loop.time(), gateway.floor.now
    while not stopped.is_set():
        await asyncio.sleep(gateway.settings.tick_s)
        try:
            await gateway.advance(opened + timedelta(seconds=loop.time() - started))
        except InvariantViolated as error:
            sys.stderr.write(f"The simulated market has ended: {error}\n")
            stopped.set()


async def _until(stopped: asyncio.Event) -> None:
    await stopped.wait()


def announce(gateway: GatewayServer, control: ControlPort | None) -> None:
    """One line of JSON on standard output: the ports, the clock and the market's present."""
    line = {
        "host": gateway.settings.host,
        "port": gateway.port,
        "control_port": control.port if control is not None else None,
        "clock": gateway.settings.clock,
        "now": gateway.floor.now.isoformat(),
        "accounts": gateway.floor.exchange.accounts(),
    }
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def _stop_on_signals(stopped: asyncio.Event) -> None:
    """Let SIGINT and SIGTERM end the gateway in good order, where the platform can."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
