"""What is deployed fits the program: the unit, the image and the compose file say what the daemon does."""

import configparser
import re
import shlex

import pytest
import yaml

from premia.adapters.ib.assemble import REAL_TIME
from premia.bootstrap.hearing import _LAST_WORDS_S
from premia.bootstrap.settings import file_model
from premia.bootstrap.unattended import GRACE_S
from premia.config.load import PREFIX
from premia.ui.cli import VERBS
from premia.ui.exits import Code
from tests.architecture.source import ROOT
from tests.house.test_commands_in_docs import flags_of

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def unit_of(name):
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str
    assert unit.read(DEPLOY / name, encoding="utf-8")
    return unit


@pytest.fixture
def service():
    return dict(unit_of("premia.service")["Service"])


def test_the_unit_starts_a_command_that_exists(service):
    program, verb, *rest = shlex.split(service["ExecStart"])

    assert program.endswith("/premia")
    assert verb in VERBS
    assert {word for word in rest if word.startswith("--")} <= flags_of(verb)


def test_the_unit_waits_for_the_word_and_the_signs_that_the_daemon_gives(service):
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > file_model().model_fields["health"].default.silent_s
    assert int(service["WatchdogSec"]) > REAL_TIME.heartbeat.quiet_s + REAL_TIME.heartbeat.answer_s
    assert int(service["TimeoutStopSec"]) > GRACE_S + _LAST_WORDS_S
    assert GRACE_S + _LAST_WORDS_S < 10


def test_what_a_restart_does_not_mend_is_not_started_again(service):
    given_up = {int(code) for code in service["RestartPreventExitStatus"].split()}

    assert service["Restart"] == "on-failure"
    assert given_up == {Code.USAGE, Code.REFUSED, Code.HELD}
    assert Code.FAILED not in given_up


def test_a_service_that_has_failed_for_good_is_told(service):
    """The unit that tells it runs a command that exists, as the same user, with the same addresses."""
    named = unit_of("premia.service")["Unit"]["OnFailure"]
    telling = dict(unit_of(named)["Service"])
    _, verb, below, *rest = shlex.split(telling["ExecStart"])

    assert (verb, below) == ("alerts", "send")
    assert {word for word in rest if word.startswith("--")} <= flags_of(verb)
    assert rest[-1] == shlex.split(service["ExecStart"])[-1]
    for key in ("User", "EnvironmentFile", "WorkingDirectory"):
        assert telling[key] == service[key]


def test_a_reload_is_the_signal_that_has_the_configuration_read_again(service):
    assert service["ExecReload"].endswith("kill -HUP $MAINPID")


def test_the_unit_is_locked_up(service):
    for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID"):
        assert service[key] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["User"] not in ("", "root")
    assert "AF_UNIX" in service["RestrictAddressFamilies"]  # the manager's socket
    assert "AF_INET" in service["RestrictAddressFamilies"]  # the gateway


def test_the_configuration_lies_where_the_journal_may_be_written(service):
    """Journal and kill file lie beside the configuration, and nothing but the state folder can be written."""
    config = shlex.split(service["ExecStart"])[-1]

    assert config.startswith(f"/var/lib/{service['StateDirectory']}/")
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"


def test_compose_runs_premia_locked_up_beside_a_gateway_that_the_user_names():
    premia, gateway = COMPOSE["services"]["premia"], COMPOSE["services"]["gateway"]

    assert gateway["image"].startswith("${GATEWAY_IMAGE:?")
    assert premia["read_only"] is True
    assert premia["user"].split(":")[0] not in ("0", "root")
    assert premia["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in premia["security_opt"]
    assert not any("ports" in one or one.get("privileged") for one in COMPOSE["services"].values())
    assert int(premia["stop_grace_period"].removesuffix("s")) > GRACE_S + _LAST_WORDS_S


def test_variables_of_compose_are_keys_of_the_configuration():
    fields = file_model().model_fields
    for name in COMPOSE["services"]["premia"]["environment"]:
        table, key = name.removeprefix(PREFIX).lower().split("__")
        assert key in fields[table].annotation.model_fields


def test_the_container_is_asked_whether_it_lives_where_it_answers():
    premia = COMPOSE["services"]["premia"]
    port = premia["environment"]["PREMIA__HEALTH__PORT"]

    assert f"127.0.0.1:{port}/livez" in premia["healthcheck"]["test"][-1]


def test_no_secret_stands_in_what_is_deployed():
    for path in DEPLOY.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?i)(passw\w*|token|secret|userid)\s*[=:]\s*\S", text), path.name


def test_the_image_runs_as_the_user_of_compose_with_its_data_in_a_volume():
    assert f"USER {COMPOSE['services']['premia']['user']}" in DOCKERFILE
    assert "data:/data" in COMPOSE["services"]["premia"]["volumes"]
    assert "VOLUME /data" in DOCKERFILE
    assert 'ENTRYPOINT ["premia"]' in DOCKERFILE
    assert 'CMD ["run"]' in DOCKERFILE


def test_what_the_build_needs_is_let_into_it():
    """Everything that the package's own build names comes through the list of what is left out."""
    let_in = re.findall(r"^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), flags=re.MULTILINE)

    assert set(let_in) >= {"constraints.txt", "pyproject.toml", "README.md", "LICENSE", "src"}
    assert all((ROOT / name).exists() for name in let_in)
