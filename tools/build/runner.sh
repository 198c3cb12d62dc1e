# shellcheck shell=bash
# What runs in a sandbox: static, for x86_64 Linux, linked by Rust's own linker, so that a machine without a C compiler
# for Linux, such as a Mac, builds it too.

build_runner() {
  local platform=x86_64-unknown-linux-musl flags
  need_rust "$platform"
  step "building the sandbox's binary"
  flags="-Clinker=rust-lld"$'\x1f'"-Clink-self-contained=yes"$'\x1f'"-Ctarget-feature=+crt-static"
  CARGO_ENCODED_RUSTFLAGS="$flags"$'\x1f'"$(remap)" \
    watched cargo build --release --locked -p jitney-runner --target "$platform"
  if ! cmp -s "target/$platform/release/jitney-runner" target/jitney-runner; then
    cp "target/$platform/release/jitney-runner" target/jitney-runner
  fi
}
