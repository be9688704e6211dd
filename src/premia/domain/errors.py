"""Every error that Premia raises on purpose.

    PremiaError
      x ConfigError          the file, the key, what was found, what was expected
      x MarketDataError      + QuoteStale + ChainEmpty + SourceUnavailable
      x BrokerError          + NotConnected + RequestTimedOut + RequestRefused
      x StatementError       a broker's statement that cannot be read: file, line, what it holds
      x JournalError         + SequenceGap + SchemaTooNew + JournalHeld
      x NotAllowed           what Premia refuses to do with this account
      x GateShut             sending was forbidden between the last gate's permit and the socket
      x InvariantViolated    a defect: the process stops

Adapters turn library errors into these at the wall. A broker's refusal of an order is no
exception but the event `OrderRejected`: the expected is data, the impossible is a crash.
"""

from __future__ import annotations


class PremiaError(Exception):
    """Anything that Premia reports on purpose; its text names thing, found, needed, next step."""


class ConfigError(PremiaError):
    """A configuration that cannot be used."""


class MarketDataError(PremiaError):
    """Market data that is missing or cannot be trusted."""


class QuoteStale(MarketDataError):
    """A quote older than its rule allows."""


class ChainEmpty(MarketDataError):
    """An underlying without a single option in the wanted window."""


class SourceUnavailable(MarketDataError):
    """A data source that does not answer or cannot be read."""


class BrokerError(PremiaError):
    """A failed exchange with the broker."""


class NotConnected(BrokerError):
    """No session with the broker where one is needed."""


class RequestTimedOut(BrokerError):
    """A request that the broker did not answer in time: the answer is unknown, not empty."""


class RequestRefused(BrokerError):
    """A request that the broker answered with an error.

    Attributes:
        code: The broker's error code.
        text: The broker's words.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"The broker refused with code {code}: {text}")
        self.code = code
        self.text = text


class StatementError(PremiaError):
    """A broker's statement that cannot be read; the text names the file and the line."""


class JournalError(PremiaError):
    """A journal that cannot be read or written."""


class SequenceGap(JournalError):
    """A journal in which a row is missing."""


class SchemaTooNew(JournalError):
    """A journal written by a newer version of Premia."""


class JournalHeld(JournalError):
    """A journal that another process is writing: one account has one writer."""


class NotAllowed(PremiaError):
    """What Premia refuses to do, above all to trade on an account that is neither paper nor simulated."""


class GateShut(PremiaError):
    """Sending was forbidden between the last gate's permit and the socket; nothing has left."""


class InvariantViolated(PremiaError):
    """A state that cannot be; a defect in Premia, and the process stops."""
