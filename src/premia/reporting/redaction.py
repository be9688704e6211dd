"""What leaves the process as text is made free of secrets: logs, alerts, answers about health, errors.

Two things are hidden: what is known to be a secret, because a variable of the environment holds it, and what
looks like one, because of its shape: an address with more than a host, a value behind a word like `token`.
Account numbers are shortened, so that a person still knows which of theirs is meant. The journal itself holds
the account's number and no secret, because none ever reaches it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote, unquote

HIDDEN = "[hidden]"
"""What stands where a secret stood."""

_LEAST = 6  # characters; what is shorter stands in any text by chance
_PART_LEAST = 8  # of a part of an address
_WORD = r"passw(?:or)?d|passphrase|secret|token|api[_-]?key|credential|authorization|webhook"
_NAME = re.compile(_WORD + r"|_url$|_dsn$|private|(?:^|_)auth(?:_|$)", re.IGNORECASE)
_KEY = re.compile(_WORD, re.IGNORECASE)
_PAIR = re.compile(
    rf"""(?P<name>[\w.-]*(?:{_WORD})[\w.-]*["']?\s*[=:]\s*["']?(?:(?:bearer|basic|token)\s+)?)"""
    r"""(?P<value>[^\s"',;&)\]}]+)""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(?P<how>bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>[^\s\"'<>]*)", re.IGNORECASE)
_LOGIN = re.compile(r"(?P<start>[:=\s]/{0,2})[^\s/:@\"']+:[^\s/@\"']+@(?=[\w.\[-])")
_NUMBERED = re.compile(r"[\d.]+|localhost")  # the host of an address, which is no secret by itself
_PUBLIC = ("http", "https", "ws", "wss")
_HERE = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:/[^?#@]*)?")
_ACCOUNT = re.compile(r"\b(?P<kind>D?[UFI])\d{2,9}(?P<end>\d{3})\b")


class Redactor:
    """Makes text, and values with text in them, fit to be read by others."""

    def __init__(
        self, secrets: Iterable[str] = (), accounts: Iterable[str] = (), *, shorten: bool = True
    ) -> None:
        """Know secrets and account numbers by themselves, beside those that their shape tells.

        Args:
            secrets: What is hidden.
            accounts: Numbers that are shortened.
            shorten: Whether account numbers are shortened at all.
        """
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        self._known = _any_of(spellings)
        self._shorten = shorten
        self._accounts = _any_of({number for number in accounts if number})

    def __call__(self, text: str) -> str:
        """The text without what must not be read."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _ADDRESS.sub(_address, text)
        text = _LOGIN.sub(rf"\g<start>{HIDDEN}@", text)
        text = _PAIR.sub(rf"\g<name>{HIDDEN}", text)
        text = _BEARER.sub(rf"\g<how> {HIDDEN}", text)
        if not self._shorten:
            return text
        if self._accounts is not None:
            text = self._accounts.sub(lambda found: shortened(found[0]), text)
        return _ACCOUNT.sub(r"\g<kind>***\g<end>", text)

    def value(self, value: object) -> object:
        """A value of whatever shape, its text made fit; what is no plain value becomes text first."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            pairs = cast("Mapping[Any, Any]", value).items()
            return {self(str(name)): self._named(str(name), inner) for name, inner in pairs}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(inner) for inner in cast("Sequence[Any]", value)]
        return self(str(value))

    def _named(self, name: str, value: object) -> object:
        """A value under a name; a name like `token` hides whatever stands there."""
        return HIDDEN if _KEY.search(name) and value not in (None, "") else self.value(value)


def secrets_in(environment: Mapping[str, str], named: Iterable[str] = ()) -> list[str]:
    """Values of the variables whose name says that they are secret, and of those named.

    Args:
        environment: All environment variables.
        named: Further variables that hold a secret, whatever they are called.
    """
    known = set(named)
    return [value for name, value in environment.items() if name in known or _NAME.search(name)]


def shortened(account: str) -> str:
    """An account number as its owner still knows it: `DU***567`."""
    letters = account.rstrip("0123456789")
    return f"{letters}***{account[-3:]}"


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it may be found: whole, as an address writes it, and the parts of an address alone."""
    if len(secret.strip()) < _LEAST:
        return
    yield from _written(secret.strip())
    if "://" in secret:
        rest = secret.partition("://")[2]
        for part in re.split(r"[/:@?&=,#\s]+", rest):
            if len(part) >= _PART_LEAST and not _NUMBERED.fullmatch(part):
                yield from _written(part)


def _written(text: str) -> tuple[str, ...]:
    return (text, quote(text, safe=""), quote(text), unquote(text), repr(text)[1:-1])


def _any_of(texts: set[str]) -> re.Pattern[str] | None:
    """A pattern of any of the texts, the longest first."""
    if not texts:
        return None
    return re.compile("|".join(map(re.escape, sorted(texts, key=lambda one: (-len(one), one)))))


def _address(found: re.Match[str]) -> str:
    """An address as far as it may be read: on this machine whole, else its host, and of others the scheme."""
    scheme, rest = found["scheme"], found["rest"]
    if scheme.lower() not in _PUBLIC:
        return f"{scheme}://{HIDDEN}"
    if _HERE.fullmatch(rest):
        return found[0]
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    bare = host.rpartition("@")[2]
    more = HIDDEN if len(bare) < len(rest.rstrip("/.,;:)")) else ""
    return f"{scheme}://{bare}/{more}" if more else f"{scheme}://{rest}"
