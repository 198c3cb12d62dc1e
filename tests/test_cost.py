"""What a delivery costs in instructions, as wasmtime's fuel counts them: no clock, the same figure on every machine.

A change that makes one 5 % dearer fails here. Where that is meant, or it got cheaper, write the new figure down: the
message names it.
"""

import json

import pytest
from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component as Artifact
from wasmtime.component import Linker

from host.component import PATH
from tests.processes import SECRET
from tests.standin.deliveries import payload, sign

#: Fuel for one delivery, its instance's start included.
COSTS = {"launch": 1_210_745, "ignored": 1_169_335, "forged": 962_362, "ping": 577_010}
FUEL = 1_000_000_000


def deliveries() -> dict[str, tuple[str, str]]:
    ours = payload("workflow_job.queued", repository="octo/demo", labels=["modal", "cpu=4"])
    ours["workflow_job"]["created_at"] = "2026-11-24T00:00:00Z"
    foreign = json.loads(json.dumps(ours))
    foreign["workflow_job"]["labels"] = ["ubuntu-latest"]
    contents = {"launch": ours, "ignored": foreign, "forged": ours, "ping": payload("ping")}
    made = {}
    for kind, content in contents.items():
        body = json.dumps(content)
        event = "ping" if kind == "ping" else "workflow_job"
        secret = "another" if kind == "forged" else SECRET
        made[kind] = (f"x-github-event: {event}\nx-hub-signature-256: {sign(secret, body.encode())}", body)
    return made


@pytest.fixture(scope="module")
def artifact() -> tuple[Engine, Artifact]:
    config = Config()
    config.consume_fuel = True
    engine = Engine(config)
    return engine, Artifact.from_file(engine, str(PATH))


@pytest.mark.parametrize("kind", COSTS)
def test_a_delivery_costs_what_it_cost(artifact: tuple[Engine, Artifact], kind: str) -> None:
    engine, component = artifact
    linker = Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    store = Store(engine)
    store.set_fuel(FUEL)
    wasi = WasiConfig()
    wasi.env = [("WEBHOOK_SECRET", SECRET), ("ALLOWED_REPOS", "octo/demo")]
    store.set_wasi(wasi)
    store.set_wasi_http()
    instance = linker.instantiate(store, component)
    index = component.get_export_index("decide", component.get_export_index("jitney:core/intake@0.1.0"))
    assert index is not None
    decide = instance.get_func(store, index)
    assert decide is not None
    decide(store, *deliveries()[kind])
    spent = FUEL - store.get_fuel()
    assert COSTS[kind] * 0.95 <= spent <= COSTS[kind] * 1.05, f"{kind} costs {spent}, not {COSTS[kind]}"
