#!/usr/bin/env bash
# GitHub's runner calls this before a job's first step (ACTIONS_RUNNER_HOOK_JOB_STARTED): it marks the start, so that
# the entrypoint stops counting, and lets job_started.py fail a job that may not run here.
: >"${JITNEY_STATE:-/run/jitney}/job-started" || true
exec python3 -I -S "$(dirname "${BASH_SOURCE[0]}")/job_started.py"
