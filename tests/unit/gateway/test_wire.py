"""Frames and fields survive the wire, however the network cuts it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.gateway.wire import Cursor, FrameReader, ProtocolError, fields_of, frame

TEXTS = st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=20)
MESSAGES = st.lists(st.lists(TEXTS, min_size=1, max_size=8), min_size=1, max_size=6)


@given(MESSAGES, st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_frames_come_out_as_they_went_in_however_they_are_cut(messages, cuts):
    stream = b"".join(frame(*fields) for fields in messages)
    reader, received, at = FrameReader(), [], 0
    for cut in [*cuts, len(stream)]:
        received += [fields_of(body) for body in reader.feed(stream[at : at + cut])]
        at += cut

    assert received == messages


@given(st.text(max_size=30))
def test_any_text_becomes_ascii_that_a_client_can_undo(text):
    [body] = FrameReader().feed(frame(text))

    [field] = fields_of(body)

    assert field.isascii()
    if text.isascii() and "\0" not in text:
        assert field == text


def test_every_field_is_ended_by_a_nul_and_the_length_counts_them():
    values = [1, "a", None, *(True, False), 1.5, Decimal("1E+2")]

    assert frame(*values) == b"\0\0\0\x111\0a\0\x001\x000\x001.5\x00100\0"


def test_a_length_beyond_any_message_is_an_error():
    with pytest.raises(ProtocolError, match="does not speak"):
        list(FrameReader().feed(b"\xff\xff\xff\xff"))


def test_empty_fields_take_what_stands_for_them_and_unset_ones_too():
    cursor = Cursor(["", "", "2147483647", "1.7976931348623157E308", "0", "1", "x"])

    assert cursor.integer(7) == 7
    assert cursor.number() is None
    assert cursor.integer() == 0
    assert cursor.number(Decimal(3)) == 3
    assert (cursor.flag(), cursor.flag()) == (False, True)
    assert cursor.text() == "x"
    with pytest.raises(ProtocolError, match="ends after 7 fields"):
        cursor.text()


@pytest.mark.parametrize("read", [Cursor.integer, Cursor.number])
def test_a_word_where_a_number_belongs_is_named(read):
    with pytest.raises(ProtocolError, match="'SPY'"):
        read(Cursor(["SPY"]))
