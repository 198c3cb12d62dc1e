# shellcheck shell=bash
#: usage: ./build.sh lint
#:
#: run every linter
#:
#: A linter that cannot be installed or reached from here is skipped, and says so.

# promtool comes in Debian's package of Prometheus, unpacked here and not installed.
find_promtool() {
  command -v promtool && return
  if [ ! -x .tools/bin/promtool ] && command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
    mkdir -p .tools/deb .tools/bin
    (cd .tools/deb && apt-get download prometheus) >.tools/promtool.log 2>&1 &&
      dpkg-deb -x .tools/deb/prometheus_*.deb .tools/deb &&
      cp .tools/deb/usr/bin/promtool .tools/bin/promtool
    rm -rf .tools/deb
  fi
  [ -x .tools/bin/promtool ] && printf '%s' "$PWD/.tools/bin/promtool"
}

run() {
  need_rust
  need_python lint
  local failed=0
  check() {
    say "$1"
    shift
    "$@" || failed=1
  }
  check rustfmt cargo fmt --all --check
  check clippy cargo clippy --quiet --locked --workspace --all-targets --features jitney-native/times -- -D warnings
  local part
  for part in jitney-component jitney-guard; do
    check "clippy, $part" cargo clippy --quiet --locked --lib -p "$part" --target wasm32-wasip2 -- -D warnings
  done
  check ruff .venv/bin/ruff check
  check "ruff format" .venv/bin/ruff format --check
  check mypy .venv/bin/mypy
  check shellcheck find . \( -name '.?*' -o -name target \) -prune -o -name '*.sh' \
    -exec .venv/bin/shellcheck .ci/run jitney {} +
  local promtool
  if promtool=$(find_promtool); then
    check "promtool: alert rules" "$promtool" check rules ops/alerts.yml
    check "promtool: their tests" "$promtool" test rules ops/alerts.test.yml
  else
    say "promtool: skipped, it is not here and could not be got"
  fi
  check "the workflow files' schema" .venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows \
    .github/workflows/*.yml
  if command -v actionlint >/dev/null; then
    check actionlint actionlint
  else
    say "actionlint: skipped, it is not here"
  fi
  check cargo-deny .venv/bin/cargo-deny --locked check --hide-inclusion-graph bans licenses sources
  if ! .venv/bin/cargo-deny --log-level error check advisories 2>.tools/advisories.log; then
    if grep -q 'failed to fetch advisory database' .tools/advisories.log; then
      say "cargo-deny advisories: skipped, the advisory database cannot be reached from here"
    else
      cat .tools/advisories.log >&2
      failed=1
    fi
  fi
  if ! .venv/bin/pip-audit --disable-pip --require-hashes --progress-spinner off -r requirements/webhook.txt \
    >.tools/pip-audit.log 2>&1; then
    if grep -qiE 'connection|timed out|max retries|resolve|certificate|proxy|HTTPError|ServiceError' .tools/pip-audit.log; then
      say "pip-audit: skipped, the advisory service cannot be reached from here"
    else
      cat .tools/pip-audit.log >&2
      failed=1
    fi
  fi
  return "$failed"
}
