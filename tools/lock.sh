#!/bin/sh
# Resolve constraints.txt from pyproject.toml for every platform and every supported Python, with the
# hashes of all files, all extras and the build backend (it is in the extra `dev`). The file names no
# package index, so that it installs from whichever one pip is set up with.
# Usage: tools/lock.sh UV [--upgrade]

set -eu

uv=$1
shift
target=constraints.txt

echo "==> uv pip compile: $target"
"$uv" pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@" \
    --output-file "$target" pyproject.toml
echo "==> $(grep -c '==' "$target") packages pinned, with $(grep -c 'sha256' "$target") hashes"
