"""`replay` without the wasmtime CLI: the same component's command-line face, in wasmtime-py."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from wasmtime import ExitTrap, Store, WasiConfig
from wasmtime.component import Linker

from host.component import Component, Environment, Kind, Loaded

#: An epoch that never comes: a replay has no limit of its own, and what it asks GitHub has one in the component.
WITHOUT_END = 2**62


def told(loaded: Loaded, environment: Mapping[str, str], arguments: list[str]) -> Environment:
    """The settings that a replay needs: an intake instance's; to mint, a courses instance's too, and the App's key
    if one signs in."""
    kinds: list[Kind] = ["intake"]
    if "--mint" in arguments:
        kinds += ["courses", "keys"] if environment.get("GITHUB_APP_ID") else ["courses"]
    return Component(environment, loaded).told(*kinds)


def replay(arguments: list[str]) -> int:
    """Runs `replay ARGUMENTS`; the first argument that names a file is its input, else standard input is."""
    files = [argument for argument in arguments if Path(argument).is_file()]
    if len(files) > 1:
        print("replay: one delivery at a time", file=sys.stderr)
        return 2
    named = [after for before, after in zip(["", *arguments], arguments, strict=False) if before != "--event"]
    for argument in named:
        if argument not in (*files, "help") and not argument.startswith("-"):
            print(f"replay: there is no file {argument}, seen from {Path.cwd()}", file=sys.stderr)
            return 2
    loaded, wasi = Loaded(), WasiConfig()
    wasi.argv = ["jitney.wasm", "replay", *[a for a in arguments if a not in files]]
    wasi.env = told(loaded, os.environ, arguments)
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    if files:
        wasi.stdin_file = files[0]
    else:
        wasi.inherit_stdin()
    engine, artifact = loaded.engine, loaded.artifact
    linker = Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    store = Store(engine)
    store.set_epoch_deadline(WITHOUT_END)
    store.set_wasi(wasi)
    store.set_wasi_http()
    instance = linker.instantiate(store, artifact)
    interface = next(name for name in artifact.type.exports(engine) if name.startswith("wasi:cli/run@"))
    index = artifact.get_export_index("run", artifact.get_export_index(interface))
    run = instance.get_func(store, index) if index else None
    if run is None:
        raise ImportError("the component exports no wasi:cli/run; build it again with ./build.sh")
    try:
        run(store)
    except ExitTrap as ended:
        return int(ended.code)
    return 0
