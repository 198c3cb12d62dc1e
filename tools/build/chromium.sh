# shellcheck shell=bash
# Chromium, for the status page's tests, comes in Debian's packages with all that it needs, unpacked here and not
# installed. Where there are none, those tests are skipped and say so.

need_chromium() {
  { command -v chromium || [ -x .tools/bin/chromium ]; } >/dev/null && return
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 0
  say "unpacking Chromium into .tools"
  local at=$PWD/.tools/apt options package
  options=(-qq -o Debug::NoLocking=1 -o "Dir::State::lists=$at/lists" -o "Dir::Cache=$at")
  mkdir -p "$at/lists/partial" "$at/archives/partial" .tools/chromium .tools/bin
  {
    apt-get "${options[@]}" update &&
      apt-get "${options[@]}" install -y --no-install-recommends --download-only chromium fonts-dejavu-core &&
      for package in "$at"/archives/*.deb; do dpkg-deb -x "$package" .tools/chromium; done
  } >.tools/chromium.log 2>&1 || true
  rm -rf "$at"
  [ -x .tools/chromium/usr/lib/chromium/chromium ] || return 0
  local libraries
  libraries=$(find "$PWD/.tools/chromium" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$libraries" \
    "$PWD/.tools/chromium/usr/lib/chromium/chromium" >.tools/bin/chromium
  chmod +x .tools/bin/chromium
}
