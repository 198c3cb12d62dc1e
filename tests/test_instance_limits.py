"""Memory and time of an instance: what a module that wants more gets, in the store that each kind of instance has."""

import threading

import pytest
from wasmtime import Instance, Module, Trap

from host import component
from host.component import MIB, Component

GREEDY = """
(module
  (memory 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "spin") (loop (br 0))))
"""
PAGE = 64 * 1024


@pytest.fixture(scope="module")
def loaded() -> Component:
    return Component({})


def greedy(loaded: Component, kind: str) -> tuple[component.Instance, Instance]:
    """An instance of this kind, and in its store a module that takes what it can get."""
    instance = getattr(loaded, kind)()
    return instance, Instance(instance._store, Module(loaded._engine, GREEDY), [])


@pytest.mark.parametrize(("kind", "most"), [("intake", 192), ("courses", 32), ("keys", 32), ("bare", 32)])
def test_memory_ends_where_it_is_said_to(loaded: Component, kind: str, most: int) -> None:
    instance, module = greedy(loaded, kind)
    grow = module.exports(instance._store)["grow"]
    assert grow(instance._store, most * MIB // PAGE - 1) == 1
    assert grow(instance._store, 1) == -1


@pytest.mark.parametrize(("kind", "tenths"), [("intake", 50), ("courses", 3000), ("keys", 3000), ("bare", 50)])
def test_whoever_computes_for_too_long_is_ended(
    loaded: Component, kind: str, tenths: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epochs pass here as fast as they can, and not in tenths of a second."""
    instance, module = greedy(loaded, kind)
    spin = module.exports(instance._store)["spin"]
    over = threading.Event()

    def compute() -> None:
        with pytest.raises(Trap, match="interrupt"):
            spin(instance._store)
        over.set()

    thread = threading.Thread(target=compute)
    thread.start()
    for _ in range(tenths + 1):
        loaded._engine.increment_epoch()
    ended = over.wait(30)
    # Or it would never let the process end.
    for _ in range(0 if ended else 1000 * tenths):
        loaded._engine.increment_epoch()
    thread.join()
    assert ended


def test_a_call_has_its_time_anew(loaded: Component) -> None:
    """A course that waited for GitHub between two commands has not computed meanwhile."""
    instance = loaded.bare()
    for _ in range(component.INTAKE_EPOCHS + 1):
        loaded._engine.increment_epoch()
    assert instance.call("settings", "declared")
