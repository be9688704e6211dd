"""The rule that the documentation writes as an example is one."""

import re
from datetime import timedelta
from pathlib import Path

from premia.domain.account import AccountKind
from premia.domain.combo import single
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.money import price
from premia.rules.answers import PASS, Refuse, Running
from tests.builders import NOW, SESSIONS, a_book, a_view, put

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how_to" / "add_a_rule_or_strategy.md"


def test_the_example_rule_passes_on_tuesday_and_refuses_on_monday():
    (text,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = {}
    exec(compile(text, str(PAGE), "exec"), module)  # noqa: S102 - the page's own example
    one = price("1.00")
    sale = Intent(
        "wheel", "XYZ", "XYZ/put", Purpose.OPEN, single(put(95), -1), 1, one, one, one, "a test", evidence()
    )

    def ask(at):
        running = Running(AccountKind.CASH, SESSIONS)
        return module["check"](a_book(), a_view(at=at), sale, module["Params"](), running)

    assert ask(NOW) is PASS
    monday = ask(NOW - timedelta(days=1))
    assert isinstance(monday, Refuse)
    assert monday.reason == "2026-01-12 is a day without new options"
