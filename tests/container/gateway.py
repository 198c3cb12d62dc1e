"""The web in front of the container: what Modal's gateway makes of an HTTP request, and of what comes back."""

import json
from typing import Any

from modal._serialization import _serialize_asgi, serialize
from modal_proto import api_pb2 as api

from tests import canaries
from tests.container.deployed import Deployed
from tests.container.running import PATIENCE
from tests.control_plane.calls import Call
from tests.control_plane.state import identifier
from tests.processes import SECRET, eventually
from tests.standin import payload, sign

LABELS = ["self-hosted", "modal"]


class Gateway:
    """Calls of the app's functions: `send` and `call` store one, `answer` and `returned` wait for its end."""

    def __init__(self, deployed: Deployed) -> None:
        self._plane, self._deployed = deployed.plane, deployed

    def call(self, function: str, *arguments: Any, method: str = "") -> Call:
        """A call as `spawn`, a schedule or `modal run` makes it."""
        sent = api.FunctionInput(
            args=serialize((arguments, {})), data_format=api.DATA_FORMAT_PICKLE, method_name=method
        )
        return self._store(function, sent)

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Call:
        """A request. Its body comes in two messages."""
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "https", "path": path,
            "query_string": b"", "client": ("192.0.2.1", 443),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        half = len(body) // 2
        parts = [{"body": body[:half], "more_body": True}, {"body": body[half:], "more_body": False}]
        into = [_serialize_asgi({"type": "http.request"} | part).SerializeToString() for part in parts]
        # The scope comes pickled: as ASGI it would be read as a dict, and a call's arguments are a pair.
        sent = api.FunctionInput(
            args=serialize(((scope,), {})), data_format=api.DATA_FORMAT_PICKLE, method_name="webhook"
        )
        return self._store("Jitney.*", sent, into)

    def deliver(self, job: int, secret: str = SECRET, action: str = "queued", **changes: Any) -> Call:
        """The delivery of a job of octo/demo that is queued, or of another action."""
        about = {"id": job, "repository": "octo/demo", "labels": LABELS} | changes
        told = payload(f"workflow_job.{action}", **about)
        body = json.dumps(told).encode()
        return self.send(
            "POST", "/", body, content_type="application/json", x_github_event="workflow_job",
            x_github_delivery=f"00000000-0000-0000-0000-{job:012}", x_hub_signature_256=sign(secret, body),
        )  # fmt: skip

    def _store(self, function: str, sent: Any, into: list[bytes] | None = None) -> Call:
        state = self._plane.state
        new = [identifier(prefix, state.number()) for prefix in ("fc", "in")]
        call = Call(self._deployed.function_id(function), sent, new[0], new[1], into or [])
        state.calls.append(call)
        return call

    def answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of the answer to a request."""
        result = eventually(lambda: call.result, PATIENCE)
        assert result.status == api.GenericResult.GENERIC_STATUS_SUCCESS, result.exception + result.traceback
        messages = [api.Asgi.FromString(part) for part in call.out]
        status = messages[0].http_response_start.status
        body = b"".join(message.http_response_body.body for message in messages[1:]).decode()
        canaries.assert_none_in(body, "an answer")
        return status, json.loads(body)

    def returned(self, call: Call) -> Any:
        """The result of another call, however it ended."""
        return eventually(lambda: call.result, PATIENCE)
