"""The verbs: what they say, what they end with, and what they never load."""

import json
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from premia import __version__
from premia.adapters.journals.places import open_journal
from premia.bootstrap import records
from premia.bootstrap.settings import JournalTable
from premia.domain import events as ev
from premia.domain.errors import (
    ConfigError,
    InvariantViolated,
    JournalError,
    JournalHeld,
    NotAllowed,
    NotConnected,
    RequestRefused,
    RequestTimedOut,
    SchemaTooNew,
)
from premia.domain.instrument import Stock
from premia.domain.position import BrokerPosition
from premia.ui import cli, exits
from premia.ui.exits import Code, code_of
from tests.unit.reporting.story import at, call_sold, cycle, put_sold, refused, start, told, whole_turn

SHARES = BrokerPosition(Stock("XYZ"), 100, Decimal("49.4105"), Decimal("50.20"))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder to work in, whose configuration names `wheel.db`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PREMIA_CONFIG", raising=False)
    (tmp_path / "premia.toml").write_text('[journal]\npath = "wheel.db"\n', encoding="utf-8")
    return tmp_path


@pytest.fixture
def journal(folder) -> Path:
    """A journal of a whole turn and of a put sold after it."""
    return written(folder / "wheel.db", [*whole_turn(), told(at(2, 23, 16), "10237.90")])


def written(path: Path, events: list[ev.AnyEvent]) -> Path:
    """A journal that holds the events."""
    with closing(open_journal(path, "DU1")) as kept:
        kept.append(events, datetime(2026, 2, 23, 17, tzinfo=UTC))
    return path


def premia(*arguments: str):
    """The result of a command, run in this process."""
    return CliRunner().invoke(cli.app, list(arguments))


