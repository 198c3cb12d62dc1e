#!/bin/sh
# A sandbox that takes a while to boot, then reads its config, from stdin or the environment, and notes when.
sleep "$2"
[ -n "${JIT_CONFIG:-}" ] || read -r JIT_CONFIG
[ -n "$JIT_CONFIG" ] && date +%s.%N >"$1/$JITNEY_SANDBOX"
