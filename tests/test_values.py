"""Values out of the component: what `host.values` reads is what wasmtime-py reads, and nothing of it is kept."""

import json
import resource
import sys
from typing import Any

import pytest
from wasmtime.component import Func, Record, Variant

from host.component import COURSE_MEMORY, INTAKE_EPOCHS, Component, Loaded
from tests.processes import SECRET
from tests.standin import payload
from tests.standin.deliveries import sign

SETTINGS = {"WEBHOOK_SECRET": SECRET, "GITHUB_TOKEN": "github_pat_x", "ALLOWED_REPOS": "octo/demo"}
SANDBOX = ("sb-1", [("repository", "octo/démo"), ("job", "1")])


def delivery(labels: list[str], action: str = "queued") -> tuple[str, str]:
    body = json.dumps(payload(f"workflow_job.{action}", repository="octo/demo", labels=labels))
    return f"x-github-event: workflow_job\nx-hub-signature-256: {sign(SECRET, body.encode())}", body


def plain(value: Any) -> Any:
    """A value that can be compared: wasmtime's record equals any that has more fields."""
    if isinstance(value, Record):
        return {name: plain(part) for name, part in vars(value).items()}
    if isinstance(value, Variant):
        return (value.tag, plain(value.payload))
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


@pytest.fixture(scope="module")
def component() -> Component:
    return Component(SETTINGS, Loaded())


@pytest.mark.parametrize(
    ("interface", "function", "arguments"),
    [
        ("settings", "declared", ()),
        ("settings", "check", ("intake",)),
        ("settings", "misspelt", (["WEBHOOK_SECRETS", "MAX_RUNNER"],)),
        ("intake", "decide", delivery(["modal"])),
        ("intake", "decide", delivery(["ubuntu-latest"])),
        ("intake", "decide", delivery(["modal", "cpu=9999"])),
        ("intake", "decide", ("x-github-event: pïng", "é" * 100)),
        ("intake", "decide", ("", "")),
        ("intake", "turn-away", ("x-github-delivery: 0b989ba4-242f-11e5-81e1-c7b6966d2516", "busy")),
        ("ledger", "read-ending", ('{"jitney": "end", "cause": "done", "exit": 0}', 0)),
        ("ledger", "entries", ([SANDBOX],)),
        ("ledger", "costs", ([],)),
        ("releases", "images", ()),
        ("status", "inside", ("sb-1",)),
        ("explain", "check", ("https://github.com/octo/demo/actions/runs/1/job/2",)),
        ("explain", "check", ("nonsense",)),
    ],
)
def test_a_value_is_read_as_wasmtime_py_reads_it(
    component: Component, interface: str, function: str, arguments: tuple[Any, ...]
) -> None:
    instance = component.intake()
    seen = instance.call(interface, function, *arguments)
    store = component.store(component.told("intake"), COURSE_MEMORY, INTAKE_EPOCHS, http=False)
    index = component.export(interface, function)
    original: Func = component.instantiate(store, http=False).get_func(store, index)
    assert plain(seen) == plain(original(store, *arguments))
    _, signature = component.function(instance._instance, instance._store, interface, function)
    assert signature.read is not None, "it is left to wasmtime-py, so nothing was compared"


def test_a_resource_is_left_to_wasmtime_py_and_what_its_methods_return_is_read_here() -> None:
    instance = Component(SETTINGS | {"GITHUB_API_URL": "http://127.0.0.1:9"}, Loaded()).courses()
    examination = instance.call("doctor", "[static]examination.open", False)
    while instance.call("doctor", "[method]examination.next", examination, Variant("opened")) is not None:
        """Until it has found that nobody is there."""
    [*_, last] = instance.call("doctor", "[method]examination.findings", examination)
    assert last.level in ("ok", "warn", "fail", "unchecked") and last.cure
    _, signature = instance._functions["doctor", "[method]examination.findings"]
    assert signature.read is not None, "it was left to wasmtime-py"


def test_what_is_no_text_is_refused(component: Component) -> None:
    instance = component.intake()
    with pytest.raises(TypeError):
        instance.call("intake", "decide", "", b"bytes")
    with pytest.raises(ValueError):
        instance.call("intake", "decide", "")
    assert instance.call("intake", "turn-away", "", "busy").reason == "busy"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is in other units elsewhere")
def test_nothing_of_a_value_is_kept(component: Component) -> None:
    head, body = delivery(["ubuntu-latest"])
    instance = component.intake()
    forged = body.replace("queued", "qu3ued")

    def many() -> int:
        for _ in range(1500):
            assert instance.call("intake", "decide", head, forged).tag == "unread"
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    many()
    before = many()
    # 1,500 bodies have 17 MB, and as many replies 1.5 MB.
    assert many() - before < 1000