def json_of(*arguments: str):
    """The JSON that a verb prints."""
    result = premia(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["schema"] == 1
    return found


# What a program may rely on.


@pytest.mark.usefixtures("journal")
def test_status_tells_account_money_and_what_is_open():
    found = json_of("status")

    assert found["verb"] == "status"
    assert found["status"]["account"] == "DU1"
    assert found["status"]["net_liquidation"] == "10237.90"
    assert found["status"]["observed_at"] == "2026-02-23T16:00:00Z"
    assert found["status"]["campaigns"] == 0
    assert found["observed_age_s"] is not None


def test_positions_carry_three_costs(folder):
    written(folder / "wheel.db", [*start(), *put_sold(), told(at(1, 7), "10000")])

    [line] = json_of("positions")["positions"]

    assert line["contract"] == "XYZ 2026-01-16 50 P"
    assert [line[key] for key in ("quantity", "observed", "tax_basis", "break_even")] == [
        -1,
        0,
        "0.5895",
        "49.4105",
    ]


@pytest.mark.usefixtures("journal")
def test_campaigns_can_be_asked_for_all_open_or_ended():
    [line] = json_of("campaigns")["campaigns"]

    assert (line["result"], line["full_turn"], line["state"]) == ("237.90", True, "ended")
    assert json_of("campaigns", "--which", "open")["campaigns"] == []
    assert len(json_of("campaigns", "--which", "ended")["campaigns"]) == 1


@pytest.mark.usefixtures("journal")
def test_orders_show_the_newest_and_how_many_there_are():
    found = json_of("orders", "--last", "1")

    assert (found["total"], [line["key"] for line in found["orders"]]) == (2, ["wheel/XYZ/call/2026-01-22/1"])
    assert json_of("orders", "--working")["orders"] == []
    assert len(json_of("orders", "--last", "0")["orders"]) == 2


def test_why_gives_every_reason_with_its_numbers(folder):
    when = at(1, 7)
    written(folder / "wheel.db", [*start(), *put_sold(), *cycle("c9", when, refused("ABC", when))])

    found = json_of("why", "abc")

    [only] = found["cycles"]
    assert (found["symbol"], only["cycle"]) == ("ABC", "c9")
    assert only["findings"][0]["numbers"] == {"needed": 5000, "available": 4100, "delta": -0.25}


def test_version_names_what_it_stands_on():
    assert json_of("version")["premia"] == __version__
    assert __version__ in premia("version").stdout


# What a person reads.


@pytest.mark.usefixtures("journal")
def test_status_reads_well():
    text = premia("status").stdout

    assert "Account DU1 by" in text
    assert "10,237.90" in text
    assert "broker and ledger agree         yes" in text


def test_status_of_a_journal_without_events_says_so(folder):
    written(folder / "wheel.db", [])

    result = premia("status")

    assert (result.exit_code, result.stdout.startswith("Nothing has happened yet by wheel.db")) == (0, True)
    assert json_of("status")["observed_age_s"] is None


def test_status_names_blocked_symbols_and_unknown_orders(folder):
    order = put_sold()[2].order
    events = [
        *start(),
        *put_sold()[:-1],
        ev.OrderUnknown(at=at(1, 7), key=order.key, why="no evidence"),
        ev.SymbolBlocked(at=at(1, 7), symbol="XYZ", why="an order is unknown", until_session=None),
    ]
    written(folder / "wheel.db", events)

    result = premia("status")

    assert "an order is unknown" in result.stdout
    assert f"Order {order.key} is unknown" in result.stderr
    assert "XYZ takes no new entry" in premia("why", "XYZ").stdout


def test_positions_show_where_broker_and_ledger_differ(folder):
    written(folder / "wheel.db", [*start(), *put_sold(), told(at(1, 7), "10000", SHARES)])

    text = premia("positions").stdout

    assert "+0 (broker +100)" in text
    assert "-1 (broker +0)" in text
    assert "49.4105" in text


@pytest.mark.usefixtures("journal")
def test_campaigns_and_orders_read_well():
    campaigns, orders = premia("campaigns").stdout, premia("orders").stdout

    assert "ended, full turn" in campaigns
    assert "237.90" in campaigns
    assert "wheel/XYZ/put/2026-01-06/1" in orders
    assert "the newest 2 of 2" in orders


def test_why_reads_as_sentences(folder):
    written(folder / "wheel.db", [*start(), *put_sold(), *call_sold()[:0]])

    text = premia("why", "XYZ").stdout

    assert "ordered: wheel/XYZ/put/2026-01-06/1 -> filled" in text
    assert "delta -0.25, spot 52.1" in text


@pytest.mark.usefixtures("journal")
def test_why_of_a_symbol_nobody_looked_at_says_which_were():
    result = premia("why", "QQQ")

    assert result.exit_code == Code.FAILED
    assert "nothing to say of QQQ; they spoke of: XYZ." in result.stderr


# How it ends.


@pytest.mark.parametrize("verb", [("status",), ("positions",), ("campaigns",), ("orders",), ("why", "XYZ")])
def test_without_a_journal_a_reading_verb_says_how_to_get_one(folder, verb):
    result = premia(*verb)

    assert result.exit_code == Code.FAILED
    assert result.stdout == ""
    assert "There is no journal wheel.db yet; `premia run --once`" in result.stderr
    assert list(folder.glob("wheel.db*")) == []


def test_without_a_configuration_a_verb_says_how_to_write_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = premia("status")

    assert result.exit_code == Code.USAGE
    assert "premia init --capital" in result.stderr


def test_a_journal_can_be_named_without_a_configuration(journal, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    assert json_of("status", "--journal", str(journal))["status"]["account"] == "DU1"


def test_the_environment_names_the_configuration_and_the_journal(journal, folder, monkeypatch):
    journal.rename(folder / "other.db")
    monkeypatch.setenv("PREMIA__JOURNAL__PATH", "other.db")
    monkeypatch.setenv("PREMIA_CONFIG", str(folder / "premia.toml"))

    assert json_of("status")["status"]["account"] == "DU1"


def test_a_broken_configuration_names_the_line(folder):
    (folder / "premia.toml").write_text("[journal\n", encoding="utf-8")

    result = premia("status")

    assert result.exit_code == Code.USAGE
    assert "premia.toml" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("value", ["7", '""'])
def test_a_journal_path_that_is_no_text_is_refused(folder, value):
    (folder / "premia.toml").write_text(f"[journal]\npath = {value}\n", encoding="utf-8")

    result = premia("status")

    assert result.exit_code == Code.USAGE
    assert "journal.path" in result.stderr


def test_a_damaged_journal_is_one_clear_error(folder):
    (folder / "wheel.db").write_bytes(b"no journal at all" * 100)

    result = premia("status")

    assert result.exit_code == Code.FAILED
    assert "is damaged or no journal" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("folder")
def test_an_unknown_verb_names_the_nearest():
    result = premia("statsu")

    assert result.exit_code == Code.USAGE
    assert "There is no verb 'statsu'. Did you mean `premia status`?" in result.output


@pytest.mark.usefixtures("folder")
def test_what_shows_one_pass_goes_with_once_and_confirm_wants_a_terminal():
    assert "--work goes with `premia run --once`" in premia("run", "--work").output
    assert premia("run", "--json").exit_code == Code.USAGE
    assert "--confirm asks on a terminal" in premia("run", "--once", "--confirm").output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 2),
        (NotConnected("x"), 3),
        (RequestTimedOut("x"), 3),
        (RequestRefused(200, "x"), 3),
        (NotAllowed("x"), 4),
        (JournalHeld("x"), 5),
        (JournalError("x"), 1),
        (SchemaTooNew("x"), 1),
        (InvariantViolated("x"), 1),
    ],
)
def test_every_error_has_its_exit_code(error, code):
    assert code_of(error) == code


