"""Run one benchmark by name, or list them.

A benchmark is a module of its own in `benchmarks/`. Its last line reads `NAME: FIGURE (goal GOAL)`,
and it ends with another exit code than 0 where the figure falls short of the goal.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "benchmarks"


def benches() -> dict[str, Path]:
    """The benchmarks by name; modules with a leading underscore support them."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.py")) if not path.stem.startswith("_")}


def summary(path: Path) -> str:
    """First line of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named first; list all of them where none is named."""
    known = benches()
    if not arguments:
        print("Benchmarks (make bench NAME=...):" if known else "There is no benchmark yet.")
        for name, path in known.items():
            print(f"  {name:<12} {summary(path)}")
        return 0
    name, *rest = arguments
    if name not in known:
        print(f"There is no benchmark named {name}. Known: {', '.join(known) or 'none'}.", file=sys.stderr)
        return 2
    print(f"==> benchmark {name}: {summary(known[name])}", flush=True)
    # A benchmark may use the helpers of the tests, which lie beside it in the checkout.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, str(known[name]), *rest], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
