# shellcheck shell=bash
# The component and the guard, plugged together into one artifact. Paths of this machine do not enter it: the same
# sources give the same bytes anywhere.

build_component() {
  need_rust
  local flags guard
  flags="-Ctarget-feature=+simd128"$'\x1f'"$(remap)"
  step "building the component"
  # Beside it, in a folder of its own: a build locks its folder, and together the two would share the features of their
  # dependencies, of which the guard does without most. It has the time that the component leaves.
  mkdir -p .tools
  (
    renice -n 5 "$BASHPID" >/dev/null 2>&1 || :
    CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR=target/guard \
      cargo build --quiet --release --locked --lib -p jitney-guard --target wasm32-wasip2 &&
      CARGO_TARGET_DIR=target/guard cargo build --quiet --locked -p jitney-compose
  ) >.tools/guard.log 2>&1 &
  guard=$!
  CARGO_ENCODED_RUSTFLAGS="$flags" \
    watched cargo build --release --locked --lib -p jitney-component --target wasm32-wasip2 || { wait "$guard"; exit 1; }
  step "building the guard"
  wait "$guard" || { cat .tools/guard.log >&2; exit 1; }
  CARGO_TARGET_DIR=target/guard cargo run --quiet --locked -p jitney-compose -- \
    target/wasm32-wasip2/release/jitney_component.wasm \
    target/guard/wasm32-wasip2/release/jitney_guard.wasm target/composed.wasm
  if ! cmp -s target/composed.wasm target/jitney.wasm; then
    cp target/composed.wasm target/jitney.wasm
  fi
}
