#!/bin/bash
# Base images for a machine that no container registry answers: base_image.sh 3.11 [3.6 ...] makes shipway-base:3.11 and so on.
#
# Debian by debootstrap and `docker import`, with this machine's certificates; on top of it a Python of this machine, without
# its packages. Needs root, debootstrap, a Docker Engine, and the interpreters (pyenv's, or `python3.11` on the path).
# Safe to repeat: an image that is there is left alone.
set -euo pipefail

docker=/usr/bin/docker  # Debian's own: another one before it on the path may not fit the engine
[ -x "$docker" ] || docker=docker
export DOCKER_BUILDKIT=0
work=

there() { "$docker" image inspect "$1" >/dev/null 2>&1; }

make_debian() {
    there shipway-base:debian && return
    local suite mirror
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
    echo "making shipway-base:debian ($suite, about a minute)" >&2
    debootstrap --variant=minbase --include=ca-certificates,libssl3,libsqlite3-0,libffi8,libexpat1,libreadline8 \
        "$suite" "$work/root" "$mirror" >"$work/debootstrap.log" || { tail "$work/debootstrap.log" >&2; exit 1; }
    cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/ca-certificates.crt"
    rm -rf "$work/root/var/cache/apt/archives" "$work"/root/var/lib/apt/lists/* "$work"/root/usr/share/{doc,man,locale}/*
    tar -C "$work/root" --numeric-owner --exclude=./proc/* --exclude=./sys/* --exclude=./dev/* -c . |
        "$docker" import --change 'ENV LANG=C.UTF-8' - shipway-base:debian >/dev/null
    rm -rf "$work/root"
}

find_python() {  # 3.11 -> the folder that holds bin/python3.11
    local found
    for found in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*; do
        [ -x "$found/bin/python$1" ] && echo "$found" && return
    done
    "python$1" -c 'import sys; print(sys.base_prefix)' 2>/dev/null && return
    echo "no Python $1 on this machine: install one, such as with pyenv, and run this again" >&2
    exit 1
}

libraries_of() {  # what its own modules need beyond Debian's minimum
    { ldd "$1/bin/python$2"; find "$1/lib/python$2/lib-dynload" -name '*.so' -exec ldd {} +; } 2>/dev/null |
        grep -oE '=> /[^ ]+' | cut -c4- | sort -u | grep -vE '/lib(c|m|X|xcb|tcl|tk|font|free|png|Xft)[^/]*\.so'
}

make_python() {
    there "shipway-base:$1" && return
    local from to=$work/python library
    from=$(find_python "$1")
    echo "making shipway-base:$1 from $from" >&2
    rm -rf "$to" && mkdir -p "$to/usr/local/bin" "$to/usr/local/lib"
    cp -L "$from/bin/python$1" "$to/usr/local/bin/"
    ln -s "python$1" "$to/usr/local/bin/python3"
    ln -s "python$1" "$to/usr/local/bin/python"
    tar -C "$from/lib" -c --exclude='site-packages' --exclude='__pycache__' --exclude='test' --exclude='config-*' \
        --exclude='idlelib' --exclude='tkinter' --exclude='ensurepip' --exclude='lib2to3/tests' "python$1" |
        tar -C "$to/usr/local/lib" -x
    mkdir -p "$to/usr/local/lib/python$1/site-packages"
    for library in $(libraries_of "$from" "$1"); do
        cp -Ln "$library" "$to/usr/local/lib/"
    done
    "$to/usr/local/bin/python$1" -m compileall -q "$to/usr/local/lib/python$1" -s "$to" 2>/dev/null || true
    printf 'FROM shipway-base:debian\nCOPY . /\nRUN ldconfig\nENV PYTHON_VERSION=%s\nCMD ["python3"]\n' \
        "$(LD_LIBRARY_PATH=$from/lib "$from/bin/python$1" -c 'import platform; print(platform.python_version())')" \
        >"$work/Dockerfile"
    "$docker" build -q -f "$work/Dockerfile" -t "shipway-base:$1" "$to" >/dev/null
    "$docker" run --rm --network none "shipway-base:$1" python3 -c 'import ctypes, hashlib, json, ssl, sqlite3, zlib'
}

[ $# -gt 0 ] || { echo "usage: $0 3.11 [3.6 ...]" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make_debian
for version in "$@"; do
    make_python "$version"
done
