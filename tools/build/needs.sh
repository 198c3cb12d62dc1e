# shellcheck shell=bash
# What the commands of `build.sh` and `jitney` need: Python with its packages, Rust with its targets, a build.

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { say "$*"; exit 1; }

# The path of a Python that is recent enough: the program itself, not what a version manager puts in front of it.
find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    "$name" -c 'import sys; sys.version_info < (3, 11) and sys.exit(1); print(sys.executable)' 2>/dev/null && return
  done
  die "Python 3.11 or newer was not found. Install it."
}

. tools/build/progress.sh

# The venv holds the packages of requirements/$1.txt, and a stamp that says so.
need_python() {
  local list="requirements/$1.txt" stamp=".venv/.installed-$1" sum
  sum=$(cksum "$list")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && return
  if [ ! -x .venv/bin/python ]; then
    local python
    python=$(find_python)
    say "making .venv"
    "$python" -m venv .venv || die "$python cannot make a venv. On Debian, install the package python3-venv."
  fi
  say "installing $list into .venv"
  # Each module is translated when it is first imported, and not all of them now: most are not used by the demo.
  .venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r "$list" ||
    die "The Python packages could not be installed. Is the package index reachable?"
  printf '%s' "$sum" >"$stamp"
}

need_rust() {
  command -v cargo >/dev/null || die "cargo was not found. Install Rust with rustup."
  local platform=${1:-wasm32-wasip2}
  [ -d "$(rustc --print sysroot)/lib/rustlib/$platform" ] && return
  command -v rustup >/dev/null ||
    die "Rust's standard library for $platform is missing, and so is rustup. Install Rust with rustup."
  say "installing Rust's standard library for $platform"
  rustup target add "$platform" ||
    die "rustup could not install $platform. Run 'rustup target add $platform' with a network connection."
}

# Paths of this machine do not enter what is built.
remap() {
  printf '%s' "--remap-path-prefix=$PWD=/jitney"$'\x1f'"--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
}

# Cargo and pip run what others wrote: build scripts, macros, installers. None of that is to see a setting.
forget_settings() {
  local name
  for name in $(sed -nE 's/^    ([A-Z][A-Z_]+): .*/\1/p' src/settings/table.rs) MODAL_TOKEN_ID MODAL_TOKEN_SECRET; do
    unset "$name"
  done
}

# Everything that `./jitney demo` needs, or with `all` everything that any command of `jitney` does: what runs in sandboxes
# at Modal is built only then. The Python packages are installed beside it.
build() {
  local scope=${1:-all}
  begin_build
  STEP=0 STEPS=4
  [ "$scope" = demo ] || STEPS=5
  need_rust
  (
    renice -n 5 "$BASHPID" >/dev/null 2>&1 || :
    need_python host
  ) >.tools/packages.log 2>&1 &
  local packages=$!
  # A build that fails does not leave them behind half installed.
  trap wait EXIT
  . tools/build/component.sh
  build_component
  if [ "$scope" != demo ]; then
    . tools/build/runner.sh
    build_runner
  fi
  step "installing the Python packages"
  wait "$packages" || { cat .tools/packages.log >&2; exit 1; }
  trap - EXIT
  if [ "$scope" != demo ]; then
    .venv/bin/python tools/sbom.py target/jitney.wasm target/jitney.cdx.json wasm32-wasip2 jitney-component jitney-guard
    .venv/bin/python tools/sbom.py target/jitney-runner target/jitney-runner.cdx.json x86_64-unknown-linux-musl jitney-runner
  fi
  finish_build "$scope"
}

# A build is as old as its beginning: what is changed while it runs is not in it. Each has a mark of its own, for two may
# run at once.
begin_build() {
  mkdir -p .tools target
  BEGUN=$(mktemp target/.begun.XXXXXX)
}

# What is needed beside the artifacts, and the mark that says that all of it is there, or all that the demo needs.
finish_build() {
  need_python host
  ln -sf ../../jitney .venv/bin/jitney
  step "translating the component for this machine"
  .venv/bin/python -m host precompile >&2
  [ "$1" = demo ] || cp -p "$BEGUN" target/.built
  mv "$BEGUN" target/.built-demo
  # Those of builds that were broken off: whatever began a day ago runs no longer.
  find target -maxdepth 1 -name '.begun.*' -mtime +0 -exec rm -f {} +
}

# For which part of a build a command of `jitney` waits. The demo and a replay start no sandbox at Modal.
part_for() {
  case "${1:-}" in demo | replay) printf demo ;; *) printf all ;; esac
}

# Whether there is a build, for the demo or of all, that is newer than all that it is made of. Asks neither cargo nor pip,
# which take seconds.
is_built() {
  local mark=target/.built sources=(Cargo.toml Cargo.lock wit src operator component guard requirements/host.txt
    tools/compose tools/sbom.py tools/build/*.sh)
  if [ "$1" = demo ]; then mark=target/.built-demo; else sources+=(runner); fi
  [ -f "$mark" ] && [ -f target/jitney.wasm ] && [ -x .venv/bin/python ] &&
    { [ "$1" = demo ] || [ -f target/jitney-runner ]; } &&
    [ -z "$(find "${sources[@]}" -newer "$mark" | head -n 1)" ]
}
