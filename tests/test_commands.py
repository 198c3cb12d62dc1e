"""The command lines help themselves: usage, examples, completion, and an exit status that says how it went."""

import subprocess
import sys

import pytest

from tests.processes import ROOT


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def commands() -> list[str]:
    lines = run("./build.sh", "help").stdout.splitlines()
    return [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]


def test_bash_completes_every_command_that_help_names() -> None:
    done = run("bash", "-c", "source <(./build.sh completion bash); complete -p ./build.sh")
    assert {"demo", "doctor"} <= set(commands()) <= set(done.stdout.replace("'", " ").split()), done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_are_told_of_every_command(shell: str) -> None:
    told = run("./build.sh", "completion", shell)
    assert told.returncode == 0
    assert all(name in told.stdout for name in commands())


def test_a_command_that_there_is_not_shows_what_there_is_on_standard_error() -> None:
    done = run("./build.sh", "frobnicate")
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: ./build.sh" in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["setup"], ["teardown"], ["serve"], ["doctor"], ["explain"], ["cost"], ["replay"]]
)
def test_help_is_everywhere_and_begins_with_how_to_call(arguments: list[str]) -> None:
    done = run(sys.executable, "-m", "host", *arguments, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage:")


def test_the_help_of_all_has_examples() -> None:
    assert "examples:" in run(sys.executable, "-m", "host", "--help").stdout


@pytest.mark.parametrize("arguments", [["--help"], ["core", "--help"], ["planted", "--quick", "-h"]])
def test_mutants_help_comes_before_anything_is_built(arguments: list[str]) -> None:
    done = run("./build.sh", "mutants", *arguments)
    assert done.returncode == 0 and done.stdout.startswith("usage: ./build.sh mutants")


@pytest.mark.parametrize("arguments", [["frobnicate"], []])
def test_mutants_that_there_are_not_are_named(arguments: list[str]) -> None:
    done = run("./build.sh", "mutants", *arguments)
    assert (done.returncode, done.stdout) == (2, "") and "usage: ./build.sh mutants" in done.stderr
    assert all(f"{word} is unknown" in done.stderr for word in arguments)
