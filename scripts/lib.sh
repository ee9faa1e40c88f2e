# What scripts/play, scripts/test, scripts/check and scripts/lock share; sourced by bash 3.2 or newer, from any folder.
#
# `prepare run` or `prepare dev` makes `.venv` from the locks and sets `bin` to the folder of its programs. A stamp,
# written last, says what was installed, so a second call costs a few milliseconds and an interrupted one is repaired.

set -eu
set -o pipefail

top=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$top/.venv
stamp=$venv/langgym-stamp
unfinished=$venv/langgym-unfinished
log=$top/.cache/install.log

# A machine's Python and pip settings must not change what is installed; where packages come from (index, proxy,
# certificates) stays the machine's business, and the hashes of the locks decide whether they are the right ones.
unset PYTHONHOME PYTHONPATH PYTHONSTARTUP PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIREMENT PIP_NO_BINARY PIP_ONLY_BINARY \
  PIP_PRE PIP_BUILD_CONSTRAINT PIP_IGNORE_INSTALLED PIP_FORCE_REINSTALL PIP_DRY_RUN PIP_LOG PIP_PYTHON PIP_REPORT \
  PIP_QUIET PIP_VERBOSE
export PIP_CONSTRAINT=/dev/null PIP_USER=0 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1

say() {
  printf 'langgym: %s\n' "$*" >&2
}

die() {
  say "$*"
  exit 1
}

# Exit status of the candidate: 0 fits, 3 wrong version or build, 4 cannot make virtual environments, else no Python.
probe='
import sys, sysconfig
right = (3, 11) <= sys.version_info[:2] < (3, 15) and sys.implementation.name == "cpython"
if not right or sysconfig.get_config_var("Py_GIL_DISABLED") or sys.maxsize < 2**32:
    sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(4)
print("%d.%d.%d" % sys.version_info[:3])
'

# Sets `python` and `version` to the first Python that fits, or says what is missing.
find_python() {
  local candidate status seen_wrong='' seen_bare=''
  if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
  else
    set -- python3.13 python3.12 python3.11 python3.14 python3 python \
      "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[1-4].*/bin/python
  fi
  for candidate in "$@"; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    status=0
    version=$("$candidate" -I -c "$probe" 2>/dev/null) || status=$?
    case $status in
      0) python=$candidate; return 0 ;;
      3) seen_wrong="$seen_wrong $candidate" ;;
      4) seen_bare="$seen_bare $candidate" ;;
    esac
  done
  if [ -n "$seen_bare" ]; then
    say "${seen_bare# } cannot make virtual environments: the module venv or ensurepip is missing."
    die "Install it (on Debian and Ubuntu: the package python3-venv) and run this again."
  fi
  [ -z "${PYTHON:-}" ] || die "PYTHON=$PYTHON is not a 64-bit CPython 3.11, 3.12, 3.13 or 3.14 (with its global lock)."
  [ -z "$seen_wrong" ] || say "Found, but not fitting:$seen_wrong."
  die "LangGym needs a 64-bit CPython 3.11 to 3.14. Install one, or name it: PYTHON=/path/to/python3 $0"
}

# Prints what an installation of kind $1 depends on: the kind, the place, the locks and the project's own file.
fingerprint() {
  local files
  set -- "$1" "$top/requirements-build.lock" "$top/requirements.lock" "$top/requirements-dev.lock" "$top/pyproject.toml"
  files=$(git hash-object --no-filters -- "$2" "$3" "$4" "$5" | tr '\n' ' ')
  printf '%s %s%s\n' "$1" "$files" "$top"
}

# Sets `bin` to the folder of the environment's programs (`Scripts` on Windows).
find_bin() {
  bin=$venv/bin
  [ ! -d "$venv/Scripts" ] || bin=$venv/Scripts
}

is_ready() {
  [ -f "$stamp" ] || return 1
  local have
  have=$(cat "$stamp")
  [ "$have" = "$(fingerprint dev)" ] || [ "$have" = "$(fingerprint "$1")" ] || return 1
  "$bin/python" -c '' 2>/dev/null
}

# Runs a step of the installation with its output in the log; on failure shows the end of the log and gives up.
step() {
  "$@" >>"$log" 2>&1 || fail_step
}

fail_step() {
  [ ! -t 2 ] || printf '\r\033[K' >&2
  tail -n 30 -- "$log" >&2
  die "The installation failed; all that was printed is in $log. Run this again to go on."
}

# Installs lock $1 with pip, counting packages on a terminal.
install_lock() {
  local total=0 count=0 line
  total=$(grep -c '^[A-Za-z0-9]' "$1")
  "$bin/python" -m pip install --progress-bar off --no-build-isolation --no-deps --require-hashes -r "$1" 2>&1 |
    tee -a "$log" |
    while IFS= read -r line; do
      case $line in
        Collecting* | 'Requirement already'*) count=$((count + 1)) ;;
        'Building wheel'* | 'Installing collected'*) count=$total ;;
        *) continue ;;
      esac
      [ ! -t 2 ] || printf '\rlanggym: %s of %s packages \033[K' "$count" "$total" >&2
    done || fail_step
  [ ! -t 2 ] || printf '\r\033[K' >&2
}

# Keeps a usable environment of this place; makes a new one where it is missing, broken, moved or half installed.
make_venv() {
  local moved=''
  [ ! -f "$stamp" ] || [ "$(sed 's/^[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* //' "$stamp")" = "$top" ] || moved=yes
  if [ -z "$moved" ] && [ ! -f "$unfinished" ] && "$bin/python" -I -c "$probe" >/dev/null 2>&1 &&
    "$bin/python" -m pip --version >/dev/null 2>&1; then
    return 0
  fi
  find_python
  say "making .venv with Python $version"
  step "$python" -m venv --clear "$venv"
  find_bin
}

# Makes the environment hold what kind $1 (`run` or `dev`) needs.
prepare() {
  local lock=$top/requirements.lock
  [ "$1" = run ] || lock=$top/requirements-dev.lock
  command -v git >/dev/null 2>&1 || die "git is missing: install it and run this again."
  find_bin
  ! is_ready "$1" || return 0
  mkdir -p -- "$top/.cache"
  : >"$log"
  make_venv
  rm -f -- "$stamp"
  : >"$unfinished"
  say "installing the build tools"
  step "$bin/python" -m pip install --no-deps --require-hashes -r "$top/requirements-build.lock"
  say "installing $(grep -c '^[A-Za-z0-9]' "$lock") packages; the first time this takes a minute or two"
  install_lock "$lock"
  say "installing LangGym"
  step "$bin/python" -m pip install --no-build-isolation --no-deps --no-index -e "$top"
  step "$bin/python" -m pip check
  rm -f -- "$unfinished"
  fingerprint "$1" >"$stamp"
}

# Whether program $1 is there; Debian's games lie in a folder that is not on every path.
has_program() {
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/games/$1" ]
}

# Makes sure of program $1, which a Debian package of the same name brings; where it cannot, says so and goes on.
want_program() {
  ! has_program "$1" || return 0
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    say "installing $1"
    mkdir -p -- "$top/.cache"
    apt-get -q update >>"$log" 2>&1 || true # a source that is out of reach need not be the one that has it
    DEBIAN_FRONTEND=noninteractive apt-get -q -y install "$1" >>"$log" 2>&1 </dev/null || true
    ! has_program "$1" || return 0
    say "installing $1 failed; what was printed is in $log"
  fi
  say "$1 is missing, and the tests that need it will fail: install it (on Debian and Ubuntu: apt-get install $1)"
}
