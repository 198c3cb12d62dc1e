#!/usr/bin/env bash
# The sandbox's main process: reads one JIT config from stdin, runs one job, and ends with the runner's exit status.
#
# Its own statuses: 64, no config came in time; 65, no job started in time; 66, Docker did not start.
# It starts the runner's listener itself, because run.sh turns most of the listener's statuses into 0 or a loop.
set -u
umask 077

hand_over_within=${JITNEY_HAND_OVER_WITHIN:-120}
start_within=${JITNEY_START_WITHIN:-300}
docker=${JITNEY_DOCKER:-0}
runner=${JITNEY_RUNNER_HOME:-/opt/actions-runner}
state=${JITNEY_STATE:-/run/jitney}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf 'jitney: %s\n' "$*" >&2; }

mkdir -p "$state"
rm -f "$state/job-started"
: >"$state/reading"
if ! IFS= read -r -t "$hand_over_within" config || [ -z "$config" ]; then
  say "no config came within $hand_over_within s"
  exit 64
fi

if [ "$docker" = 1 ]; then
  dockerd >"$state/dockerd.log" 2>&1 &
  for _ in {1..60}; do
    docker info >/dev/null 2>&1 && break
    sleep 0.5
  done
  if ! docker info >/dev/null 2>&1; then
    say "the Docker daemon did not start"
    exit 66
  fi
fi

[ "$docker" = 1 ] || PATH=$here/no-docker:$PATH
export JITNEY_STATE=$state
export ACTIONS_RUNNER_HOOK_JOB_STARTED=$here/job-started.sh
export ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1
export RUNNER_ALLOW_RUNASROOT=1
unset JITNEY_HAND_OVER_WITHIN JITNEY_START_WITHIN JITNEY_DOCKER JITNEY_RUNNER_HOME
cd "$runner" || exit 1
umask 022

# The config goes to the listener alone, through its environment: an argument would show in a process list.
listen() {
  ACTIONS_RUNNER_INPUT_JITCONFIG=$config "$runner/bin/Runner.Listener" run </dev/null &
  listener=$!
  printf '%s' "$listener" >"$state/listener"
}

# Ends a listener that no job reached. The hook's mark is looked at last, so that a job which started is left alone.
watch_for_job() {
  local waited=0
  while [ "$waited" -lt "$start_within" ]; do
    sleep 1
    [ -e "$state/job-started" ] && return
    waited=$((waited + 1))
  done
  : >"$state/no-job"
  [ -e "$state/job-started" ] && { rm -f "$state/no-job"; return; }
  say "no job started within $start_within s"
  local sign
  for sign in TERM KILL; do
    for _ in {1..20}; do
      kill -"$sign" "$(cat "$state/listener")" 2>/dev/null || return
      sleep 0.5
    done
  done
}

trap 'kill -TERM "$listener" 2>/dev/null' TERM INT

rm -f "$state/no-job"
watch_for_job &
watcher=$!
tries=0
while :; do
  listen
  while :; do
    wait "$listener"
    status=$?
    kill -0 "$listener" 2>/dev/null || break
  done
  [ -e "$state/no-job" ] && { status=65; break; }
  [ -e "$state/job-started" ] && [ "$status" -ne 4 ] && break
  # 2: worth another try; 3 and 4: the runner replaces itself, and says so by a file when it has.
  case "$status" in
    2) tries=$((tries + 1)) ;;
    3 | 4)
      for _ in {1..60}; do
        [ -e update.finished ] && break
        sleep 0.5
      done
      rm -f update.finished
      tries=$((tries + 1))
      ;;
    *) break ;;
  esac
  [ "$tries" -ge 5 ] && break
  sleep "$tries"
done
kill "$watcher" 2>/dev/null
exit "$status"
