"""What an instance may do: one that is given no WASI-HTTP and asks all the same fails, and the process lives on."""

import subprocess
import sys
from pathlib import Path

import pytest

from host.component import Component
from tests.processes import ROOT, SECRET

MADE = ROOT / "target" / "wasm32-wasip2" / "release"

#: Runs the component that asks anybody as an instance of one delivery runs: without WASI-HTTP.
ASK = """
import sys
from wasmtime import Engine, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component
from host.linking import linked

artifact = Component.from_file(engine := Engine(), sys.argv[1])
store = Store(engine)
wasi = WasiConfig()
wasi.argv = ("rogue", "http://127.0.0.1:9/")
wasi.inherit_stdout()
store.set_wasi(wasi)
instance = linked(engine, artifact, http=False).instantiate(store, artifact)
command = artifact.get_export_index(next(name for name in artifact.type.exports(engine) if "wasi:cli/run" in name))
run = artifact.get_export_index("run", command)
try:
    instance.get_func(store, run)(store)
except WasmtimeError as error:
    print("this instance may ask nobody" in str(error))
print("alive")
"""


@pytest.mark.parametrize("guarded", [True, False])
def test_a_request_without_wasi_http_fails_and_the_process_lives(tmp_path: Path, guarded: bool) -> None:
    artifact = MADE / "jitney-rogue.wasm"
    if guarded:
        made = ROOT / "target" / "guard"
        compose, guard = made / "debug" / "jitney-compose", made / "wasm32-wasip2" / "release" / "jitney_guard.wasm"
        composed = tmp_path / "rogue.wasm"
        subprocess.run([compose, artifact, guard, composed], check=True)
        artifact = composed
    ran = subprocess.run(
        [sys.executable, "-c", ASK, artifact], capture_output=True, text=True, cwd=ROOT, check=False, timeout=120
    )
    assert ran.returncode == 0, f"{ran.returncode}: {ran.stdout}{ran.stderr}"
    assert ran.stdout.splitlines() == ["True", "alive"]


def test_only_who_asks_github_has_wasi_http(monkeypatch: pytest.MonkeyPatch) -> None:
    component = Component({"WEBHOOK_SECRET": SECRET})
    given: list[bool] = []
    for name in ("store", "instantiate"):
        made = getattr(component, name)
        monkeypatch.setattr(component, name, lambda *told, made=made: given.append(told[-1]) or made(*told))
    kinds = ((component.intake, False), (component.house, False), (component.bare, False))
    for open_one, http in (*kinds, (component.courses, True), (component.keys, True)):
        given.clear()
        open_one()
        assert given == [http, http]
