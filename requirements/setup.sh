#!/bin/sh
# Makes .venv from the lock and puts `shipway` on its path. Safe to repeat: does nothing when the lock has not changed.
set -eu
cd "$(dirname "$0")/.."
lock=requirements/all.txt
stamp=.venv/.shipway-setup

sum=$(cat "$lock" pyproject.toml | sha256sum | cut -d' ' -f1)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && exit 0

find_python() {
    for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo "shipway needs Python 3.11 or newer, and none is on the path; on Debian 12: apt-get install python3" >&2
    exit 1
}

python=$(find_python)
if uv --version >/dev/null 2>&1; then
    uv venv -q --clear --python "$python" .venv
    uv=uv
else
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "python3 -m venv does not work here; on Debian 12: apt-get install python3-venv" >&2
        exit 1
    fi
    "$python" -m venv --clear .venv
    .venv/bin/python -m pip install -q --disable-pip-version-check uv
    uv=.venv/bin/uv
fi
echo "installing Shipway and all its extras into .venv (about 1 GB)" >&2
VIRTUAL_ENV=.venv "$uv" pip install -q --require-hashes -r "$lock"
VIRTUAL_ENV=.venv "$uv" pip install -q --no-deps --no-build-isolation -e .
echo "$sum" >"$stamp"
