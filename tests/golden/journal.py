"""The journal of each release, kept for ever; `python -m tests.golden.journal` writes this release's.

Run it only while the shapes of the running release are still open; a published file is never changed.
"""

import json
from pathlib import Path

from premia.adapters.journals.codec import SHAPES, Row, encode, fingerprint
from tests.events_of_every_kind import one_of_each

HERE = Path(__file__).parent
RELEASE = "0.1"
SHAPES_FILE = HERE / f"shapes-{RELEASE}.json"


def golden_rows() -> list[Row]:
    """Rows of all releases, oldest first."""
    return [
        Row(kind, version, json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode())
        for file in sorted(HERE.glob("journal-*.jsonl"))
        for kind, version, payload in map(json.loads, file.read_text(encoding="utf-8").splitlines())
    ]


def write() -> None:
    """Write this release's rows and the fingerprints of its shapes."""
    rows = [encode(event) for event in one_of_each()]
    lines = [f'["{row.kind}",{row.version},{row.payload.decode()}]' for row in rows]
    (HERE / f"journal-{RELEASE}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    known = {kind: [shape.version, fingerprint(shape.event)] for kind, shape in SHAPES.items()}
    SHAPES_FILE.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
