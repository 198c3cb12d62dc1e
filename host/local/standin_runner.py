"""The local launcher's runner where no real one is named: it takes a job of the stand-in GitHub, and ends.

It reads its JIT config from standard input, as a sandbox does. A config of the real GitHub, or any other line, it
reads and leaves alone. Hundreds of it start at once in tests, so it imports little and speaks HTTP by hand.
"""

import base64
import binascii
import json
import os
import select
import socket
import sys
import time

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


def server_of(config: str) -> int | None:
    """The stand-in's port in a JIT config; None if the config is somebody else's."""
    try:
        files = json.loads(base64.b64decode(config, validate=True))
        server = json.loads(base64.b64decode(files[".runner"]))["serverUrl"]
        scheme, _, port = server.rpartition(":")
        return int(port) if scheme == "http://127.0.0.1" else None
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return None


def call(port: int, path: str, body: dict[str, str]) -> dict[str, str]:
    """Posts JSON to the stand-in GitHub."""
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {len(content)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode() + content)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    result: dict[str, str] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return result


if __name__ == "__main__":
    sys.exit(main())
