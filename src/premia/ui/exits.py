"""What the process's exit code says, and which error becomes which code."""

from __future__ import annotations

from enum import IntEnum

from premia.domain.errors import (
    BrokerError,
    ConfigError,
    JournalHeld,
    NotAllowed,
    PremiaError,
    StatementError,
)


class Code(IntEnum):
    """Exit codes of `premia`; they never change their meaning."""

    OK = 0
    FAILED = 1
    USAGE = 2
    BROKER = 3
    REFUSED = 4
    HELD = 5
    MISMATCH = 6
    INTERRUPTED = 130


MEANINGS: dict[Code, str] = {
    Code.OK: "it worked",
    Code.FAILED: "it failed while running; the text on standard error says why",
    Code.USAGE: "the command or the configuration is wrong; nothing was done",
    Code.BROKER: "the broker could not be reached or did not answer",
    Code.REFUSED: "Premia refuses this, above all real money that nobody has agreed to trade",
    Code.HELD: "another process is writing the same journal",
    Code.MISMATCH: "broker and ledger do not agree; no decision was made",
    Code.INTERRUPTED: "interrupted from the keyboard",
}

_CODES: tuple[tuple[type[PremiaError], Code], ...] = (
    (ConfigError, Code.USAGE),
    (StatementError, Code.USAGE),
    (BrokerError, Code.BROKER),
    (NotAllowed, Code.REFUSED),
    (JournalHeld, Code.HELD),
)


def code_of(error: PremiaError) -> Code:
    """The exit code that an error ends the process with."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Code.FAILED)
