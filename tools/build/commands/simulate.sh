# shellcheck shell=bash
#: usage: ./build.sh simulate [--first S] [--seeds N] [--jobs N] [--threads N] [--faults all|none] [--kind NAME]
#:                            [--without FAULT]… [--promise NAME]… [--trace] [--shrink] [--keep-figures|--no-figures]
#:        ./build.sh simulate --table
#:        ./build.sh simulate --capacity JOBS_AN_HOUR [--credentials N]
#:        ./build.sh simulate --promises | --kinds
#:
#: play the real core against a model of GitHub and Modal that fails at random
#:
#: Without options it plays seeds 1 to 1000 with 100 jobs each. docs/reliability.md explains the rest.
#:
#: example:
#:   ./build.sh simulate --seeds 100 --jobs 100

run() {
  command -v cargo >/dev/null || die "cargo was not found. Install Rust with rustup."
  say "building the simulation, which takes a minute or two the first time"
  exec cargo run --quiet --profile simulate --locked -p jitney-simulator -- "$@"
}
