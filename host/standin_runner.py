"""The local launcher's runner where no real one is named: it takes a job of the stand-in GitHub, and ends.

`python -m host.standin_runner` reads its JIT config from standard input, as a sandbox does. A config of the real
GitHub, or any other line, it reads and leaves alone.
"""

import base64
import binascii
import json
import os
import select
import sys
import time
import urllib.request
from urllib.parse import urlsplit

#: Exit statuses of its own, as the sandbox's entrypoint has them.
NO_CONFIG = 64
NO_JOB = 65


def main() -> int:
    """One job, or none."""
    within = float(os.environ.get("JITNEY_HAND_OVER_WITHIN", "120"))
    if not select.select([sys.stdin], [], [], within)[0]:
        return NO_CONFIG
    line = sys.stdin.readline().strip()
    if not line:
        return NO_CONFIG
    server = server_of(line)
    if server is None:
        print(
            "standin-runner: the config is none of the stand-in GitHub's; there is nothing to do",
            file=sys.stderr,
        )
        return 0
    until = time.monotonic() + float(os.environ.get("JITNEY_START_WITHIN", "300"))
    while time.monotonic() < until:
        job = call(server, "/_standin/session", {"config": line})
        if job.get("job"):
            time.sleep(float(job.get("seconds", 0)))
            call(server, "/_standin/complete", {"config": line})
            return 0
        time.sleep(0.1)
    return NO_JOB


def server_of(config: str) -> str | None:
    """The stand-in's URL in a JIT config; None if the config is somebody else's."""
    try:
        files = json.loads(base64.b64decode(config, validate=True))
        server = json.loads(base64.b64decode(files[".runner"]))["serverUrl"]
        address = urlsplit(server)
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None
    return server if address.scheme == "http" and address.hostname == "127.0.0.1" else None


def call(server: str, path: str, body: dict[str, str]) -> dict[str, str]:
    """Posts JSON to the stand-in GitHub."""
    request = urllib.request.Request(server + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        result: dict[str, str] = json.load(answer)
        return result


if __name__ == "__main__":
    sys.exit(main())
