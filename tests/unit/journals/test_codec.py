"""Rows keep what events say, across versions of their shapes."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings

from premia.adapters.journals.codec import SHAPES, Row, Shape, decode, encode, fingerprint
from premia.domain.apply import apply
from premia.domain.book import Book
from premia.domain.errors import JournalError, SchemaTooNew
from premia.domain.events import Connected
from premia.domain.intent import evidence
from tests.events_of_every_kind import any_event, connected, one_of_each


@settings(max_examples=400)
@given(any_event())
def test_decoding_an_encoded_event_gives_the_event(event):
    assert decode(encode(event)) == event


def test_the_samples_hold_every_kind():
    assert {encode(event).kind for event in one_of_each()} == set(SHAPES)


def test_the_fold_of_decoded_events_is_the_fold_of_the_events():
    event = connected()

    assert apply(Book(), decode(encode(event))) == apply(Book(), event)


def test_a_number_that_json_cannot_say_becomes_none_in_evidence():
    refused = next(event for event in one_of_each() if encode(event).kind == "intent_refused")
    unclear = type(refused)(
        at=refused.at,
        cycle="c",
        intent=refused.intent,
        rule="liquidity",
        reason="no delta",
        evidence=evidence(delta=float("nan"), spot=101.5),
    )

    assert decode(encode(unclear)).evidence.facts == {"delta": None, "spot": 101.5}


def test_an_unknown_kind_needs_a_newer_premia():
    with pytest.raises(SchemaTooNew, match=r"kind 'dreamt'.*Upgrade Premia; the journal is untouched"):
        decode(Row("dreamt", 1, b"{}"))


def test_a_newer_version_needs_a_newer_premia():
    row = encode(connected())

    with pytest.raises(SchemaTooNew, match="version 2 of 'connected'; this version of Premia reads up to 1"):
        decode(row._replace(version=2))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"not json",
        b'{"kind":"connected"}',
        b'{"kind":"disconnected","at":"2026-01-15T14:30:00Z","why":"x"}',
        b'{"kind":"connected","at":"yesterday","account":"DU1","client_id":1,"paper":true,"server_version":1}',
    ],
)
def test_a_payload_without_the_shape_of_its_version_is_named(payload):
    with pytest.raises(JournalError, match="kind 'connected', version 1, does not have that shape"):
        decode(Row("connected", 1, payload))


def older(steps: Mapping[int, object]) -> dict[str, Shape]:
    return {"connected": Shape(Connected, version=3, steps=steps)}


def test_an_older_row_climbs_one_version_at_a_time():
    """Version 1 called the account `number`; version 2 had no server version."""
    shapes = older(
        {
            1: lambda fields: {
                **{k: v for k, v in fields.items() if k != "number"},
                "account": fields["number"],
            },
            2: lambda fields: {**fields, "server_version": 0},
        }
    )
    first = b'{"kind":"connected","at":"2026-01-15T14:30:00Z","number":"DU1","client_id":7,"paper":true}'
    second = first.replace(b"number", b"account")

    read = decode(Row("connected", 1, first), shapes)

    assert read == Connected(at=connected().at, account="DU1", client_id=7, paper=True, server_version=0)
    assert decode(Row("connected", 2, second), shapes) == read


def test_a_row_that_an_upcaster_cannot_read_is_named():
    shapes = older({1: lambda fields: {"account": fields["number"]}, 2: dict})

    with pytest.raises(JournalError, match="kind 'connected', version 1"):
        decode(Row("connected", 1, b'{"kind":"connected"}'), shapes)


def test_words_in_a_docstring_are_no_part_of_a_shape():
    class Connected2(Connected, frozen=True, tag="connected"):
        """Other words."""

    Connected2.__name__ = Connected2.__qualname__ = "Connected"

    assert fingerprint(Connected2) == fingerprint(Connected)
