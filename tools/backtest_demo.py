"""Backtest on chains made from a seed, and on recorded ones where they are: everything in build/backtest.

Each set is imported into a chain store, a configuration is written for it, the run is made beside other
fills and volatilities, its report is left as a page, and altering the future is shown to change no decision.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("PREMIA_DATA", ROOT.parent / "shared" / "data"))
CHAINS = DATA / "option_chains"
OUT = Path(os.environ.get("PREMIA_BACKTEST", ROOT / "build" / "backtest"))

HEAD = """[account]
number = "DU1000001"
kind = "margin"

[strategies.wheel]
"""


class Case(NamedTuple):
    """A set of chains and what is traded on it.

    Attributes:
        make: Arguments of `premia data` that make the store.
        wheel: Lines of the wheel's table.
        weights: Share of the account by symbol.
        limits: Lines of the limits' tables.
    """

    name: str
    title: str
    make: tuple[str, ...]
    capital: int
    wheel: str
    weights: dict[str, float]
    limits: str = ""
    needs: Path | None = None

    @property
    def config(self) -> str:
        """The configuration's text."""
        symbols = "".join(
            f"\n[strategies.wheel.symbols.{symbol}]\nweight = {weight}\n"
            for symbol, weight in self.weights.items()
        )
        return f"{HEAD}{self.wheel}{symbols}{self.limits}"


SPX = CHAINS / "spx_chain_2019-04-25_2019-06-28.parquet"
LAST = CHAINS / "us_chains_last_2026-05-26_2026-07-17.parquet"
WIDE = "\n[limits.concentration]\nfund = 1.0\n\n[limits.all_assigned]\nof_net_liquidation = 1.0\n"
CASES = (
    Case(
        "synthetic",
        "three invented stocks over two years; no result on them says anything about a market",
        ("synthetic", "--underlyings", "3", "--sessions", "504"),
        250_000,
        'earnings = "ignore"\n',
        {"SYN0": 0.3, "SYN1": 0.3, "SYN2": 0.3},
    ),
    Case(
        "spx_2019",
        "the whole SPX chain of May and June 2019, with real bids and offers",
        ("import", "premia", str(SPX), "--symbol", "SPX"),
        3_000_000,
        "dte_min = 7\ndte_max = 21\nexpirations = 3\ncontracts_max = 4\n",
        {"SPX": 0.9},
        WIDE,
        SPX,
    ),
    Case(
        "us_2026",
        "nineteen underlyings of summer 2026, last prices with a modelled spread",
        ("import", "last_price", str(LAST)),
        500_000,
        'earnings = "ignore"\ndte_min = 14\ndte_max = 45\nopen_interest_min = 0\n',
        dict.fromkeys(
            (
                *("SPY", "QQQ", "IWM", "XLF", "AAPL", "MSFT", "NVDA", "AMZN", "META", "TSLA"),
                *("AMD", "INTC", "JPM", "KO", "PFE", "DIS", "SOFI", "HD", "WMT"),
            ),
            0.05,
        ),
        WIDE,
        LAST,
    ),
)


def main() -> int:
    """Run every case whose data are there."""
    OUT.mkdir(parents=True, exist_ok=True)
    pages: list[Path] = []
    for case in CASES:
        if case.needs is not None and not case.needs.is_file():
            print(f"==> {case.title}: left out, {case.needs.name} is not on this machine (set PREMIA_DATA)")
            continue
        print(f"==> {case.title}", flush=True)
        pages.append(run(case))
    print(f"==> reports: {', '.join(map(str, pages))}")
    return 0


def run(case: Case) -> Path:
    """Import, run, prove; the page."""
    store, config = OUT / case.name, OUT / f"{case.name}.toml"
    page, result = OUT / f"{case.name}.html", OUT / f"{case.name}.json"
    if not (store / "manifest.json").is_file():
        premia("data", *case.make, "--to", str(store))
    config.write_text(case.config, encoding="utf-8")
    common = ("backtest", str(config), "--data", str(store), "--capital", str(case.capital))
    premia(*common, "--html", str(page), "--result", str(result))
    premia(*common, "--check-lookahead")
    return page


def premia(*arguments: str) -> None:
    """Run a verb in a process of its own, as a user would."""
    print(f"==> premia {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "premia.ui.cli", *arguments], check=True, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
