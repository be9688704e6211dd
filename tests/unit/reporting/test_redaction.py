"""Secrets are hidden by value and by shape; what is no secret stays readable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.reporting.redaction import HIDDEN, Redactor, secrets_in, shortened

PLAIN = Redactor()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("mailto://me:hunter22secret@example.org?to=you", "hunter22secret"),
        ("could not reach https://user:hunter22secret@host.example/path", "hunter22secret"),
        ("POST https://hooks.example.org/services/T000/B000/hunter22secret failed", "hunter22secret"),
        ("GET https://api.example.org/quotes?apikey=hunter22secret", "hunter22secret"),
        ("tgram://hunter22secret/12345", "hunter22secret"),
        ("postgresql://premia:hunter22secret@db/premia", "hunter22secret"),
        ("password=hunter22secret", "hunter22secret"),
        ("no file https:/me:hunter22secret@host/x", "hunter22secret"),
        ("no file me:hunter22secret@host", "hunter22secret"),
        ('{"api_key": "hunter22secret"}', "hunter22secret"),
        ("Authorization: Bearer hunter22secret", "hunter22secret"),
        ("sent Bearer hunter22secret to it", "hunter22secret"),
        ("IB_PASSWORD: hunter22secret", "hunter22secret"),
        ("the account DU1234567 is read-only", "DU1234567"),
        ("U7654321, F7654321", "7654321"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text, secret):
    assert secret not in PLAIN(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET http://127.0.0.1:9470/metrics",
        "see https://example.org",
        "no answer from 127.0.0.1:4002 within 10 s",
        "-1 SPY 2026-01-16 480 P at 2.05, SPY260116P00480000",
        "wheel/SPY/put/2026-01-15/1: needs 9,600 USD reserved, 8,210 available",
        "cycle 2024-03-11T14:00:00+00:00 ended with 3 orders",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text):
    assert PLAIN(text) == text


def test_an_account_stays_known_to_its_owner():
    assert Redactor(accounts=["DU1234567"])("account DU1234567") == "account DU***567"
    assert shortened("U7654321") == "U***321"


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40), st.text(max_size=20)
)
def test_a_known_secret_is_found_wherever_it_stands(secret, around):
    """In a sentence, in JSON, and as an address writes it."""
    redact = Redactor([secret])

    assert secret not in redact(f"{around}{secret}{around}") or secret in HIDDEN
    assert redact(json.loads(json.dumps({"said": secret}))["said"]) == HIDDEN


def test_the_parts_of_a_known_address_are_secrets_too():
    redact = Redactor(["mailto://me:correct%20horse1@mail.example.org"])

    assert "correct horse1" not in redact("login failed for 'correct horse1'")
    assert "correct%20horse1" not in redact("login failed for correct%20horse1")


def test_variables_with_a_secret_are_known_by_their_name():
    environment = {
        "PREMIA_ALERT_URL": "ntfy://a-topic",
        "IB_PASSWORD": "one two three",
        "HOME": "somewhere",
        "MINE": "chosen by hand",
        "LANG": "C",
        "GIT_AUTHOR_NAME": "Anna Smith",
        "SERVICE_AUTH": "four five six",
    }

    assert secrets_in(environment, ["MINE"]) == [
        "ntfy://a-topic",
        "one two three",
        "chosen by hand",
        "four five six",
    ]


def test_values_of_any_shape_are_made_fit():
    found = Redactor(["abcdefgh"]).value(
        {"token": "x", "list": ["abcdefgh", 3, None, True], "deep": {"error": ValueError("abcdefgh")}}
    )

    assert found == {"token": HIDDEN, "list": [HIDDEN, 3, None, True], "deep": {"error": HIDDEN}}
