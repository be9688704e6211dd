"""What the docs tell a reader to type exists, and everything that can be typed is in the docs."""

import re

import pytest
import typer

from premia.ui.cli import VERBS, app
from tests.house.test_docs import CODE, PAGES, page_id

COMMAND = re.compile(r"(?:^|[\s(]|\.venv/bin/)premia ([a-z]+)((?:[^\S\n]+[^\s`|;#]+)*)", re.MULTILINE)
FLAG = re.compile(r"--[a-z][a-z-]*")


def typed(page):
    """Commands of a page: the verb and the rest of what is typed."""
    code = "\n".join("".join(parts) for parts in CODE.findall(page.read_text(encoding="utf-8")))
    return [(match[1], match[2]) for match in COMMAND.finditer(code)]


def flags_of(verb):
    """Every flag of a verb, those of the verbs below it included."""
    group = typer.main.get_command(app)
    commands = [group.get_command(None, verb)]
    commands += getattr(commands[0], "commands", {}).values()
    options = [
        name for command in commands for one in command.params for name in (*one.opts, *one.secondary_opts)
    ]
    return {*options, "--help"}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_command_and_flag_in_the_docs_exists(page):
    wrong = [
        f"premia {verb}{rest}"
        for verb, rest in typed(page)
        if verb not in VERBS or not set(FLAG.findall(rest)) <= flags_of(verb)
    ]

    assert wrong == []


def test_every_verb_is_in_the_docs():
    documented = {verb for page in PAGES for verb, _ in typed(page)}

    assert set(VERBS) - documented == set()
