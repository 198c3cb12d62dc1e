"""Sandboxes: both kinds, their names, tags, listings, ends, and the way into their stdin."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from grpclib import GRPCError, Status
from modal_proto import api_pb2 as api
from modal_proto import task_command_router_pb2 as router

from tests.control_plane.state import FakeSandbox, State, identifier


class Sandboxes:
    """The calls about sandboxes. One whose name ends in `V2` is the other's twin, for the newer kind."""

    state: State
    url: str
    #: Makes a token that the client can parse.
    token: Callable[[], str]

    async def SandboxCreateV2(self, request: Any) -> Any:
        sandbox = self._create(request, f"sb-v2-{self.state.number()}")
        for source in request.secret_sources:
            sandbox.environment |= dict(source.env.contents) if source.HasField("env") else {}
        access = api.CommandRouterAccess(jwt=self.token(), url=self.url)
        return api.SandboxCreateV2Response(sandbox_id=sandbox.id, task_id=sandbox.task, command_router_access=access)

    async def SandboxCreate(self, request: Any) -> Any:
        sandbox = self._create(request, identifier("sb", self.state.number()))
        for secret in request.definition.secret_ids:
            sandbox.environment |= self.state.secrets[secret]
        return api.SandboxCreateResponse(sandbox_id=sandbox.id)

    def _create(self, request: Any, new: str) -> FakeSandbox:
        name = request.definition.name
        if any(sandbox.name == name for sandbox in self.state.living()):
            raise GRPCError(Status.ALREADY_EXISTS, f"a sandbox named {name} exists")
        tags = {tag.tag_name: tag.tag_value for tag in request.tags}
        sandbox = FakeSandbox(new, request.app_id, request.definition, tags, time.time(), ready=self.state.boots)
        self.state.sandboxes[new] = sandbox
        return sandbox

    async def SandboxGetTaskId(self, request: Any) -> Any:
        sandbox = self.state.sandbox(request.sandbox_id)
        if not self.state.capacity:
            await asyncio.sleep(0.2)
            return api.SandboxGetTaskIdResponse()
        return api.SandboxGetTaskIdResponse(task_id=sandbox.task)

    async def SandboxGetTaskIdV2(self, request: Any) -> Any:
        return api.SandboxGetTaskIdResponse(task_id=self.state.sandbox(request.sandbox_id).task)

    async def SandboxListV2(self, request: Any) -> Any:
        wanted = {tag.tag_name: tag.tag_value for tag in request.tags}
        living = sorted(self.state.living(), key=lambda sandbox: -sandbox.created)
        shown = [
            api.SandboxInfo(id=sandbox.id, app_id=sandbox.app, name=sandbox.name, created_at=sandbox.created)
            for sandbox in living
            if sandbox.app == request.app_id
            and wanted.items() <= sandbox.tags.items()
            and (not request.before_timestamp or sandbox.created < request.before_timestamp)
        ]
        return api.SandboxListResponse(sandboxes=shown)

    async def SandboxWait(self, request: Any) -> Any:
        sandbox = self.state.sandbox(request.sandbox_id)
        if not sandbox.ended and request.timeout:
            await asyncio.sleep(min(0.1, request.timeout))
        status = api.GenericResult.GENERIC_STATUS_UNSPECIFIED
        if sandbox.ended:
            # A failure is one of the process; only Modal's own end is a termination.
            kinds = {0: api.GenericResult.GENERIC_STATUS_SUCCESS, 137: api.GenericResult.GENERIC_STATUS_TERMINATED}
            status = kinds.get(sandbox.exit, api.GenericResult.GENERIC_STATUS_FAILURE)
        result = api.GenericResult(status=status, exitcode=sandbox.exit)
        return api.SandboxWaitResponse(result=result, metadata=api.SandboxHandleMetadata(app_id=sandbox.app))

    SandboxWaitV2 = SandboxWait

    async def AppFetchLogs(self, request: Any) -> Any:
        said = next(sandbox.output for sandbox in self.state.sandboxes.values() if sandbox.task == request.task_id)
        item = api.TaskLogs(data=said, file_descriptor=api.FILE_DESCRIPTOR_STDOUT)
        return api.AppFetchLogsResponse(batches=[api.TaskLogsBatch(items=[item])])

    async def SandboxTerminate(self, request: Any) -> Any:
        self.state.sandbox(request.sandbox_id).ended = True
        return api.SandboxTerminateResponse()

    SandboxTerminateV2 = SandboxTerminate

    async def SandboxGetFromNameV2(self, request: Any) -> Any:
        for sandbox in self.state.living():
            if sandbox.name == request.sandbox_name:
                return api.SandboxGetFromNameResponse(sandbox_id=sandbox.id)
        raise GRPCError(Status.NOT_FOUND, f"no sandbox named {request.sandbox_name}")

    SandboxGetFromName = SandboxGetFromNameV2

    async def SandboxTagsGet(self, request: Any) -> Any:
        tags = self.state.sandbox(request.sandbox_id).tags.items()
        return api.SandboxTagsGetResponse(tags=[api.SandboxTag(tag_name=n, tag_value=v) for n, v in tags])

    SandboxTagsGetV2 = SandboxTagsGet

    async def SandboxTagsSet(self, request: Any) -> Any:
        sandbox = self.state.sandbox(request.sandbox_id)
        sandbox.tags = {tag.tag_name: tag.tag_value for tag in request.tags}

    SandboxTagsSetV2 = SandboxTagsSet

    async def SandboxStdinWrite(self, request: Any) -> Any:
        sandbox = self._at_work(request.sandbox_id)
        sandbox.stdin += request.input
        sandbox.eof = sandbox.eof or request.eof
        return api.SandboxStdinWriteResponse()

    async def SandboxGetCommandRouterAccess(self, request: Any) -> Any:
        return api.SandboxGetCommandRouterAccessResponse(jwt=self.token(), url=self.url)

    async def TaskGetCommandRouterAccess(self, request: Any) -> Any:
        return api.TaskGetCommandRouterAccessResponse(jwt=self.token(), url=self.url)

    def _at_work(self, sandbox_id: str) -> FakeSandbox:
        sandbox = self.state.sandbox(sandbox_id)
        if sandbox.ended:
            raise GRPCError(Status.NOT_FOUND, "the sandbox is over")
        return sandbox


class Worker:
    """What a sandbox's worker answers: the service `TaskCommandRouter`."""

    state: State

    async def SandboxStdinWriteV2(self, request: Any) -> Any:
        sandbox = self._at_work(request.task_id)
        if request.offset > len(sandbox.stdin):
            raise GRPCError(Status.FAILED_PRECONDITION, "bytes are missing")
        sandbox.stdin = sandbox.stdin[: request.offset] + request.data
        sandbox.eof = sandbox.eof or request.eof
        return router.SandboxStdinWriteV2Response()

    async def SandboxWaitUntilReady(self, request: Any) -> Any:
        sandbox = self._at_work(request.task_id)
        until = time.monotonic() + request.timeout
        while not sandbox.ready and time.monotonic() < until:
            if sandbox.ended:
                raise GRPCError(Status.NOT_FOUND, "the sandbox is over")
            await asyncio.sleep(0.02)
        if not sandbox.ready:
            raise GRPCError(Status.DEADLINE_EXCEEDED, "the sandbox is not ready")
        return router.SandboxWaitUntilReadyTcrResponse(ready_at=time.time())

    def _at_work(self, task: str) -> FakeSandbox:
        sandbox = self.state.sandbox(task)
        if sandbox.ended:
            raise GRPCError(Status.NOT_FOUND, "the sandbox is over")
        return sandbox
