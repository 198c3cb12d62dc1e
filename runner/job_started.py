"""Fails a job, before its first step, that may not run in this sandbox; exits 0 for any other.

A runner takes any job whose labels it has, so a job that was never admitted may get here: one from a fork's pull
request on a public repository. And a job that was refused for its labels is given a runner only to be told so.
"""

import json
import os
import sys
from typing import Any

FORKED = (
    "this job comes from a fork, and the repository is public, so it may not run on this machine; "
    "the operator's ALLOW_FORKS decides"
)
UNREADABLE = "what started this job cannot be read, so it cannot be told whether it may run on this machine"


def main() -> int:
    """1 with an annotation, or 0."""
    reason = refusal(os.environ)
    if reason is None:
        return 0
    escaped = reason.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::error title=jitney::{escaped}", flush=True)
    return 1


def refusal(environment: Any) -> str | None:
    """Why the job may not run, or None if it may."""
    told = environment.get("JITNEY_REFUSAL")
    if told and environment.get("GITHUB_RUN_ID") == environment.get("JITNEY_REFUSED_RUN"):
        return str(told)
    if environment.get("JITNEY_FORKS") == "allow":
        return None
    try:
        with open(environment["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
            event = json.load(file)
        return FORKED if is_foreign(event) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return UNREADABLE


def is_foreign(event: Any) -> bool:
    """Whether an event is of a fork, on a repository that is not private."""
    heads = []
    if event.get("pull_request") is not None:
        heads.append((event["pull_request"].get("head") or {}).get("repo"))
    if event.get("workflow_run") is not None:
        heads.append(event["workflow_run"].get("head_repository"))
    if not heads or event["repository"].get("private") is True:
        return False
    own = str(event["repository"]["full_name"]).lower()
    return any(head is None or str(head.get("full_name")).lower() != own for head in heads)


if __name__ == "__main__":
    sys.exit(main())
