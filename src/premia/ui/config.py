"""`premia config check|explain|schema`: the configuration, checked whole and explained value by value."""

from __future__ import annotations

import sys

import msgspec
import typer

from premia.bootstrap.settings import explained, load, schema
from premia.config.explain import Setting
from premia.domain.errors import ConfigError
from premia.ui.options import CONFIG, AsJson, ConfigFile
from premia.ui.readable import readable
from premia.ui.screen import Column, emit, say, table

config = typer.Typer(
    help="Check or explain the configuration, or write its schema.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@config.command()
def check(*, config: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """Check the file: all problems at once, each with its line."""
    try:
        settings = load(config)
    except ConfigError as error:
        if as_json:
            lines = str(error).splitlines()
            problems = [readable(line) for line in lines[1:] or lines]  # the first only counts the others
            emit("config check", {"file": str(config), "ok": False, "problems": problems})
        raise
    named = list(settings.config.strategy_params())
    account = settings.config.account.number
    if as_json:
        found = {"file": str(config), "ok": True, "problems": [], "account": account, "strategies": named}
        emit("config check", found)
        return
    say(f"{config} is sound: account {account}, strategies: {', '.join(named) or 'none'}.")


@config.command("explain")
def explain_values(*, config: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """Show every value in force, with where it comes from."""
    values = explained(load(config))
    if as_json:
        rows = [
            {
                "key": one.key,
                "value": readable(one.value),
                "origin": str(one.origin),
                "source": one.origin.source.value,
                "unit": one.unit,
                "expected": one.expected,
                "description": one.description,
            }
            for one in values
        ]
        emit("config explain", {"file": str(config), "values": rows})
        return
    columns = [
        Column("key"),
        Column("value"),
        Column("from"),
        Column("unit", spare=1),
        Column("expected", spare=2),
        Column("what", spare=3),
    ]
    table(f"Values of {config}", columns, map(_row, values))


def _row(one: Setting) -> tuple[str, ...]:
    return (one.key, readable(one.value), str(one.origin), one.unit, one.expected, one.description)


@config.command("schema")
def json_schema() -> None:
    """Print the JSON schema of the file, for editors."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n")
