"""Play seeds from the command line.

python -m tests.simulation 42            one seed: its story, its problems, its digest
python -m tests.simulation 1-300 -j 2    many seeds: a line for each that fails, and a summary
"""

from __future__ import annotations

import sys

from tests.simulation.campaign import main

sys.exit(main(sys.argv[1:]))
