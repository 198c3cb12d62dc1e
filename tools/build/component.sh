# shellcheck shell=bash
# The component and the guard, plugged together into one artifact. Paths of this machine do not enter it: the same
# sources give the same bytes anywhere.

build_component() {
  need_rust
  local flags part
  flags="-Ctarget-feature=+simd128"$'\x1f'"$(remap)"
  # One at a time: together they would share the features of their dependencies, and the guard does without most.
  for part in jitney-component jitney-guard; do
    step "building ${part/jitney-/the }"
    CARGO_ENCODED_RUSTFLAGS="$flags" \
      watched cargo build --release --locked --lib -p "$part" --target wasm32-wasip2
  done
  local made=target/wasm32-wasip2/release
  cargo run --quiet --locked -p jitney-compose -- "$made/jitney_component.wasm" "$made/jitney_guard.wasm" target/composed.wasm
  if ! cmp -s target/composed.wasm target/jitney.wasm; then
    cp target/composed.wasm target/jitney.wasm
  fi
}
