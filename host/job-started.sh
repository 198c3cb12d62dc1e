#!/usr/bin/env bash
# GitHub's runner calls this before a job's first step (ACTIONS_RUNNER_HOOK_JOB_STARTED): it marks the start, so that
# the entrypoint stops counting. A failure here would fail the job, so there is none.
: >"${JITNEY_STATE:-/run/jitney}/job-started" || true
exit 0
