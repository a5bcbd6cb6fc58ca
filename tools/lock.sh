#!/bin/sh
# Writes the four lock files for all supported Pythons and systems: pinned, hashed, without addresses.
# Each is a superset of the one before, with the same versions; so one .venv can hold them all.
set -eu
cd "$(dirname "$0")/.."
uv_version=0.13.9

.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"

# The build backend comes in by the second file: it is locked like everything else.
compile() {
    echo "setuptools>=77" | .venv/bin/uv pip compile pyproject.toml - --quiet --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-header ${UPGRADE:+--upgrade} "$@"
}

compile --output-file requirements.lock
compile --output-file requirements-wechat.lock --constraint requirements.lock --extra wechat
compile --output-file requirements-dev.lock --constraint requirements-wechat.lock \
    --extra wechat --extra postgres --extra dev
compile --output-file requirements-bench.lock --constraint requirements-dev.lock \
    --extra wechat --extra postgres --extra dev --extra bench
grep -c '==' requirements.lock requirements-wechat.lock requirements-dev.lock requirements-bench.lock
