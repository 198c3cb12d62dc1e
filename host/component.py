"""The component, loaded once, and the instances of it that read deliveries and play courses.

An instance gets fresh memory, a memory limit, a time limit, and its part of the settings: an intake instance
never holds the GitHub credential, a courses instance never holds the webhook secret, and a GitHub App's key is in a
keys instance alone.
"""

import hashlib
import os
import platform
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

from wasmtime import Config, Engine, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component as Artifact
from wasmtime.component import ExportIndex, OptionType, RecordType, Variant, VariantType

from host.linking import linked
from host.values import Signature, call

#: Where `build.sh` leaves the component.
PATH = Path(__file__).resolve().parent.parent / "target" / "jitney.wasm"

MIB = 1 << 20
#: A delivery of 25 MB stands in memory a few times over while it is read.
INTAKE_MEMORY = 192 * MIB
COURSE_MEMORY = 32 * MIB
#: Epochs pass in tenths of a second. A delivery may compute for five seconds; a course, which waits for GitHub
#: between two commands, for five minutes.
EPOCH = 0.1
INTAKE_EPOCHS = 50
COURSE_EPOCHS = 3000

#: All that the component may want of its host: no sockets, no files. WASI-HTTP goes through the guard inside it.
IMPORTS = {
    "jitney:core/replies", "wasi:cli/environment", "wasi:cli/exit", "wasi:cli/stderr", "wasi:cli/stdin",
    "wasi:cli/stdout", "wasi:cli/terminal-input", "wasi:cli/terminal-output", "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin", "wasi:cli/terminal-stdout", "wasi:clocks/monotonic-clock", "wasi:clocks/wall-clock",
    "wasi:http/outgoing-handler", "wasi:http/types", "wasi:io/error", "wasi:io/poll", "wasi:io/streams",
    "wasi:random/random",
}  # fmt: skip

Environment = list[tuple[str, str]]
#: A kind of instance.
Kind = Literal["intake", "courses", "keys"]


def _remember(kind: type, *properties: str) -> None:
    """Types do not change, but wasmtime reads their parts anew at every value: a third of a delivery's time."""
    for name in properties:
        remembered = cached_property(vars(kind)[name].fget)
        remembered.__set_name__(kind, name)
        setattr(kind, name, remembered)


_remember(VariantType, "cases")
_remember(RecordType, "fields")
_remember(OptionType, "payload")


class Loaded:
    """The artifact, ready to make instances of: precompiled where a file says so for these very bytes, this
    wasmtime and this kind of machine, else compiled now. Knows no setting, so a memory snapshot may hold it."""

    def __init__(self, path: Path = PATH, engine: Engine | None = None) -> None:
        wasm = path.read_bytes()
        self.sha256 = hashlib.sha256(wasm).hexdigest()
        self.engine = engine or _engine()
        self.artifact = _deserialized(self.engine, precompiled_path(path, self.sha256)) or Artifact(self.engine, wasm)
        foreign = [name for name in self.artifact.type.imports(self.engine) if name.split("@")[0] not in IMPORTS]
        if foreign:
            raise ImportError(f"{path} wants {', '.join(sorted(foreign))}, which jitney's component does not")


