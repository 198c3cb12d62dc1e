"""The command lines help themselves: help that does nothing else, errors that come before any work, completion."""

import subprocess
from pathlib import Path

import pytest

from tests.checkout import Checkout
from tests.processes import ROOT

#: Arguments that no command takes, and what the error says.
WRONG = {
    "./jitney doctr": "no command `doctr`. Did you mean `doctor`?",
    "./build.sh doctr": "no command `doctr`. Did you mean `doctor`?",
    "./build.sh simulat": "no command `simulat`. Did you mean `simulate`?",
    "./jitney lint": "Run `./build.sh lint`.",
    "./jitney doctor --jsno": "unknown option `--jsno`. Did you mean `--json`?",
    "./jitney setup --skip modle": "invalid choice: 'modle'",
    "./jitney setup --wait soon": "`soon` is not a number of seconds",
    "./jitney setup --url h": "https://HOST/PATH",
    "./jitney try --json": "--json needs --yes",
    "./jitney teardown it": "unknown argument `it`",
    "./jitney serve --port 70000": "must be a number between 0 and 65535",
    "./jitney cost --since banana": "`banana` is not a duration (use 30m, 12h or 7d)",
    "./jitney explain": "SUBJECT",
    "./jitney replay --sign": "unknown option `--sign`",
    "./jitney demo now": "unknown argument `now`",
    "./build.sh build x": "build does not take `x`",
    "./build.sh clean all": "clean does not take `all`",
    "./build.sh lint --fix": "lint does not take `--fix`",
    "./build.sh simulate --seedz 3": "simulate does not take `--seedz`",
    "./build.sh simulate --seeds many": "`many` where it needs a number",
    "./build.sh simulate 3": "simulate does not take `3`",
    "./build.sh fuzz delivry": "no fuzz target `delivry`",
    "./build.sh fuzz --seconds x": "`x` where it needs a number",
    "./build.sh completion tcsh": "bash, zsh or fish",
}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def commands(entry: str) -> list[str]:
    lines = run(entry, "--help").stdout.splitlines()
    return [line.split()[0] for line in lines if line.startswith("  ") and line[2].isalpha()]


ALL = [(entry, name) for entry in ("./build.sh", "./jitney") for name in commands(entry)]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Where nothing was ever built, and to build would be noticed."""
    return Checkout.make(tmp_path_factory.mktemp("bare"), "cargo", "rustc")


def test_there_are_as_many_as_one_sees() -> None:
    assert {("./build.sh", "clean"), ("./jitney", "demo"), ("./jitney", "doctor")} < set(ALL) and len(ALL) > 15


@pytest.mark.parametrize(("entry", "name"), [*ALL, *(("./build.sh", name) for entry, name in ALL if "jit" in entry)])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_says_how_to_call_and_does_nothing_else(bare: Checkout, entry: str, name: str, flag: str) -> None:
    """It needs nothing that a fresh clone lacks, so nothing is waited for."""
    before = bare.files()
    said = bare.run(entry, name, flag)
    assert said.returncode == 0 and said.stdout.startswith("usage: ./"), said.stderr
    assert said.stderr == "" and name in said.stdout.splitlines()[0]
    assert bare.files() == before and not bare.noted()


@pytest.mark.parametrize("entry", ["./build.sh", "./jitney"])
@pytest.mark.parametrize("word", ["help", "--help", "-h"])
def test_the_help_of_all_names_every_command(bare: Checkout, entry: str, word: str) -> None:
    said = bare.run(entry, word)
    assert said.returncode == 0 and said.stdout.startswith(f"usage: {entry} ") and not bare.noted()
    assert all(f"\n  {name} " in said.stdout for at, name in ALL if at == entry)


@pytest.mark.parametrize("line", WRONG)
def test_arguments_are_checked_before_anything_is_built(bare: Checkout, line: str) -> None:
    before = bare.files()
    said = bare.run(*line.split())
    assert said.returncode in (1, 2) and said.stdout == "", said.stdout
    assert WRONG[line] in said.stderr, said.stderr
    assert bare.files() - before <= {bare.root / ".tools"} and not bare.noted()


def test_what_is_built_is_not_built_again_until_a_source_changes(tmp_path: Path) -> None:
    checkout = Checkout.make(tmp_path, "cargo", "rustc", "python3")
    assert "building" in checkout.run("./jitney", "doctor").stderr and "cargo" in checkout.noted()

    def builds() -> bool:
        (checkout.notes / "cargo").unlink(missing_ok=True)
        ran = checkout.run("./jitney", "doctor")
        assert ran.returncode == 0 and ("building" in ran.stderr) is ("cargo" in checkout.noted()), ran.stderr
        assert checkout.noted() >= {"host"} and (ran.stderr == "" or "cargo" in checkout.noted())
        return "cargo" in checkout.noted()

    assert not builds()
    for source in ("src/lib.rs", "Cargo.lock", "wit/jitney.wit", "requirements/host.txt", "tools/build/component.sh"):
        (checkout.root / source).touch()
        assert builds() and not builds(), source
    (checkout.root / "src/lib.rs").unlink()
    assert builds() and not builds()
    (checkout.root / "target/jitney-runner").unlink()
    assert builds()


def test_the_console_script_is_the_launcher(tmp_path: Path) -> None:
    checkout = Checkout.make(tmp_path, "cargo", "rustc", "python3")
    checkout.run("./jitney", "doctor")
    (checkout.notes / "host").unlink()
    ran = checkout.run(str(checkout.root / ".venv/bin/jitney"), "doctor")
    assert ran.returncode == 0 and "host" in checkout.noted(), ran.stderr


def test_bash_completes_every_command_that_help_names() -> None:
    for entry in ("./build.sh", "./jitney"):
        done = run("bash", "-c", f"source <(./build.sh completion bash); complete -p {entry}")
        known = set(done.stdout.replace("'", " ").split())
        assert {name for at, name in ALL if at == entry} <= known, done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_are_told_of_every_command(shell: str) -> None:
    told = run("./build.sh", "completion", shell)
    assert told.returncode == 0
    assert all(name in told.stdout for _, name in ALL)


def test_the_help_of_replay_names_what_the_component_takes() -> None:
    ours = run("./jitney", "replay", "--help").stdout
    usage = (ROOT / "operator/src/replay.rs").read_text().split("pub const USAGE", 1)[1].split('";')[0]
    options = {word.strip("[]") for word in usage.split() if word.strip("[]").startswith("--")}
    assert options and all(option in ours for option in options)


def test_the_help_of_simulate_names_what_the_simulator_takes() -> None:
    ours = run("./build.sh", "simulate", "--help").stdout
    options = (ROOT / "simulator/src/options.rs").read_text()
    taken = {line.split('"')[1] for line in options.splitlines() if line.strip().startswith('"--')} - {"--help"}
    assert len(taken) > 10 and all(option in ours for option in taken)


def test_the_help_of_bench_names_what_can_be_measured() -> None:
    ours = run("./build.sh", "bench", "--help").stdout
    source = (ROOT / "bench/__main__.py").read_text()
    parts = {line.split('"')[1] for line in source.splitlines() if '": lambda: ' in line}
    assert len(parts) > 10 and parts <= set(ours.replace(".", "").split())


@pytest.mark.parametrize("arguments", [["frobnicate"], []])
def test_mutants_that_there_are_not_are_named(arguments: list[str]) -> None:
    done = run("./build.sh", "mutants", *arguments)
    assert (done.returncode, done.stdout) == (2, "") and "usage: ./build.sh mutants" in done.stderr
    assert not arguments or "frobnicate" in done.stderr
