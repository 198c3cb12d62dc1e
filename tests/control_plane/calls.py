"""Calls of functions: how they are stored, and what a container asks for to answer them.

At Modal each container speaks to the control plane through its own worker; here each has a port of its own, so that
what a container says is known to be that container's.
"""

import asyncio
import pickle
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from modal_proto import api_pb2 as api

from tests.control_plane.state import State, identifier

#: Seconds for which a container's question for its next input is held, before it has to ask again.
POLL = 5.0
TICK = 0.02


@dataclass
class Call:
    """A call of a function: one input, and all that came back."""

    function: str
    input: Any
    id: str
    input_id: str
    #: The messages into a web request, and those out of it.
    into: list[bytes] = field(default_factory=list)
    out: list[bytes] = field(default_factory=list)
    #: The task that is at it.
    task: str | None = None
    tries: int = 0
    result: Any = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def web(self) -> bool:
        """Whether it is a request from outside, which nobody asks again."""
        return bool(self.into)

    def arguments(self) -> tuple[Any, ...]:
        """The arguments, where the client pickled them."""
        found: tuple[Any, ...] = pickle.loads(self.input.args)[0]
        return found


@dataclass
class Task:
    """A container, as the control plane knows it."""

    id: str
    function: str
    #: Whether it is to end once it has answered what it is at.
    stopping: bool = False
    #: Whether it was told to go at once, and is given nothing any more.
    leaving: bool = False
    #: Seconds without a call after which it is to end; None if it stays until it is told to go.
    window: float | None = None
    idle_since: float | None = None
    #: The memory snapshots that it was ready for, and what it reported as its own failure.
    checkpoints: list[str] = field(default_factory=list)
    failures: list[Any] = field(default_factory=list)

    def is_over(self, calls: list[Call]) -> bool:
        """Whether it had no call for as long as its window is."""
        now = time.monotonic()
        if any(call.task == self.id and call.result is None for call in calls):
            self.idle_since = None
        elif self.idle_since is None:
            self.idle_since = now
        return self.window is not None and self.idle_since is not None and now - self.idle_since >= self.window


class Calls:
    """What a client says to have a function called."""

    state: State

    async def FunctionMap(self, request: Any) -> Any:
        """A call is stored when this returns."""
        call = identifier("fc", self.state.number())
        inputs = []
        for item in request.pipelined_inputs:
            stored = Call(request.function_id, item.input, call, identifier("in", self.state.number()))
            self.state.calls.append(stored)
            inputs.append(api.FunctionPutInputsResponseItem(idx=item.idx, input_id=stored.input_id))
        return api.FunctionMapResponse(function_call_id=call, pipelined_inputs=inputs)

    async def FunctionGetOutputs(self, request: Any) -> Any:
        """The result of a call, once there is one."""
        (call,) = (one for one in self.state.calls if one.id == request.function_call_id)
        try:
            async with asyncio.timeout(request.timeout):
                await call.over.wait()
        except TimeoutError:
            return api.FunctionGetOutputsResponse(num_unfinished_inputs=1)
        output = api.FunctionGetOutputsItem(
            result=call.result, input_id=call.input_id, data_format=api.DATA_FORMAT_PICKLE
        )
        return api.FunctionGetOutputsResponse(outputs=[output])

    async def AppGetLogs(self, request: Any) -> AsyncIterator[Any]:
        """Shows nothing; ends when the app does."""
        for _ in range(round(POLL / TICK)):
            if request.app_id in self.state.left:
                yield api.TaskLogsBatch(app_done=True)
                return
            await asyncio.sleep(TICK)

    async def FunctionBindParams(self, request: Any) -> Any:
        return api.FunctionBindParamsResponse(bound_function_id=request.function_id)


class Container:
    """What only a container asks. `task` is the one that this port is for."""

    state: State
    task: Task

    async def ContainerHello(self, request: Any) -> None:
        return None

    async def ContainerHeartbeat(self, request: Any) -> Any:
        return api.ContainerHeartbeatResponse()

    async def ContainerCheckpoint(self, request: Any) -> None:
        self.task.checkpoints.append(request.checkpoint_id)

    async def TaskResult(self, request: Any) -> None:
        self.task.failures.append(request.result)

    async def FunctionGetInputs(self, request: Any) -> Any:
        """The next call of the container's function; a switch that ends it, where it is to end."""
        for _ in range(round(POLL / TICK)):
            if self.task.stopping or self.task.is_over(self.state.calls):
                kill = api.FunctionGetInputsItem(kill_switch=True)
                return api.FunctionGetInputsResponse(inputs=[kill])
            for call in [] if self.task.leaving else self.state.calls:
                if call.function == self.task.function and call.task is None and call.result is None:
                    call.task = self.task.id
                    item = api.FunctionGetInputsItem(
                        input_id=call.input_id, input=call.input, function_call_id=call.id, retry_count=call.tries
                    )
                    return api.FunctionGetInputsResponse(inputs=[item])
            await asyncio.sleep(TICK)
        return api.FunctionGetInputsResponse()

    async def FunctionPutOutputs(self, request: Any) -> None:
        for item in request.outputs:
            for call in self.state.calls:
                if call.input_id == item.input_id and call.task == self.task.id:
                    call.result = item.result
                    call.over.set()

    async def FunctionCallGetDataIn(self, request: Any) -> AsyncIterator[Any]:
        """The messages of a web request; after them it stays open, as the request does, until the answer is there."""
        (call,) = (one for one in self.state.calls if one.id == request.function_call_id)
        for index, message in enumerate(call.into, 1):
            if index > request.last_index:
                yield api.DataChunk(data_format=api.DATA_FORMAT_ASGI, data=message, index=index)
        await call.over.wait()

    async def FunctionCallPutDataOut(self, request: Any) -> None:
        (call,) = (one for one in self.state.calls if one.id == request.function_call_id)
        call.out.extend(chunk.data for chunk in request.data_chunks)
