"""Mutants of Python code: none changes what the code does until it is switched on, and then it alone does."""

import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from tests.processes import ROOT
from tools.mutants import bugs
from tools.mutants.planting import Planting

SOURCE = '''
"""What it is."""
BOUND = 5

def few(count: int = 0, wide: bool = False) -> str | None:
    if not wide and count > BOUND:
        raise ValueError("many")
    told = []
    told.append(max(count, 3, key=lambda one: -one))
    if told:
        return f"{told[0]}"
    return None
'''
NAMES = [
    "module: 5 becomes 5000",
    "few: 0 becomes 1",
    "few: False becomes True",
    "few: not wide becomes wide",
    "few: count > BOUND becomes count <= BOUND",
    "few: not wide and count > BOUND becomes not wide or count > BOUND",
    "few: raise ValueError('many') is left out",
    "few: told.append(max(count, 3, key=lambda one: -one)) is left out",
    "few: 3 becomes 4",
    "few: max(count, 3, key=lambda one: -one) loses key",
    "few: if told becomes if not",
    "few: return f'{told[0]}' becomes return None",
]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], dict[str, Any]]:
    """The planted module, with the mutant of this name on."""

    def loaded(active: str | None) -> dict[str, Any]:
        names: list[str] = []

        def number(name: str) -> int:
            names.append(name)
            return len(names)

        text = Planting(number).plant(SOURCE)
        assert sorted(names) == sorted(NAMES)
        switch = types.ModuleType("host.planted")
        vars(switch)["on"] = lambda one: names[one - 1] == active
        monkeypatch.setitem(sys.modules, "host.planted", switch)
        module: dict[str, Any] = {}
        exec(compile(text, "planted", "exec"), module)
        return module

    return loaded


def told(module: dict[str, Any], *arguments: Any) -> Any:
    try:
        return module["few"](*arguments)
    except ValueError:
        return ValueError


CALLS: list[tuple[Any, ...]] = [(), (2,), (4,), (6,), (6, True)]


def test_nothing_changes_while_none_is_on(play: Callable[[str | None], dict[str, Any]]) -> None:
    module = play(None)
    assert [told(module, *one) for one in CALLS] == ["0", "2", "3", ValueError, "3"]
    assert module["__doc__"] == "What it is."


@pytest.mark.parametrize("name", NAMES)
def test_each_changes_something_when_it_is_on(play: Callable[[str | None], dict[str, Any]], name: str) -> None:
    try:
        assert [told(play(name), *one) for one in CALLS] != ["0", "2", "3", ValueError, "3"]
    except IndexError:
        assert "append" in name or "if told" in name


def test_every_planted_bug_of_the_host_has_its_place_and_its_test_and_was_caught() -> None:
    table = bugs.read(bugs.TABLE.read_text())
    kept = bugs.kept()
    for bug in table:
        assert bug.planted() != (ROOT / bug.file).read_text()
        file, _, test = bug.test.partition("::")
        assert f"def {test.split('[')[0]}(" in (ROOT / file).read_text(), bug.test
        assert kept.get(bug.name) == (bug.file, bug.test), f"run `./build.sh mutants bugs` for: {bug.name}"
    assert len(kept) == len(table)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("-old", "a bug begins with"),
        ("== A\nwhat", ":2: a bug begins with"),
        ("== A\n@ f\n-old\n+new", "A: a test, a file and an old text"),
    ],
)
def test_a_table_of_bugs_that_cannot_be_read_says_where(table: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        bugs.read(table)
