"""What an instance is given of WASI: the whole of WASI 0.2, and WASI-HTTP or, in its place, functions that refuse.

An instance that was linked with WASI-HTTP but whose store has none makes wasmtime panic at its first request, which
ends the process with every delivery in it.
"""

from collections.abc import Mapping
from typing import NoReturn

from wasmtime import Engine, WasmtimeError
from wasmtime.component import Component as Artifact
from wasmtime.component import ComponentInstanceType, FuncType, Linker, LinkerInstance, ResourceType

#: What names WASI-HTTP's interfaces.
HTTP = "wasi:http/"


def linked(engine: Engine, artifact: Artifact, http: bool) -> Linker:
    """A linker for `artifact`. Without `http`, a request is an error of the call that makes it."""
    linker = Linker(engine)
    linker.add_wasip2()
    if http:
        linker.add_wasi_http()
        return linker
    items = {
        interface: {name: one.ty for name, one in kind.exports(engine).items()}
        for interface, outer in artifact.type.imports(engine).items()
        if isinstance(kind := outer.ty, ComponentInstanceType)
    }
    # An interface names the resources of others that it uses; what defines them is where they come from.
    defined = [
        kind
        for interface, named in items.items() if not interface.startswith(HTTP)
        for kind in named.values() if isinstance(kind, ResourceType)
    ]  # fmt: skip
    for interface, named in items.items():
        if interface.startswith(HTTP):
            with linker.root() as root, root.add_instance(interface) as instance:
                _refuse_all(instance, named, defined)
    return linker


def _refuse_all(instance: LinkerInstance, named: Mapping[str, object], defined: list[ResourceType]) -> None:
    for name, kind in named.items():
        if isinstance(kind, FuncType):
            instance.add_func(name, _refuse)
        elif isinstance(kind, ResourceType) and kind not in defined:
            defined.append(kind)
            instance.add_resource(name, ResourceType.host(len(defined)), _refuse)


def _refuse(*_: object) -> NoReturn:
    raise WasmtimeError("this instance may ask nobody")
