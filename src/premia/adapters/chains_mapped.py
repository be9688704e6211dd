"""Option chains in any table whose columns a TOML file names: the way in for a source without an importer.

    name = "my vendor"
    day = "QuoteDay"
    expiry = "Expiration"
    strike = "Strike"
    right = "Type"
    bid = "BestBid"
    ask = ["BestAsk", "Ask"]
    dates = "%d.%m.%Y"
    calls = ["Call"]
    puts = ["Put"]

The keys are those of `store.forms.Form`; a meaning that the file does not name is not looked for, save the
four that every source must have and the ticker.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from premia.domain.errors import ConfigError, SourceUnavailable
from premia.store.forms import MEANINGS, NEEDED, Form, Reading, readings


def read_form(path: Path) -> Form:
    """The form that a TOML file describes.

    Raises:
        SourceUnavailable: Where the file is absent.
        ConfigError: Where it is no TOML, has an unknown key, or a value is neither text nor a list of texts.
    """
    if not path.is_file():
        raise SourceUnavailable(f"{path} is no file. Give the path of a TOML file that names the columns.")
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML: {error}") from error
    missing = [meaning for meaning in NEEDED if meaning not in told]
    if missing:
        raise ConfigError(f"{path}: {', '.join(missing)} is not named. Needed are {', '.join(NEEDED)}.")
    lists = (*MEANINGS, "calls", "puts", "notes")
    full = {key: [value] if key in lists and isinstance(value, str) else value for key, value in told.items()}
    absent = {meaning: () for meaning in MEANINGS if meaning not in told and meaning != "symbol"}
    try:
        return msgspec.convert({"name": "mapped", **absent, **full}, Form)
    except msgspec.ValidationError as error:
        known = ", ".join(Form.__struct_fields__)
        raise ConfigError(f"{path}: {error}. The keys are {known}.") from error


def read(path: Path, symbol: str, form: Form) -> Iterator[Reading]:
    """The rows of a file; arguments and errors are those of `forms.readings`."""
    return readings(form, path, symbol)
