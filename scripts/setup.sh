#!/bin/sh
# Installs everything that reportgen needs in the checkout: native libraries, .venv, pinned packages.
#   setup.sh        called by make; does nothing if nothing has changed
#   setup.sh docs   also installs the extra `docs` of pyproject.toml
# Pango (which WeasyPrint needs to write PDF) and Python's venv module are installed with apt if that is allowed (root,
# or sudo without a password); otherwise the command to run is printed. Without the venv module the setup stops.
# Without Pango everything except the PDF works: each setup run warns about it and goes on; the program then writes the
# other formats and exits with 3.
set -eu
cd "$(dirname "$0")/.."
cd "$(pwd -P)"
VENV=.venv
LIBRARIES="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

say() { printf 'setup: %s\n' "$*" >&2; }

is_supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        if command -v "$PYTHON" >/dev/null && is_supported "$PYTHON"; then command -v "$PYTHON"; return; fi
        say "PYTHON=$PYTHON is not a Python 3.11, 3.12 or 3.13"
        return 1
    fi
    for name in python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && is_supported "$name"; then command -v "$name"; return; fi
    done
    found=$(python3 --version 2>/dev/null || echo "no python3")
    say "Python 3.11, 3.12 or 3.13 is required, and none is on the PATH (found: $found); set PYTHON=/path/to/python"
    return 1
}

has_pango() {
    "$1" - <<'PYTHON' 2>/dev/null
import ctypes
for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
    ctypes.CDLL(name)
PYTHON
}

apt_install() { # packages
    if ! command -v apt-get >/dev/null; then say "install the equivalent of these Debian packages: $*"; return 1; fi
    if [ "$(id -u)" = 0 ]; then sudo=
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo="sudo -n"
    elif command -v sudo >/dev/null; then
        say "please run: sudo apt-get update && sudo apt-get install -y $*"
        return 1
    else
        say "please run, as root: apt-get update && apt-get install -y $*"
        return 1
    fi
    say "installing $* ..."
    $sudo apt-get update -qq >/dev/null || say "apt-get update failed; continuing with the existing package lists"
    # wait for the lock: a new machine may be running its first update
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 \
        install -y -qq --no-install-recommends "$@" >/dev/null
}

wanted="$(cat pyproject.toml constraints.txt | cksum) $PWD"
stamp=$VENV/.installed
installed() { [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && "$VENV/bin/python" -c 'import click' 2>/dev/null; }
usable() { # an environment that is incomplete, has lost its Python, or was moved is recreated
    is_supported "$VENV/bin/python" && "$VENV/bin/pip" --version 2>/dev/null | grep -qF " from $PWD/$VENV/"
}

install() { # extra
    # the variables also pin the build dependencies, which the option does not reach
    PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt "$VENV/bin/python" -m pip install \
        --quiet --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[$1]"
}
add_extra() { # extra, or "" for none
    if [ -n "$1" ] && [ "$(cat "$stamp-$1" 2>/dev/null)" != "$wanted" ]; then
        say "installing the packages for $1 ..."
        install "$1"
        printf '%s\n' "$wanted" >"$stamp-$1"
    fi
}

if installed && [ -f "$VENV/.pango" ]; then
    add_extra "${1:-}"
    exit 0
fi

python=$(find_python)
missing=
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    missing=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
fi
has_pango "$python" || missing="$missing $LIBRARIES"
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    apt_install $missing || "$python" -c 'import venv, ensurepip' 2>/dev/null || exit 1
    has_pango "$python" || say "Pango is missing: no PDF can be written; everything else works"
fi

if ! installed; then
    if ! usable; then
        say "creating $VENV with $("$python" --version) ..."
        "$python" -m venv --clear "$VENV"
    fi
    say "installing the pinned packages (about 800 MB; the first time takes a few minutes) ..."
    install dev
    printf '%s\n' "$wanted" >"$stamp"
    say "done"
fi
if has_pango "$python"; then touch "$VENV/.pango"; else rm -f "$VENV/.pango"; fi
add_extra "${1:-}"
