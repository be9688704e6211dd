"""A channel to people through Apprise: e-mail, ntfy, Slack, Telegram and the rest, by one address each."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from premia.domain.errors import PremiaError

_TYPES = {"info": "info", "warning": "warning", "critical": "failure"}


class NotTaken(PremiaError):
    """A message that a channel did not take."""


def warm() -> None:
    """Load the library, so that the first message goes out at once; for a thread of its own."""
    import_module("apprise")


def apprise_channel(address: str) -> Callable[[str, str, str], None]:
    """Sends title, text and severity to an Apprise address, which is a secret and appears in no error.

    Args:
        address: `ntfys://topic`, `mailto://user:password@host`, ...
    """

    def send(title: str, text: str, severity: str) -> None:
        library: Any = import_module("apprise")  # takes a sixth of a second, in the thread that sends
        one = library.Apprise()
        if not one.add(address):
            raise NotTaken("its address is none that Apprise understands; see the documentation of Apprise")
        if not one.notify(title=title, body=text, notify_type=_TYPES.get(severity, "info")):
            raise NotTaken("the service did not take it; the log tells what Apprise said")

    return send
