"""What an earlier release wrote, this one reads."""

import json

import pytest

from premia.adapters.journals.codec import SHAPES, decode, encode, fingerprint
from tests.golden.journal import SHAPES_FILE, golden_rows

GOLDEN = golden_rows()


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row.kind)
def test_journals_of_earlier_releases_can_be_read(row):
    event = decode(row)

    again = encode(event)
    assert again.kind == row.kind
    assert again.version > row.version or again.payload == row.payload


def test_the_golden_journal_holds_every_kind():
    assert {row.kind for row in GOLDEN} == set(SHAPES)


def test_a_kind_whose_shape_changed_has_a_new_version():
    """After a release: raise the version, add an upcaster, write new golden files beside the old."""
    known = json.loads(SHAPES_FILE.read_text(encoding="utf-8"))
    now = {kind: [shape.version, fingerprint(shape.event)] for kind, shape in SHAPES.items()}

    assert now == known
