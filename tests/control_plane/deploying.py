"""What `modal deploy`, `App.lookup`, published images and secrets ask of a control plane."""

import hashlib
from typing import Any

from grpclib import GRPCError, Status
from modal_proto import api_pb2 as api

from tests.control_plane.state import State, identifier

BUILDER = "2025.06"


class Deploying:
    """The calls about apps, functions, images, mounts and secrets."""

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
        app = self.state.apps.setdefault(request.app_name, self._new("ap"))
        return api.AppGetOrCreateResponse(app_id=app)

    async def AppGetLayout(self, request: Any) -> Any:
        functions = {name: self._id("fu", name) for name in self.state.functions}
        return api.AppGetLayoutResponse(app_layout=api.AppLayout(function_ids=functions))

    async def AppHeartbeat(self, request: Any) -> None:
        return None

    async def AppClientDisconnect(self, request: Any) -> None:
        return None

    async def AppPublish(self, request: Any) -> Any:
        self.state.apps[request.name] = request.app_id
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

    async def FunctionBindParams(self, request: Any) -> Any:
        return api.FunctionBindParamsResponse(bound_function_id=request.function_id)

    async def FunctionMap(self, request: Any) -> Any:
        """A call is stored when this returns."""
        call = self._new("fc")
        inputs = [
            api.FunctionPutInputsResponseItem(idx=item.idx, input_id=self._new("in"))
            for item in request.pipelined_inputs
        ]
        self.state.spawned.extend(item.input for item in request.pipelined_inputs)
        return api.FunctionMapResponse(function_call_id=call, pipelined_inputs=inputs)

    async def MountGetOrCreate(self, request: Any) -> Any:
        metadata = api.MountHandleMetadata(content_checksum_sha256_hex="0" * 64)
        return api.MountGetOrCreateResponse(mount_id=self._new("mo"), handle_metadata=metadata)

    async def MountBatchedCheckExistence(self, request: Any) -> Any:
        return api.MountBatchedCheckExistenceResponse()

    async def MountPutFile(self, request: Any) -> Any:
        return api.MountPutFileResponse(exists=True)

    async def DictGetOrCreate(self, request: Any) -> Any:
        return api.DictGetOrCreateResponse(dict_id=self._id("di", request.deployment_name))

    async def DictUpdate(self, request: Any) -> Any:
        self.state.dicts |= {update.key: update.value for update in request.updates}
        return api.DictUpdateResponse(created=True)

    async def DictGet(self, request: Any) -> Any:
        value = self.state.dicts.get(request.key)
        return api.DictGetResponse(found=value is not None, value=value)

    async def SecretGetOrCreate(self, request: Any) -> Any:
        if not request.deployment_name:
            new = self._new("st")
            self.state.secrets[new] = dict(request.env_dict)
            return api.SecretGetOrCreateResponse(secret_id=new)
        secret = self.state.secrets.get(request.deployment_name)
        if secret is None:
            raise GRPCError(Status.NOT_FOUND, f"Secret '{request.deployment_name}' not found")
        if missing := [key for key in request.required_keys if key not in secret]:
            raise GRPCError(Status.FAILED_PRECONDITION, f"Secret is missing key(s): {', '.join(missing)}")
        return api.SecretGetOrCreateResponse(secret_id=self._id("st", request.deployment_name))

    async def ImageGetOrCreate(self, request: Any) -> Any:
        """The same recipe is the same image, as layers are cached."""
        image = self._id("im", hashlib.sha256(request.image.SerializeToString(deterministic=True)).hexdigest())
        self.state.images[image] = request.image
        done = api.GenericResult(status=api.GenericResult.GENERIC_STATUS_SUCCESS)
        return api.ImageGetOrCreateResponse(image_id=image, result=done)

    async def ImagePublish(self, request: Any) -> Any:
        self.state.published[request.tag] = request.image_id
        return api.ImagePublishResponse(image_id=request.image_id)

    async def ImageGetByTag(self, request: Any) -> Any:
        image = self.state.published.get(request.tag)
        if image is None:
            raise GRPCError(Status.NOT_FOUND, f"no image is published as {request.tag}")
        return api.ImageGetByTagResponse(image_id=image)

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