def test_every_exit_code_says_what_it_means():
    assert set(exits.MEANINGS) == set(Code)


# Writing a configuration.


@pytest.mark.usefixtures("folder")
def test_init_writes_a_configuration_that_is_sound():
    wanted = ["--capital", "100,000", "--account", "DU7654321", "--symbols", "spy, qqq", "my.toml"]

    result = premia("init", *wanted)
    checked = premia("config", "check", "-c", "my.toml")

    assert result.exit_code == 0, result.output
    assert "for 100,000 USD, trading SPY, QQQ" in result.stdout
    assert (checked.exit_code, "my.toml is sound: account DU7654321" in checked.stdout) == (0, True)


def test_init_replaces_a_file_only_when_forced(folder):
    before = (folder / "premia.toml").read_text()

    refused_ = premia("init", "--capital", "25000")
    assert (refused_.exit_code, (folder / "premia.toml").read_text()) == (Code.USAGE, before)
    assert "--force replaces it" in refused_.stderr

    assert premia("init", "--capital", "25000", "--force").exit_code == 0
    assert (folder / "premia.toml").read_text() != before


@pytest.mark.parametrize("capital", ["25k", "-5", "0", "nan", ""])
def test_init_wants_an_amount_above_zero(folder, capital):
    result = premia("init", "--capital", capital, "new.toml")

    assert result.exit_code == Code.USAGE
    assert not (folder / "new.toml").exists()


def test_config_check_shows_every_problem_at_once(folder):
    (folder / "premia.toml").write_text('[account]\nnumber = 7\nkind = "ira"\nkinds = 1\n', encoding="utf-8")

    result = premia("config", "check")

    assert result.exit_code == Code.USAGE
    assert "premia.toml:2" in result.stderr
    assert "premia.toml:4" in result.stderr


def test_config_check_tells_a_program_too(folder):
    premia("init", "--capital", "25000", "--force")
    sound = json_of("config", "check")
    (folder / "premia.toml").write_text('[account]\nnumber = 7\nkind = "ira"\nkinds = 1\n', encoding="utf-8")
    broken = premia("config", "check", "--json")

    told = json.loads(broken.stdout)
    assert (sound["ok"], sound["problems"]) == (True, [])
    assert (broken.exit_code, told["ok"]) == (Code.USAGE, False)
    assert [line.partition(": ")[0] for line in told["problems"]] == ["premia.toml:2", "premia.toml:4"]


@pytest.mark.usefixtures("folder")
def test_config_explain_says_where_each_value_comes_from(monkeypatch):
    premia("init", "--capital", "25000", "--force")
    monkeypatch.setenv("PREMIA__BROKER__PORT", "7497")

    rows = {row["key"]: row for row in json_of("config", "explain")["values"]}

    assert (rows["broker.port"]["value"], rows["broker.port"]["origin"]) == ("7497", "PREMIA__BROKER__PORT")
    assert rows["account.kind"]["source"] == "file"
    assert rows["broker.client_id"]["source"] == "default"
    assert "broker.port" in premia("config", "explain").stdout


@pytest.mark.usefixtures("folder")
def test_config_schema_is_json_for_editors():
    schema = json.loads(premia("config", "schema").stdout)

    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "account" in schema["properties"]


# What every verb keeps to.


@pytest.mark.parametrize("verb", cli.VERBS)
def test_a_verb_says_of_itself_what_the_list_says(verb):
    result = premia(verb, "--help")

    assert result.exit_code == 0
    assert " ".join(cli.VERBS[verb].help.split()) in " ".join(result.stdout.split())


def test_a_defect_is_told_as_one_with_the_way_to_its_place(monkeypatch, capsys):
    monkeypatch.setitem(cli.VERBS, "status", cli.Verb("tests.unit.ui.broken", "broken", "It breaks."))

    for shown, variable in ((False, ""), (True, "1")):
        monkeypatch.setenv(cli.TRACEBACK, variable)
        with pytest.raises(SystemExit) as ended:
            cli.main(["status"])
        text = capsys.readouterr().err

        assert ended.value.code == Code.FAILED
        assert "This is a defect in Premia: ZeroDivisionError" in text
        assert ("Traceback" in text) is shown


def test_the_default_journal_is_the_configurations():
    assert JournalTable().path == records.DEFAULT_JOURNAL
