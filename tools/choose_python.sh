#!/bin/sh
# Print the interpreter that Premia is installed with: $PYTHON where it is set, else the newest of
# python3.14 to python3.11 that really runs. A name on the path is not proof: a version manager's shim
# may start nothing, and some distributions leave out the modules that build a virtual environment.

set -u

usable() {
    "$1" -c '
import sys
import ensurepip, venv
sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 14)))
' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    if usable "$PYTHON"; then
        echo "$PYTHON"
        exit 0
    fi
    echo "PYTHON is $PYTHON, which does not run as Python 3.11 to 3.14 with the modules venv and ensurepip." >&2
    echo "Name another one: make PYTHON=/path/to/python3.12 ..." >&2
    exit 1
fi

for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
    if usable "$name"; then
        command -v "$name"
        exit 0
    fi
done

echo "No Python 3.11, 3.12, 3.13 or 3.14 with the modules venv and ensurepip was found on the path." >&2
echo "Install one (Debian and Ubuntu: python3 and python3-venv), or name it: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
