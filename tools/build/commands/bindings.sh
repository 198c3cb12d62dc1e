# shellcheck shell=bash
#: usage: ./build.sh bindings
#:
#: write what wit-bindgen makes of the WIT files, after one of them was changed
#:
#: Writes component/src/bindings.rs and guard/src/bindings.rs. Both are kept in the tree, so that who builds jitney does not
#: compile wit-bindgen. A build fails where they were made of another wit/jitney.wit or guard/guard.wit.

run() {
  command -v cargo >/dev/null || die "cargo was not found. Install Rust with rustup."
  cargo run --quiet --locked -p jitney-bindings
}
