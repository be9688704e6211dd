#!/bin/sh
# Build the virtual environment named by the first argument: every package from constraints.txt by
# hash, then Premia itself, editable, with no further download.

set -eu

venv=$1
requirements=constraints.txt

if [ -x "$venv/bin/python" ] && ! "$venv/bin/python" -c 'import pip' >/dev/null 2>&1; then
    echo "==> $venv has lost its interpreter; building it anew"
    rm -rf "$venv"
fi
if [ ! -x "$venv/bin/python" ]; then
    python=$(sh tools/choose_python.sh)
    echo "==> creating $venv with $("$python" --version) ($python)"
    "$python" -m venv --clear "$venv"
fi

echo "==> installing the packages pinned in $requirements (once; one or two minutes)"
"$venv/bin/python" -m pip install --disable-pip-version-check --quiet --require-hashes -r "$requirements"
echo "==> installing premia from this checkout"
"$venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
