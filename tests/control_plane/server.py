"""The fake Modal on a port of this machine, in a thread and an event loop of its own."""

import asyncio
import base64
import inspect
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from grpclib.const import Handler
from grpclib.server import Server, Stream
from modal_proto import api_pb2 as api
from modal_proto.api_grpc import ModalClientBase
from modal_proto.task_command_router_grpc import TaskCommandRouterBase

from tests.control_plane.calls import Calls, Container, Task
from tests.control_plane.deploying import Deploying
from tests.control_plane.sandboxes import Sandboxes, Worker
from tests.control_plane.state import State
from tests.control_plane.stored import Stored

TOKEN_ID = "ak-standin0id"
TOKEN_SECRET = "as-standin0secret0canary"


class Control(Calls, Deploying, Stored, Sandboxes):
    """Every call of `ModalClient` that the client is known to make."""

    def __init__(self, plane: "ControlPlane") -> None:
        self.plane = plane

    @property
    def state(self) -> State:  # type: ignore[override]
        return self.plane.state

    @property
    def url(self) -> str:  # type: ignore[override]
        return self.plane.url

    def token(self) -> str:
        claims = base64.urlsafe_b64encode(json.dumps({"exp": 4_000_000_000}).encode()).rstrip(b"=").decode()
        return f"e30.{claims}.c2ln"

    async def AuthTokenGet(self, request: Any) -> Any:
        return api.AuthTokenGetResponse(token=self.token())


class Inside(Container, Control):
    """Every call of `ModalClient` that a container of one task is known to make."""

    def __init__(self, plane: "ControlPlane", task: Task) -> None:
        super().__init__(plane)
        self.task = task


class Tasks(Worker):
    """Every call of `TaskCommandRouter` that the client is known to make."""

    def __init__(self, plane: "ControlPlane") -> None:
        self.plane = plane

    @property
    def state(self) -> State:  # type: ignore[override]
        return self.plane.state


class Service:
    """A gRPC service made of an object's methods; a call that it lacks answers UNIMPLEMENTED."""

    def __init__(self, base: type, calls: Any) -> None:
        every: dict[str, Any] = {name: None for name in base.__abstractmethods__}  # type: ignore[attr-defined]
        stub = type("Stub", (base,), every)()
        self._calls = calls
        self._mapping = {
            path: Handler(self._answering(path.rsplit("/", 1)[1]), h.cardinality, h.request_type, h.reply_type)
            for path, h in stub.__mapping__().items()
        }

    def __mapping__(self) -> dict[str, Handler]:
        return self._mapping

    def _answering(self, call: str) -> Callable[[Stream[Any, Any]], Awaitable[None]]:
        method = getattr(self._calls, call, None)

        async def answer(stream: Stream[Any, Any]) -> None:
            request = await stream.recv_message()
            state = self._calls.state
            state.requests.append((call, request))
            if method is None:
                raise GRPCError(Status.UNIMPLEMENTED, call)
            fault = state.faults[call].pop(0) if state.faults[call] else None
            if fault and not fault.after:
                raise GRPCError(fault.status, "a fault")
            if inspect.isasyncgenfunction(method):
                async for part in method(request):
                    await stream.send_message(part)
                return
            reply = await method(request)
            if fault:
                raise GRPCError(fault.status, "a fault")
            await stream.send_message(Empty() if reply is None else reply)

        return answer


class Listening(Server):
    """A server that closes its connections too."""

    def _protocol_factory(self) -> Any:
        protocol = super()._protocol_factory()
        self.protocols = [*getattr(self, "protocols", []), protocol]
        return protocol

    async def listen(self) -> str:
        """Serves on a port of its own, and says where."""
        await self.start("127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        return f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Ends with its connections."""
        self.close()
        for protocol in getattr(self, "protocols", []):
            if getattr(protocol, "connection", None):
                protocol.connection.close()
        await asyncio.sleep(0.1)
        await self.wait_closed()


class ControlPlane:
    """A context manager. `state` is all that it knows; `reset` forgets it."""

    def __init__(self) -> None:
        self.state = State()
        self.control = Control(self)
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="control-plane", daemon=True)

    def reset(self) -> None:
        """Forgets everything, deployed apps apart: a client keeps their ids. Files are the same files."""
        self.state = State(apps=self.state.apps, numbers=self.state.numbers, files=self.state.files)

    def inside(self, task: Task) -> str:
        """Where the container of this task finds its worker."""
        return asyncio.run_coroutine_threadsafe(self._inside(task), self._loop).result(10)

    async def _inside(self, task: Task) -> str:
        server = Listening([Service(ModalClientBase, Inside(self, task))])  # type: ignore[list-item]
        self._servers.append(server)
        return await server.listen()

    def environment(self) -> dict[str, str]:
        """What the modal client is told."""
        return {
            "MODAL_SERVER_URL": self.url,
            "MODAL_TOKEN_ID": TOKEN_ID,
            "MODAL_TOKEN_SECRET": TOKEN_SECRET,
            "MODAL_ENVIRONMENT": "main",
            "MODAL_CONFIG_PATH": "/nonexistent/modal.toml",
            "MODAL_IMAGE_BUILDER_VERSION": "2025.06",
            "MODAL_MAX_THROTTLE_WAIT": "0",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        services = [Service(ModalClientBase, self.control), Service(TaskCommandRouterBase, Tasks(self))]
        self._servers = [Listening(services)]  # type: ignore[arg-type]
        self.url = await self._servers[0].listen()

    async def _stop(self) -> None:
        for server in self._servers:
            await server.stop()
