"""While it builds, it says at which step it is and how many crates are done; what goes wrong is not swallowed."""

import concurrent.futures
import contextlib
import os
from pathlib import Path

import pytest

from tests.checkout import Checkout

#: What cargo writes, byte for byte, where it is told to draw its bar.
BARS = "".join(
    f"   Compiling one v{done}.0.0\\n    Building [====>                    ] {done}/12: one, two(build)      \\r"
    for done in range(12)
)
SAID = f"warning: mind this\\n{BARS}    Finished `release` profile [optimized] target(s) in 1.00s\\n"
DEMO = [
    "1 of 4: building the component",
    "2 of 4: building the guard",
    "3 of 4: installing the Python packages",
    "4 of 4: translating the component for this machine",
]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path, "cargo", "rustc", "python3")


def test_the_demo_s_build_says_its_steps_and_each_quarter_of_their_crates(checkout: Checkout) -> None:
    ran = checkout.run("./jitney", "demo", CARGO_SAYS=SAID)
    assert ran.returncode == 0, ran.stderr
    told = [line.removeprefix("build.sh: ") for line in ran.stderr.splitlines()]
    assert [line for line in told if line in DEMO] == DEMO
    at = told.index(DEMO[0])
    assert told[at + 1 : at + 5] == ["warning: mind this", *(f"{DEMO[0]}: {n} of 12 crates" for n in (3, 6, 9))]
    assert "Compiling" not in ran.stderr and "Finished" not in ran.stderr and "Building" not in ran.stderr


def test_a_second_start_says_nothing_and_asks_neither_cargo_nor_pip(checkout: Checkout) -> None:
    checkout.run("./jitney", "demo", CARGO_SAYS=SAID)
    for spy in ("cargo", "rustc", "python3", "host"):
        (checkout.notes / spy).unlink()
    again = checkout.run("./jitney", "demo", CARGO_SAYS=SAID)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert not checkout.noted() & {"cargo", "rustc", "python3"} and "host" in checkout.noted()


def test_the_demo_does_not_wait_for_what_runs_at_modal_and_other_commands_do(checkout: Checkout) -> None:
    runner = checkout.root / "target/jitney-runner"
    for command in ("demo", "replay"):
        checkout.run("./jitney", command)
        assert not runner.exists() and (checkout.root / "target/jitney.wasm").exists()
    said = checkout.run("./jitney", "setup").stderr
    assert "3 of 5: building the sandbox's binary" in said and runner.exists()
    assert checkout.run("./jitney", "demo").stderr == ""


def test_on_a_terminal_one_line_counts(checkout: Checkout) -> None:
    terminal, end = os.openpty()
    ran = checkout.run("./build.sh", "component", stderr=end, CARGO_SAYS=SAID)
    os.close(end)
    said = b""
    # Linux ends a terminal that nobody writes to any more with an error.
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 1 << 16):
            said += piece
    os.close(terminal)
    shown = said.decode().replace("\r\n", "\n")
    assert ran.returncode == 0, shown
    for done in range(12):
        assert f"\r\x1b[Kbuild.sh: building the component: {done} of 12 crates, now one, two(build)" in shown
    lines = [line.split("\x1b[K")[-1] for line in shown.split("\n")]
    assert [line for line in lines if line] == [
        "build.sh: building the component", "warning: mind this", "build.sh: building the guard"
    ]  # fmt: skip


def test_a_build_that_fails_says_why_and_ends(checkout: Checkout) -> None:
    ran = checkout.run("./jitney", "demo", CARGO_SAYS=f"{BARS}error: it does not compile\\n", CARGO_FAILS="yes")
    assert ran.returncode not in (0, 64) and "host" not in checkout.noted()
    assert "\nerror: it does not compile\n" in ran.stderr and "2 of 4" not in ran.stderr
    assert not (checkout.root / "target/.built-demo").exists()


def test_a_build_that_fails_is_heard_of_by_a_shell_that_minds_no_pipe(checkout: Checkout) -> None:
    build = "set -eu; . tools/build/needs.sh; step building; watched cargo build"
    assert checkout.run("bash", "-c", build, CARGO_SAYS=SAID).returncode == 0
    assert checkout.run("bash", "-c", build, CARGO_SAYS=SAID, CARGO_FAILS="yes").returncode != 0


def test_what_holds_a_build_up_or_goes_wrong_is_said_however_it_is_indented(checkout: Checkout) -> None:
    said = (
        "    Blocking waiting for file lock on build directory\n  Undefined symbols: one\n   Compiling one v1.0.0\n"
    )
    ran = checkout.run("./jitney", "demo", CARGO_SAYS=said)
    assert "    Blocking waiting for file lock on build" in ran.stderr and "  Undefined symbols: one\n" in ran.stderr
    assert "Compiling" not in ran.stderr and "package cache" not in ran.stderr


def test_builds_at_once_all_end_well(checkout: Checkout) -> None:
    checkout.run("./jitney", "demo")
    (checkout.root / "Cargo.toml").touch()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        both = [pool.submit(checkout.run, "./jitney", "demo") for _ in range(4)]
    assert [(one.result().returncode, one.result().stderr) for one in both if one.result().returncode] == []
    assert checkout.run("./jitney", "demo").stderr == ""
