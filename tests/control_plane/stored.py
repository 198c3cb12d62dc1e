"""What outlives containers at Modal under a name: secrets, Dicts, volumes, published images."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

from grpclib import GRPCError, Status
from modal_proto import api_pb2 as api

from tests.control_plane.state import State, identifier

MAKES = {
    api.OBJECT_CREATION_TYPE_CREATE_IF_MISSING, api.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS,
    api.OBJECT_CREATION_TYPE_CREATE_OVERWRITE_IF_EXISTS,
}  # fmt: skip


def stored_id(prefix: str, name: str) -> str:
    """The id of what has this name."""
    return identifier(prefix, int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big"))


class Stored:
    """The calls about them."""

    state: State

    async def SecretGetOrCreate(self, request: Any) -> Any:
        name, secrets = request.deployment_name, self.state.secrets
        if not name:
            new = identifier("st", self.state.number())
            secrets[new] = dict(request.env_dict)
            return api.SecretGetOrCreateResponse(secret_id=new)
        kind = request.object_creation_type
        if kind == api.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS and name in secrets:
            raise GRPCError(Status.ALREADY_EXISTS, f"Secret '{name}' already exists")
        if kind == api.OBJECT_CREATION_TYPE_CREATE_OVERWRITE_IF_EXISTS or (kind in MAKES and name not in secrets):
            secrets[name] = dict(request.env_dict)
        if name not in secrets:
            raise GRPCError(Status.NOT_FOUND, f"Secret '{name}' not found")
        if missing := [key for key in request.required_keys if key not in secrets[name]]:
            raise GRPCError(Status.FAILED_PRECONDITION, f"Secret is missing key(s): {', '.join(missing)}")
        metadata = api.SecretMetadata(name=name, keys=sorted(secrets[name]))
        return api.SecretGetOrCreateResponse(secret_id=stored_id("st", name), metadata=metadata)

    async def SecretUpdate(self, request: Any) -> None:
        self.state.secrets[self._secret(request.secret_id)] |= {one.key: one.value for one in request.updates}

    async def SecretDelete(self, request: Any) -> None:
        del self.state.secrets[self._secret(request.secret_id)]

    def _secret(self, wanted: str) -> str:
        for name in self.state.secrets:
            if stored_id("st", name) == wanted:
                return name
        raise GRPCError(Status.NOT_FOUND, f"no secret {wanted}")

    async def DictGetOrCreate(self, request: Any) -> Any:
        name = request.deployment_name
        if request.object_creation_type in MAKES:
            self.state.named_dicts.add(name)
        elif name not in self.state.named_dicts:
            raise GRPCError(Status.NOT_FOUND, f"no Dict is named {name}")
        return api.DictGetOrCreateResponse(dict_id=stored_id("di", name), metadata=api.DictMetadata(name=name))

    async def DictUpdate(self, request: Any) -> Any:
        self.state.dicts[request.dict_id] |= {update.key: update.value for update in request.updates}
        return api.DictUpdateResponse(created=True)

    async def DictGet(self, request: Any) -> Any:
        value = self.state.dicts[request.dict_id].get(request.key)
        return api.DictGetResponse(found=value is not None, value=value)

    async def DictPop(self, request: Any) -> Any:
        value = self.state.dicts[request.dict_id].pop(request.key, None)
        return api.DictPopResponse(found=value is not None, value=value)

    async def DictContents(self, request: Any) -> AsyncIterator[Any]:
        for key, value in list(self.state.dicts[request.dict_id].items()):
            yield api.DictEntry(key=key if request.keys else b"", value=value if request.values else b"")

    async def DictDelete(self, request: Any) -> None:
        self.state.named_dicts = {n for n in self.state.named_dicts if stored_id("di", n) != request.dict_id}
        self.state.dicts.pop(request.dict_id, None)

    async def VolumeGetOrCreate(self, request: Any) -> Any:
        name = request.deployment_name
        if request.object_creation_type in MAKES:
            self.state.volumes.add(name)
        elif name not in self.state.volumes:
            raise GRPCError(Status.NOT_FOUND, f"no volume is named {name}")
        return api.VolumeGetOrCreateResponse(volume_id=f"vo-{name}", metadata=api.VolumeMetadata(name=name))

    async def VolumeList(self, request: Any) -> Any:
        items = [
            api.VolumeListItem(label=name, volume_id=f"vo-{name}", metadata=api.VolumeMetadata(name=name))
            for name in sorted(self.state.volumes)
        ]
        return api.VolumeListResponse(items=items)

    async def VolumeDelete(self, request: Any) -> None:
        self.state.volumes.discard(request.volume_id.removeprefix("vo-"))

    async def ImagePublish(self, request: Any) -> Any:
        self.state.published[request.tag] = request.image_id
        return api.ImagePublishResponse(image_id=request.image_id)

    async def ImageGetByTag(self, request: Any) -> Any:
        image = self.state.published.get(request.tag)
        if image is None:
            raise GRPCError(Status.NOT_FOUND, f"no image is published as {request.tag}")
        return api.ImageGetByTagResponse(image_id=image)

    async def ImageListTags(self, request: Any) -> Any:
        answer = api.ImageListTagsResponse(environment_name="main")
        for tag, image in sorted(self.state.published.items()):
            if tag.removeprefix("main/").startswith(request.tag_prefix):
                answer.items.add(tag=tag, image_id=image)
        return answer

    async def ImageNameDelete(self, request: Any) -> None:
        if self.state.published.pop(request.tag, None) is None:
            raise GRPCError(Status.NOT_FOUND, f"no image is published as {request.tag}")
