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
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$list" ||
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

# Everything that `jitney` needs.
build() {
  mkdir -p .tools target
  touch target/.building
  . tools/build/component.sh
  build_component
  . tools/build/runner.sh
  build_runner
  need_python host
  .venv/bin/python tools/sbom.py target/jitney.wasm target/jitney.cdx.json wasm32-wasip2 jitney-component jitney-guard
  .venv/bin/python tools/sbom.py target/jitney-runner target/jitney-runner.cdx.json x86_64-unknown-linux-musl jitney-runner
  finish_build
}

# What is needed beside the two artifacts, and the mark that says that all of it is there.
finish_build() {
  need_python host
  ln -sf ../../jitney .venv/bin/jitney
  .venv/bin/python -m host precompile >&2
  mv target/.building target/.built
}

# Whether there is a build that is newer than all that it is made of. Asks neither cargo nor pip, which take seconds.
is_built() {
  [ -f target/.built ] && [ -f target/jitney.wasm ] && [ -f target/jitney-runner ] && [ -x .venv/bin/python ] &&
    [ -z "$(find Cargo.toml Cargo.lock wit src operator component guard runner requirements/host.txt \
      tools/compose tools/sbom.py tools/build/*.sh -newer target/.built | head -n 1)" ]
}
