"""Halts by who ends them: a person, where nothing that can be observed proves that it is well again."""

from __future__ import annotations

from premia.engine.copies import COPIES
from premia.engine.forgotten import JOURNAL
from premia.engine.gate import GATE, KILL
from premia.engine.legs import LEGS

FOR_A_PERSON = frozenset({GATE, KILL, COPIES, LEGS, JOURNAL})
"""Causes that a person ends with `premia release`; legs also end when the missing one comes."""
