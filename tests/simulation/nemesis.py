"""Who strikes: what each kind of fault does to an installation when its time has come; how it is lifted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from premia.bootstrap.kill_switch import KillSwitch
from premia.gateway.faults import AT_ONCE, Fault, parse_fault
from tests.simulation.hands import Hands
from tests.simulation.script import Script, Strike
from tests.simulation.site import Killed, Life, Site

_ORDER, _CANCEL = b"3\0", b"4\0"


class Nemesis:
    """Strikes an installation as a script says, and lifts what it has put in force.

    Attributes:
        counts: Strikes that happened, by kind and what of it.
        tell: Told each strike in words.
        restart_s: How long the next life that ends stays away.
        loose: Whether it may strike still.
    """

    def __init__(self, site: Site, script: Script, hands: Hands) -> None:
        self.site = site
        self.script = script
        self.hands = hands
        self.counts: Counter[str] = Counter()
        self.tell: Callable[[str], None] = lambda _text: None
        self.restart_s = 1.0
        self.loose = True
        self._lifts: dict[str, Callable[[], object]] = {}
        self._armed: tuple[str, int] | None = None
        self._left: set[bytes] = set()
        site.disk.before = lambda life: self._reached(life, "before writing")
        site.disk.after = lambda life: self._reached(life, "written")
        site.sending = self._sending
        times = [(one.at - script.start).total_seconds() for one in script.strikes]
        ends = [(one.at - script.start).total_seconds() + one.lasts_s for one in script.strikes]
        calm = (script.calm - script.start).total_seconds()
        site.disturbances = sorted([*times, *ends, *(calm + 60.0 * n for n in range(60))])

    async def play(self) -> None:
        """Strike at each strike's time; returns when all is calm."""
        waiting = [asyncio.create_task(self._one(strike)) for strike in self.script.strikes]
        await self.site.until(self.script.calm)
        self.loose = False
        for task in waiting:
            task.cancel()
        for done in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(done, Exception):
                self.hands.problem(f"a strike failed: {done!r}")
        await self.lift_everything()

    async def lift_everything(self) -> None:
        """From now on nothing is wrong with the world."""
        site = self.site
        for lift in list(self._lifts.values()):
            done = lift()
            if asyncio.iscoroutine(done):
                await done
        self._lifts.clear()
        self._armed = None
        self.restart_s = 1.0
        site.disk.fails = ""
        site.machine.off = timedelta(0)
        await site.server.lift("")
        if site.server._returns_at is not None:
            site.server._returns_at = site.exchange.now
        if not site.server.floor.connected:
            await site.server.strike(parse_fault("restored_without_data"))

    async def _one(self, strike: Strike) -> None:
        await self.site.until(strike.at)
        if not self.loose:
            return
        name = strike.words.partition(":")[0] if strike.kind in ("order", "data") else strike.kind
        self.counts[name if name == strike.kind else f"{strike.kind}: {name}"] += 1
        self.tell(f"{strike.kind} {strike.words}" + (f" for {strike.lasts_s:g} s" if strike.lasts_s else ""))
        await _ACTS[strike.kind](self, strike)

    async def wire(self, strike: Strike) -> None:
        """A fault of the gateway, in words that it understands."""
        fault = parse_fault(strike.words)
        await self.site.server.strike(fault)
        if fault.kind in AT_ONCE or fault.kind == "restart":
            return
        await self._for(strike, lambda: self._clear(fault))

    async def _clear(self, fault: Fault) -> None:
        if fault.kind == "farm_down":
            await self.site.server.lift("farm_down")
            return
        faults = self.site.server.floor.faults
        faults._all = [one for one in faults._all if one is not fault]

    async def _for(self, strike: Strike, lift: Callable[[], object]) -> None:
        """Let what was put in force stand for its time; calm ends it too."""
        name = f"{strike.at} {strike.kind} {strike.words}"
        self._lifts[name] = lift
        await asyncio.sleep(strike.lasts_s)
        if self._lifts.pop(name, None) is not None:
            done = lift()
            if asyncio.iscoroutine(done):
                await done

    async def at_once(self, strike: Strike) -> None:
        await self.site.server.strike(parse_fault(strike.words or strike.kind))

    async def link(self, strike: Strike) -> None:
        if not self.site.server.floor.connected:
            return
        await self.site.server.strike(parse_fault("connectivity_lost"))

        async def restored() -> None:
            if not self.site.server.floor.connected:
                await self.site.server.strike(parse_fault(strike.words))

        await self._for(strike, restored)

    async def reset(self, _strike: Strike) -> None:
        for life in self._living():
            for pipe in life.pipes:
                pipe.reset()

    async def torn(self, strike: Strike) -> None:
        """Bytes come in small pieces, and late."""
        size, delay_ms = map(int, strike.words.split("/"))
        network = self.site.loop.network
        network.cut, network.delay_s = (lambda: size * 16), (lambda: delay_ms / 1000)

        def whole() -> None:
            network.cut, network.delay_s = None, lambda: 0.0

        await self._for(strike, whole)

    async def kill(self, strike: Strike) -> None:
        """SIGKILL, some turns of the loop from now: at any point of whatever is going on."""
        for _ in range(int(strike.words)):
            await asyncio.sleep(0)
        self.restart_s = strike.lasts_s
        for life in self._living():
            life.kill()

    async def kill_at(self, strike: Strike) -> None:
        where, _, count = strike.words.partition("/")
        self._armed = (where, int(count))
        self.restart_s = strike.lasts_s

    def _reached(self, life: Life, where: str) -> None:
        if self._armed is None or self._armed[0] != where or life.dead:
            return
        count = self._armed[1]
        self._armed = (where, count - 1) if count else None
        if not count:
            self.tell(f"killed: {where}")
            life.kill()
            raise Killed

    def _sending(self, life: Life, data: bytes, send: Callable[[bytes], None]) -> None:
        """Bytes of a life leave; an order's are a point at which it may be killed."""
        orders = data[4:6] in (_ORDER, _CANCEL)
        new = orders and self._is_new(data)
        try:
            if new:
                self._reached(life, "before sending an order")
            if orders:
                self._reached(life, "before sending")
            send(data)
            if new:
                self._reached(life, "an order sent")
            if orders:
                self._reached(life, "sent")
        except Killed:
            return

    def _is_new(self, data: bytes) -> bool:
        """Whether bytes begin with an order that never left before: no question about margin, no change."""
        number = data[4:].split(b"\0", 2)[1]
        fresh = data[4:6] == _ORDER and number in self.site.numbers and number not in self._left
        if fresh:
            self._left.add(number)
        return fresh

    async def stop(self, strike: Strike) -> None:
        self.restart_s = strike.lasts_s
        for life in self._living():
            if life.process is not None:
                life.process.stop()
                if strike.words == "twice":
                    await asyncio.sleep(0.2)
                    life.process.interrupt()

    async def clock(self, strike: Strike) -> None:
        step = timedelta(seconds=float(strike.words))
        self.site.machine.off += step

        def back() -> None:
            self.site.machine.off -= step

        await self._for(strike, back)

    async def sleep(self, strike: Strike) -> None:
        left = (self.script.calm - self.site.now()).total_seconds()
        self.site.leap_s = max(min(float(strike.words), left - 1.0), 0.0)

    async def disk(self, strike: Strike) -> None:
        self.site.disk.fails = strike.words

        def mended() -> None:
            self.site.disk.fails = ""

        await self._for(strike, mended)

    async def second(self, _strike: Strike) -> None:
        """Another process on the same journal: it must not live."""
        if self.hands.life is None:
            return
        rival = self.site.begin()
        self.hands.rivals.append(rival)
        await asyncio.sleep(1.0)
        if not rival.outcome:
            self.hands.problem("a second process lives on one journal")

    async def reload(self, strike: Strike) -> None:
        """A broken file is saved, and the process told to read it; then the old one again."""
        text = self.site.path.read_text(encoding="utf-8")
        self.site.path.write_text(text.replace("[strategies.wheel]", "[strategies.weel]"), encoding="utf-8")
        self._reload()

        def mended() -> None:
            self.site.path.write_text(text, encoding="utf-8")
            self._reload()

        await self._for(strike, mended)

    def _reload(self) -> None:
        for life in self._living():
            if life.process is not None:
                life.process.reload()

    async def switch(self, strike: Strike) -> None:
        """The kill switch is thrown by a signal, by hand where no process lives; then lifted and released."""
        life, switch = self.hands.life, KillSwitch(self.site.folder / "premia.kill")
        if life is not None:
            life.process.kill()
        switch.throw("a simulation", "anna", self.site.machine.now())

        def lifted() -> None:
            switch.lift()
            self.hands.send("release", "kill")

        await self._for(strike, lifted)

    async def copy(self, _strike: Strike) -> None:
        self.hands.copy()

    async def human(self, strike: Strike) -> None:
        act, _, symbol = strike.words.partition("/")
        self.hands.trade(act, symbol)

    async def command(self, strike: Strike) -> None:
        await self.hands.command(strike.words, strike.lasts_s)

    def _living(self) -> list[Life]:
        return [life for life in self.site.lives if not life.outcome]


_ACTS = {
    "order": Nemesis.wire,
    "data": Nemesis.wire,
    "skew": Nemesis.wire,
    "hours": Nemesis.wire,
    "link": Nemesis.link,
    "drop": Nemesis.at_once,
    "stall": Nemesis.at_once,
    "gateway restart": Nemesis.at_once,
    "hold": Nemesis.at_once,
    "reset": Nemesis.reset,
    "wire": Nemesis.torn,
    "kill": Nemesis.kill,
    "kill at": Nemesis.kill_at,
    "stop": Nemesis.stop,
    "clock": Nemesis.clock,
    "sleep": Nemesis.sleep,
    "disk": Nemesis.disk,
    "second": Nemesis.second,
    "reload": Nemesis.reload,
    "switch": Nemesis.switch,
    "copy": Nemesis.copy,
    "human": Nemesis.human,
    "command": Nemesis.command,
}