class Component:
    """The loaded artifact, and the settings that its instances are told."""

    def __init__(self, environment: Mapping[str, str], loaded: Loaded | None = None) -> None:
        loaded = loaded or Loaded()
        self.sha256 = loaded.sha256
        self._engine, self._artifact = loaded.engine, loaded.artifact
        self._linkers = {http: linked(self._engine, self._artifact, http) for http in (False, True)}
        self._exports: dict[str, ExportIndex] = {}
        self._signatures: dict[str, Signature] = {}
        self._ticking = threading.Lock()
        self._reckoner: Instance | None = None
        declared = self.declared()
        present = [setting for setting in declared if setting.name in environment]
        self._others = sorted(set(environment) - {setting.name for setting in declared})
        self._told: dict[Kind, Environment] = {
            kind: [(setting.name, environment[setting.name]) for setting in present if getattr(setting, kind)]
            for kind in get_args(Kind)
        }

    def declared(self) -> list[Any]:
        """Every setting that there is: a WIT `setting` each."""
        return list(self.bare().call("settings", "declared"))

    def intake(self) -> "Instance":
        """A fresh instance for one delivery. It has no way out: a request of its is an error."""
        return Instance(self, self._told["intake"], INTAKE_MEMORY, INTAKE_EPOCHS, http=False)

    def courses(self) -> "Instance":
        """A fresh instance for one course."""
        return Instance(self, self._told["courses"], COURSE_MEMORY, COURSE_EPOCHS)

    def house(self) -> "Instance":
        """The instance that rules over all courses: it is told nothing, and has no way out."""
        return Instance(self, [], COURSE_MEMORY, INTAKE_EPOCHS, http=False)

    def keys(self) -> "Instance":
        """A fresh instance that can sign for the GitHub App."""
        return Instance(self, self._told["keys"], COURSE_MEMORY, COURSE_EPOCHS)

    def alarms(self, version: str, built: int) -> list[str]:
        """What is wrong with a runner image of this version, built so many milliseconds after the epoch."""
        return list(self.courses().call("releases", "alarms", version, built))

    def images(self) -> list[str]:
        """The registry images that jobs may run in beside jitney's own."""
        return list(self.courses().call("releases", "images"))

    def sources(self) -> list[Any]:
        """The repositories whose archives go into runner images: a WIT `source` each."""
        return list(self.courses().call("releases", "sources"))

    def archives(self, source: str, listing: str) -> list[Any]:
        """Which archives of a source, a WIT `archive` each, out of what `git ls-remote` lists of it."""
        return list(self.courses().call("releases", "archives", source, listing))

    def told(self, *kinds: Kind) -> Environment:
        """What instances of these kinds are told."""
        return list({name: value for kind in kinds for name, value in self._told[kind]}.items())

    def entries(self, sandboxes: list[tuple[str, list[tuple[str, str]]]]) -> list[Any]:
        """The ledger's entries of sandboxes by their ids and tags, a WIT `entry` each."""
        return list(self.bare().call("ledger", "entries", sandboxes)) if sandboxes else []

    def ending(self, output: str, status: int) -> Any:
        """How a sandbox ended that wrote this last, a WIT `ending`."""
        return self.bare().call("ledger", "read-ending", output, status)

    def costs(self, lives: list[Any]) -> list[int]:
        """What each WIT `life` costs, in billionths of a dollar."""
        if not lives:
            return []
        # Each job is reckoned with on its way: an instance is made once, and anew where one failed.
        reckoner, self._reckoner = self._reckoner or self.bare(), None
        costs = list(reckoner.call("ledger", "costs", lives))
        self._reckoner = reckoner
        return costs

    def bare(self) -> "Instance":
        """A fresh instance that is told no setting and has no way out."""
        return Instance(self, [], COURSE_MEMORY, INTAKE_EPOCHS, http=False)

    def check(self) -> list[Any]:
        """The readiness of each part of the settings, a WIT `readiness` each."""
        kinds = {"intake": self.intake, "courses": self.courses, "keys": self.keys}
        return [instance().call("settings", "check", kind) for kind, instance in kinds.items()]

    def misspelt(self) -> str:
        """Which other variables of the environment look like misspelt settings, as JSON like a `readiness.report`."""
        return str(self.bare().call("settings", "misspelt", self._others))

    def store(self, environment: Environment, memory: int, epochs: int, http: bool) -> Store:
        """A store with its limits, in which nothing lives."""
        self._tick()
        store = Store(self._engine)
        store.set_limits(memory_size=memory)
        store.set_epoch_deadline(epochs)
        wasi = WasiConfig()
        wasi.env = environment
        store.set_wasi(wasi)
        if http:
            store.set_wasi_http()
        return store

    def instantiate(self, store: Store, http: bool) -> Any:
        """An instance of the artifact in `store`."""
        return self._linkers[http].instantiate(store, self._artifact)

    def export(self, interface: str, function: str) -> ExportIndex:
        """Where a function of `jitney:core` is."""
        key = f"{interface}#{function}"
        if key not in self._exports:
            outer = self._artifact.get_export_index(f"jitney:core/{interface}@0.1.0")
            inner = self._artifact.get_export_index(function, outer)
            if inner is None:
                raise ImportError(f"the component exports no {key}; build it again with ./build.sh")
            self._exports[key] = inner
        return self._exports[key]

    def function(self, instance: Any, store: Store, interface: str, function: str) -> tuple[Any, Signature]:
        """A function of an instance, and its types, which are read once."""
        found = instance.get_func(store, self.export(interface, function))
        key = f"{interface}#{function}"
        if key not in self._signatures:
            self._signatures[key] = Signature.of(found.type(store))
        return found, self._signatures[key]

    def _tick(self) -> None:
        if self._ticking.acquire(blocking=False):
            threading.Thread(target=self._pass_epochs, name="epochs", daemon=True).start()

    def _pass_epochs(self) -> None:
        while True:
            time.sleep(EPOCH)
            self._engine.increment_epoch()


