"""An approval as a pass holds it, for rules that look at what was promised before."""

import pytest

from premia.domain.money import Money
from premia.domain.verdict import Approved
from premia.rules.exposure import need_of


@pytest.fixture
def approved():
    """Turns an intent into its approval, with the cash that it needs reserved."""
    return lambda intent: Approved(intent, Money(need_of(intent) * intent.quantity))
