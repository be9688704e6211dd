"""The program `premia`: finds the verb, runs it, and turns what went wrong into one clear text and a code.

A verb's module is imported when the verb is used and not before, so that help is instant and reading
the journal never waits for what trading needs. Results go to standard output, everything else to
standard error.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from premia.domain.errors import PremiaError
from premia.ui.exits import Code, code_of

TRACEBACK = "PREMIA_TRACEBACK"


class Verb(NamedTuple):
    """Where a verb lives, and what it does in one line."""

    module: str
    name: str
    help: str


VERBS: dict[str, Verb] = {
    "demo": Verb("premia.ui.demo", "demo", "Turn the wheel through years of prices on a simulated gateway."),
    "init": Verb("premia.ui.init", "init", "Write a first configuration for an account of a given size."),
    "config": Verb("premia.ui.config", "config", "Check or explain the configuration, or write its schema."),
    "doctor": Verb("premia.ui.doctor", "doctor", "Check gateway, account and machine; say what to click."),
    "plan": Verb("premia.ui.trade", "plan", "Show what a pass would do now and why; nothing is sent."),
    "run": Verb("premia.ui.trade", "run", "Trade on schedule until told to end; --once makes one pass."),
    "schedule": Verb("premia.ui.schedule", "schedule", "Show the next runs, and why a day has none."),
    "db": Verb("premia.ui.db", "db", "Verify, back up, restore or migrate the journal."),
    "live": Verb("premia.ui.live", "live", "Agree to what a live account may lose, so that it is traded."),
    "status": Verb("premia.ui.look", "status", "Show how things stand, from the journal."),
    "positions": Verb("premia.ui.look", "positions", "Show what is held, with its three costs."),
    "campaigns": Verb("premia.ui.look", "campaigns", "Show whole turns of the wheel, running and ended."),
    "orders": Verb("premia.ui.look", "orders", "Show every order: price, fills, how it ended and why."),
    "reconcile": Verb(
        "premia.ui.reconcile", "reconcile", "Compare a statement of the broker with the journal, to the cent."
    ),
    "report": Verb("premia.ui.report", "report", "Report on a paper account's predictions, or on backtests."),
    "backtest": Verb(
        "premia.ui.backtest",
        "backtest",
        "Run a configuration through recorded chains, and judge it.",
    ),
    "data": Verb("premia.ui.data", "data", "Import option chains into a store, show it, or check it."),
    "why": Verb("premia.ui.why", "why", "Tell why a symbol was traded or not, with the numbers."),
    "pause": Verb("premia.ui.operate", "pause", "Stop opening trades; with --all send nothing new."),
    "resume": Verb("premia.ui.operate", "resume", "Trade again after `premia pause`."),
    "kill": Verb("premia.ui.operate", "kill", "Throw the kill switch: nothing is sent, working orders end."),
    "now": Verb("premia.ui.operate", "now", "Have a pass made now, beside the schedule."),
    "close": Verb("premia.ui.operate", "close", "Close a trade, whole or in part, at once or at a limit."),
    "roll": Verb("premia.ui.operate", "roll", "Roll a short option to another expiry or strike."),
    "cancel": Verb("premia.ui.operate", "cancel", "Take an order back, or all of them."),
    "resolve": Verb("premia.ui.operate", "resolve", "Tell what became of an unknown order."),
    "accept": Verb("premia.ui.operate", "accept", "Take the broker's positions of a symbol for right."),
    "release": Verb("premia.ui.operate", "release", "End a halt by its cause, such as gate."),
    "alerts": Verb(
        "premia.ui.alerts", "alerts", "Send a message on the channels of [alerts], or try them all."
    ),
    "gateway": Verb("premia.ui.gateway", "gateway", "Run a simulated IB Gateway for any TWS API client."),
    "version": Verb("premia.ui.version", "version", "Show the versions of Premia and what it stands on."),
}


class Verbs(TyperGroup):
    """The verbs by name, each loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - the library's class is private
        """Names in the order in which one needs them."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - as above
        """The command of a verb; what is no verb ends the program with the nearest one."""
        verb = VERBS.get(cmd_name)
        if verb is None:
            near = get_close_matches(cmd_name, VERBS, n=1)
            hint = f" Did you mean `premia {near[0]}`?" if near else ""
            return None if ctx is None else ctx.fail(f"There is no verb {cmd_name!r}.{hint}")
        found = getattr(import_module(verb.module), verb.name)
        if isinstance(found, typer.Typer):
            app = found
        else:
            app = typer.Typer(add_completion=False, rich_markup_mode=None)
            app.command(cmd_name)(found)
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - as above
        """The list of verbs, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.help) for name, verb in VERBS.items()])

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        """Run; errors of ours become one text and an exit code, never a traceback."""
        try:
            return super().main(*args, **kwargs)
        except PremiaError as error:
            _tell(str(error))
            sys.exit(code_of(error))
        except SystemExit as end:
            if end.code == Code.INTERRUPTED:  # what the library makes of Ctrl-C
                _tell("Interrupted. Orders placed before keep working at the broker: `premia orders`.")
            raise
        except BrokenPipeError:  # whoever read our output has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(Code.OK)
        except Exception as error:  # noqa: BLE001 - the top of the program: a defect ends it with one text
            _tell(
                f"This is a defect in Premia: {type(error).__name__}: {error}\n"
                f"What was journalled is safe. Run again with {TRACEBACK}=1 to see where, and report it."
            )
            sys.exit(Code.FAILED)


app = typer.Typer(
    cls=Verbs,
    name="premia",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def premia() -> None:
    """Options-income strategies, above all the wheel, on Interactive Brokers.

    Begin with `premia demo`, which needs no account. Every verb that shows something takes --json.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program; the process ends with one of the codes of `exits`."""
    app(args=arguments, prog_name="premia")


def _tell(text: str) -> None:
    """What went wrong, on standard error, free of secrets whatever raised it."""
    readable = import_module("premia.ui.readable").readable
    trace = traceback.format_exc() if os.environ.get(TRACEBACK) else ""
    sys.stderr.write(readable(f"{trace}premia: {text}\n"))


if __name__ == "__main__":
    main()
