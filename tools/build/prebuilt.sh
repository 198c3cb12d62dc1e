# shellcheck shell=bash
# `./build.sh --prebuilt`: the files of a release instead of a build, for machines without Rust. What may be taken is pinned
# in prebuilt.txt beside this, by its checksum.

take_prebuilt() {
  local pins=tools/build/prebuilt.txt at sum file
  at=$(sed -n 's/^from //p' "$pins")
  [ -n "$at" ] || die "There is no release of this version yet, so nothing can be taken. Run ./build.sh, which builds."
  begin_build
  while read -r sum file; do
    say "taking $file from $at"
    curl --fail --silent --show-error --location --proto '=https,file' -o "target/$file.part" "$at/$file" ||
      die "$at/$file could not be fetched. Run ./build.sh, which builds."
    if [ "$(sha256sum "target/$file.part" | cut -d' ' -f1)" != "$sum" ]; then
      rm -f "target/$file.part"
      die "$at/$file does not have the checksum that $pins pins. It was not taken; please report this."
    fi
    mv "target/$file.part" "target/$file"
  done < <(grep -E '^[0-9a-f]{64}  [A-Za-z0-9.-]+$' "$pins")
  chmod +x target/jitney-runner
  finish_build all
}
