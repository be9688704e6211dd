"""Text for a terminal without the secrets of the environment, or what looks like one."""

from __future__ import annotations

import os

from premia.reporting.redaction import Redactor, secrets_in


def readable(text: str) -> str:
    """The text, fit to be read by others; account numbers stay, because here their owner reads."""
    return Redactor(secrets_in(os.environ), shorten=False)(text)