class Instance:
    """One instance: what it has read of a delivery, or knows of a course, dies with it."""

    def __init__(
        self, component: Component, environment: Environment, memory: int, epochs: int, http: bool = True
    ) -> None:
        self._component = component
        self._epochs = epochs
        self._store = component.store(environment, memory, epochs, http)
        self._instance = component.instantiate(self._store, http)
        self._functions: dict[tuple[str, str], tuple[Any, Signature]] = {}

    def call(self, interface: str, function: str, *arguments: Any) -> Any:
        """Calls a function of `jitney:core`. Raises WasmtimeError or Trap where the component fails."""
        known = self._functions.get((interface, function))
        if known is None:
            known = self._component.function(self._instance, self._store, interface, function)
            self._functions[interface, function] = known
        self._store.set_epoch_deadline(self._epochs)
        return call(*known, self._store, arguments)


class Course:
    """A course in an instance of its own. Blocks while the component asks GitHub: call it off the event loop."""

    def __init__(self, component: Component, opening: str, *arguments: Any) -> None:
        self._instance = component.courses()
        course = self._instance.call("courses", f"[static]course.{opening}", *arguments)
        if isinstance(course, str):
            raise ValueError(course)
        self._course = course

    def next(self, outcome: Variant) -> Variant:
        """The next command, after what became of the last one."""
        command: Variant = self._instance.call("courses", "[method]course.next", self._course, outcome)
        return command


def _engine() -> Engine:
    config = Config()
    config.epoch_interruption = True
    return Engine(config)


def _deserialized(engine: Engine, path: Path) -> Artifact | None:
    """What was compiled ahead; None where nothing was, or where it was for a processor unlike this one."""
    try:
        return Artifact.deserialize_file(engine, str(path)) if path.exists() else None
    except WasmtimeError:
        return None


def precompile(path: Path = PATH) -> Path:
    """Writes what `Loaded` looks for, and removes what older builds left."""
    engine = _engine()
    wasm = path.read_bytes()
    target = precompiled_path(path, hashlib.sha256(wasm).hexdigest())
    if not target.exists():
        for stale in path.parent.glob(f"{path.stem}-*.cwasm"):
            stale.unlink(missing_ok=True)
        partial = target.with_suffix(f".{os.getpid()}.partial")
        partial.write_bytes(Artifact(engine, wasm).serialize())
        partial.rename(target)
    return target


def command(arguments: list[str]) -> int:
    """`python -m host precompile`."""
    if arguments:
        print("usage: python -m host precompile")
        return 0 if arguments[0] in ("-h", "--help") else 2
    precompile()
    return 0


def precompiled_path(path: Path, sha256: str) -> Path:
    """Beside the component, named for all that it depends on."""
    kind = f"{version('wasmtime')}-{platform.system()}-{platform.machine()}".lower()
    return path.with_name(f"{path.stem}-{sha256[:16]}-{kind}.cwasm")
