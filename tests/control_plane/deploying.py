"""What `modal deploy`, `App.lookup` and builds of images ask of a control plane."""

import asyncio
import hashlib
from typing import Any

from grpclib import GRPCError, Status
from modal_proto import api_pb2 as api

from tests.control_plane.state import State, identifier

BUILDER = "2025.06"


class Deploying:
    """The calls about apps, functions, images and mounts."""

    state: State

    async def EnvironmentGetOrCreate(self, request: Any) -> Any:
        settings = api.EnvironmentSettings(image_builder_version=BUILDER)
        metadata = api.EnvironmentMetadata(name="main", settings=settings)
        return api.EnvironmentGetOrCreateResponse(environment_id="en-1", metadata=metadata)

    async def AppGetByDeploymentName(self, request: Any) -> Any:
        return api.AppGetByDeploymentNameResponse(app_id=self.state.apps.get(request.name, ""))

    async def AppCreate(self, request: Any) -> Any:
        return api.AppCreateResponse(app_id=self._new("ap"), app_page_url="http://modal.example/app")

    async def AppGetOrCreate(self, request: Any) -> Any:
        app = self.state.apps.get(request.app_name)
        if app is None and request.object_creation_type != api.OBJECT_CREATION_TYPE_CREATE_IF_MISSING:
            raise GRPCError(Status.NOT_FOUND, f"no app is named {request.app_name}")
        app = self.state.apps.setdefault(request.app_name, app or self._new("ap"))
        return api.AppGetOrCreateResponse(app_id=app)

    async def AppGetLayout(self, request: Any) -> Any:
        functions = {name: self._id("fu", name) for name in self.state.functions}
        return api.AppGetLayoutResponse(app_layout=api.AppLayout(function_ids=functions))

    async def AppHeartbeat(self, request: Any) -> None:
        return None

    async def AppClientDisconnect(self, request: Any) -> None:
        self.state.left.add(request.app_id)

    async def AppStop(self, request: Any) -> None:
        """Its sandboxes end with it."""
        self.state.apps = {name: app for name, app in self.state.apps.items() if app != request.app_id}
        for sandbox in self.state.living():
            sandbox.ended = sandbox.ended or sandbox.app == request.app_id

    async def AppPublish(self, request: Any) -> Any:
        self.state.apps[request.name] = request.app_id
        await asyncio.to_thread(self.state.deployed)
        return api.AppPublishResponse(url="http://modal.example/app", deployed_at=1.0)

    async def FunctionPrecreate(self, request: Any) -> Any:
        name = request.function_name
        web = {method: self._url(definition) for method, definition in request.method_definitions.items()}
        metadata = api.FunctionHandleMetadata(function_name=name, function_type=request.function_type)
        for method, url in web.items():
            metadata.method_handle_metadata[method].web_url = url
            metadata.method_handle_metadata[method].use_method_name = method
        return api.FunctionPrecreateResponse(function_id=self._id("fu", name), handle_metadata=metadata)

    async def FunctionCreate(self, request: Any) -> Any:
        ranked = request.function_data.ranked_functions
        function = ranked[0].function if ranked else request.function
        data = request.function_data if ranked else api.FunctionData()
        name = data.function_name or function.function_name
        self.state.functions[name] = request
        definitions = data.method_definitions or function.method_definitions
        metadata = api.FunctionHandleMetadata(function_name=name, function_type=data.function_type)
        for method, definition in definitions.items():
            metadata.method_handle_metadata[method].web_url = self._url(definition)
            metadata.method_handle_metadata[method].use_method_name = method
        answer = api.FunctionCreateResponse(
            function_id=self._id("fu", name), handle_metadata=metadata, function=function
        )
        self.state.handles[name] = metadata
        answer.function_data.CopyFrom(data)
        if not ranked:
            answer.function_data.ranked_functions.add(rank=0, function=function)
        for method, definition in definitions.items():
            answer.function.method_definitions[method].web_url = self._url(definition)
            answer.function_data.method_definitions[method].web_url = self._url(definition)
        return answer

    async def ClassCreate(self, request: Any) -> Any:
        self.state.classes[request.app_id] = request
        return api.ClassCreateResponse(class_id=self._new("cs"), handle_metadata=api.ClassHandleMetadata())

    async def MountGetOrCreate(self, request: Any) -> Any:
        mount = self._new("mo")
        self.state.mounts[mount] = request
        metadata = api.MountHandleMetadata(content_checksum_sha256_hex="0" * 64)
        return api.MountGetOrCreateResponse(mount_id=mount, handle_metadata=metadata)

    async def MountBatchedCheckExistence(self, request: Any) -> Any:
        missing = [digest for digest in request.sha256_hex_hashes if digest not in self.state.files]
        return api.MountBatchedCheckExistenceResponse(missing_sha256_hex_hashes=missing)

    async def MountPutFile(self, request: Any) -> Any:
        self.state.files[request.sha256_hex] = request.data
        return api.MountPutFileResponse(exists=True)

    async def ImageGetOrCreate(self, request: Any) -> Any:
        """The same recipe is the same image, as layers are cached."""
        image = self._id("im", hashlib.sha256(request.image.SerializeToString(deterministic=True)).hexdigest())
        self.state.images[image] = request.image
        done = api.GenericResult(status=api.GenericResult.GENERIC_STATUS_SUCCESS)
        about = api.ImageMetadata(image_builder_version=BUILDER)
        return api.ImageGetOrCreateResponse(image_id=image, result=done, metadata=about)

    def recipe(self) -> str:
        """All commands of all images."""
        return "\n".join(line for image in self.state.images.values() for line in image.dockerfile_commands)

    def _new(self, prefix: str) -> str:
        return identifier(prefix, self.state.number())

    @staticmethod
    def _id(prefix: str, name: str) -> str:
        return identifier(prefix, int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big"))

    @staticmethod
    def _url(definition: Any) -> str:
        suffix = definition.webhook_config.requested_suffix
        return f"https://test--{suffix}.modal.example" if suffix else ""
