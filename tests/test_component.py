"""The component as the host holds it: what is compiled ahead, what is made once, and what each question brings."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from wasmtime import Trap

from host import component
from host.component import Component, Course, Loaded, command, precompile, precompiled_path
from tests.ledgers import tags
from tests.test_instance_limits import greedy

LOADED = Loaded()


@pytest.fixture(scope="module")
def one() -> Component:
    told = {"WEBHOOK_SECRET": "a-secret-that-is-long", "GITHUB_TOKEN": "x", "ALLOWED_REPO": "octo/demo"}
    return Component(told, LOADED)


def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.wasm"
    path.write_text("(component)")
    return path


def test_what_was_compiled_ahead_is_taken_and_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tiny(tmp_path)
    old = tmp_path / "tiny-0123456789abcdef-1-linux.cwasm"
    old.touch()
    made = precompile(path)
    assert made == precompiled_path(path, Loaded(path).sha256)
    assert sorted(tmp_path.iterdir()) == sorted([path, made]), "neither an older one nor half a one is left"
    was = made.stat().st_mtime_ns
    old.touch()
    assert precompile(path) == made and made.stat().st_mtime_ns == was and old.exists()

    class Compiler:
        """Reads what is compiled, and compiles nothing."""

        deserialize_file = component.Artifact.deserialize_file

        def __init__(self, *_: Any) -> None:
            raise AssertionError("it was compiled again")

    monkeypatch.setattr(component, "Artifact", Compiler)
    assert Loaded(path).artifact is not None


def test_two_builds_at_once_do_not_mind_which_of_them_clears_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny(tmp_path)
    monkeypatch.setattr(Path, "glob", lambda *_: [tmp_path / "tiny-0123456789abcdef-1-linux.cwasm"])
    assert precompile(path).exists(), "what it found was gone when it came to it"


def test_what_was_compiled_for_another_machine_is_compiled_now(tmp_path: Path) -> None:
    path = tiny(tmp_path)
    precompile(path).write_bytes(b"for another")
    assert Loaded(path).artifact is not None


def test_the_command_compiles_and_takes_no_argument(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[int] = []
    monkeypatch.setattr(component, "precompile", lambda: compiled.append(1))
    assert command([]) == 0 and compiled == [1] and capsys.readouterr().out == ""
    for arguments, status in ((["-h"], 0), (["--help"], 0), (["now"], 2)):
        assert command(arguments) == status
        assert capsys.readouterr().out == "usage: python -m host precompile\n"
    assert compiled == [1]


def test_a_function_that_there_is_none_of_is_named(one: Component) -> None:
    with pytest.raises(ImportError, match="intake#nothing"):
        one.export("intake", "nothing")


def test_types_are_read_once(one: Component) -> None:
    index = one.export("intake", "turn-away")
    instance = one.bare()
    kind = instance._instance.get_func(instance._store, index).type(instance._store).result
    assert kind.fields is kind.fields
    held = {type(part) for _, part in kind.fields}
    assert component.OptionType in held
    assert all(part.payload is part.payload for _, part in kind.fields if isinstance(part, component.OptionType))
    verdict = (
        instance._instance.get_func(instance._store, one.export("intake", "decide")).type(instance._store).result
    )
    assert verdict.cases is verdict.cases


def test_epochs_pass_by_themselves_in_one_thread_that_keeps_nobody_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {thread for thread in threading.enumerate() if thread.name == "epochs"}
    monkeypatch.setattr(component, "EPOCH", 0.01)
    fresh = Component({}, Loaded())
    instance, module = greedy(fresh, "bare")
    for _ in range(3):
        fresh.bare()
    epochs = [thread for thread in threading.enumerate() if thread.name == "epochs" and thread not in before]
    assert len(epochs) == 1 and epochs[0].daemon
    instance._store.set_epoch_deadline(3)
    with pytest.raises(Trap, match="interrupt"):
        module.exports(instance._store)["spin"](instance._store)


def test_what_is_no_ticket_opens_no_course(one: Component) -> None:
    with pytest.raises(ValueError):
        Course(one, "open", "no ticket")
    assert Course(one, "sweep", []).next(component.Variant("opened")).tag


def test_each_question_has_its_answer(one: Component) -> None:
    assert {setting.name for setting in one.declared()} >= {"WEBHOOK_SECRET", "GITHUB_TOKEN"}
    assert dict(one.told("intake")).keys() == {"WEBHOOK_SECRET"}
    assert dict(one.told("intake", "courses")).keys() == {"WEBHOOK_SECRET", "GITHUB_TOKEN"}
    assert "ALLOWED_REPOS" in one.misspelt()
    assert len(one.check()) == 3 and isinstance(one.images(), list)
    assert len(one.alarms("2.300.0", 0)) == 2
    assert one.entries([]) == [] == one.costs([])
    assert len(one.entries([("sb-1", list(tags(1).items())), ("sb-2", [])])) == 1
    assert one.ending("", 137).cause


def test_costs_are_reckoned_by_one_instance_until_that_fails(one: Component, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    bare = Component.bare

    def noted(self: Component) -> Any:
        made.append(1)
        return bare(self)

    monkeypatch.setattr(Component, "bare", noted)
    life = SimpleNamespace(rate=1_000_000, milliseconds=2000)
    assert [one.costs([life]), one.costs([life, life])] == [[2_000_000], [2_000_000, 2_000_000]]
    assert made == [1]
    with pytest.raises(AttributeError):
        one.costs([SimpleNamespace()])
    assert one.costs([life]) == [2_000_000] and made == [1, 1], "one that failed is not asked again"
