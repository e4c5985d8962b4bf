#!/bin/sh
# Makes everything that reportgen needs in the checkout: native libraries, .venv, pinned packages.
#   setup.sh        called by make; does nothing where nothing has changed
# Pango (which WeasyPrint draws PDF with) and Python's venv module are installed with apt where that is allowed (root,
# or sudo without a password). Without Pango everything but the PDF works, so that its absence is told and not fatal.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv
LIBRARIES="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

say() { printf 'setup: %s\n' "$*" >&2; }

python_in() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    for name in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && python_in "$name"; then command -v "$name"; return; fi
    done
    say "Python 3.11, 3.12 or 3.13 is needed, and none is on the PATH (set PYTHON=/path/to/python)"
    return 1
}

as_root() { # prints how to become root; fails where that needs a password
    if [ "$(id -u)" = 0 ]; then echo env; return; fi
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then echo "sudo -n"; return; fi
    return 1
}

apt_install() { # packages
    if ! command -v apt-get >/dev/null; then say "needs: $*"; return 1; fi
    if ! root=$(as_root); then say "please run: sudo apt-get install -y $*"; return 1; fi
    say "installing $* ..."
    # shellcheck disable=SC2086
    $root apt-get update -qq >/dev/null && $root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

has_pango() {
    "$1" - <<'PYTHON' 2>/dev/null
import ctypes
for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
    ctypes.CDLL(name)
PYTHON
}

python=$(find_python)
missing=
has_pango "$python" || missing=$LIBRARIES
venv_is_there=yes
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    venv_is_there=
    missing="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv $missing"
fi
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    if ! apt_install $missing; then
        [ -n "$venv_is_there" ] || exit 1
        say "without them no PDF can be written; everything else works"
    fi
fi

stamp=$VENV/.installed
wanted=$(cat pyproject.toml constraints.txt | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then exit 0; fi
[ -x "$VENV/bin/python" ] || { say "making $VENV with $("$python" --version) ..."; "$python" -m venv "$VENV"; }
say "installing the pinned packages (TensorFlow among them: some minutes the first time) ..."
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
printf '%s\n' "$wanted" >"$stamp"
say "done"
