"""Every command that the docs show works as it stands: what can be is run, the words of the rest are looked up."""

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from host.__main__ import READY
from tests.control_plane import ControlPlane
from tests.processes import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
MODAL = [sys.executable, "-m", "modal"]


def blocks(page: Path) -> list[str]:
    """The commands of a page's shell blocks, continued lines joined, comments off."""
    found = []
    for block in re.findall(r"^ *```bash\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL):
        joined = re.sub(r"\\\n\s*", "", block)
        found += [re.sub(r"\s+# .*", "", line).strip() for line in joined.splitlines()]
    commands = [command.strip() for line in found for command in line.split(" && ")]
    return [command.removeprefix(".venv/bin/") for command in commands if command]


def inline(page: Path) -> list[str]:
    """The commands of its prose."""
    return re.findall(r"`((?:modal|\./build\.sh|\./jitney) [a-z][^`]*)`", page.read_text())


SHOWN = [(page.name, line) for page in PAGES for line in [*blocks(page), *inline(page)]]


@cache
def helped(*command: str) -> str:
    """What a command says of itself."""
    told = subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    return told.stdout + told.stderr


def named(command: list[str], words: list[str]) -> None:
    """Each flag of a command line is one that the command's help names."""
    said = helped(*command)
    for flag in [word for word in words if word.startswith("--")]:
        assert flag in said, f"{' '.join(command)} knows no {flag}"


def test_there_are_as_many_as_one_sees() -> None:
    assert len(SHOWN) > 40


@pytest.mark.parametrize(("page", "line"), [pytest.param(*one, id=f"{one[0]}: {one[1][:60]}") for one in SHOWN])
def test_a_command_that_is_shown_is_one(page: str, line: str) -> None:
    words = [word for word in shlex.split(line) if not re.match(r"[A-Z_]+=", word)]
    match words:
        case ["./build.sh"] | ["openssl", "rand", "-hex", "32"]:
            return
        case ["export" | "curl", *_] if page == "README.md":
            return  # tests/test_readme.py runs them.
        case ["./jitney", "replay", _, *_]:
            ran = subprocess.run(["bash", "-euc", line], cwd=ROOT, capture_output=True, text=True, check=False)
            assert ran.returncode == 0 and "verdict: " in ran.stdout, ran.stderr
        case ["./jitney", *rest]:
            checked = subprocess.run(
                [sys.executable, "-m", "host", "--check", *rest],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert checked.returncode == (0 if "--help" in rest else READY), checked.stderr
        case ["./build.sh", name, *rest]:
            said = helped("./build.sh", name)
            assert said.startswith(f"usage: ./build.sh {name}"), said
            for flag in rest:
                assert not flag.startswith("--") or flag in said, f"{name} knows no {flag}"
        case ["modal", "run", target, *_]:
            function = target.split("::")[1]
            assert re.search(rf"^(async )?def {function}\(", (ROOT / "modal_app.py").read_text(), re.MULTILINE)
        case ["modal", *rest]:
            command = [word for word in rest if re.fullmatch(r"[a-z]+", word)][:2]
            said = helped(*MODAL, *command)
            assert "Usage:" in said and "No such command" not in said, said
            named([*MODAL, *command], rest)
        case _:
            raise AssertionError(f"{page} shows `{line}`, which nothing here tries")


def test_the_secret_is_made_and_the_app_deployed_as_the_page_says(plane: ControlPlane, tmp_path: Path) -> None:
    """The words of the steps by hand, and those of the GitHub App, with what they are told to replace left in."""
    environment = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    environment |= plane.environment() | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    (tmp_path / "your-app.private-key.pem").write_text("-----BEGIN RSA PRIVATE KEY-----\n")
    plane.state.secrets.clear()
    lines = [line for line in blocks(ROOT / "docs" / "install-by-hand.md") if line.startswith("modal secret create")]
    for line, known in zip(lines, [{"GITHUB_TOKEN", "ALLOWED_REPOS"}, {"GITHUB_APP_ID"}], strict=True):
        ran = subprocess.run(
            ["bash", "-euc", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert known | {"WEBHOOK_SECRET"} <= set(plane.state.secrets["github-secret"])
    ran = subprocess.run(
        ["bash", "-euc", "modal deploy modal_app.py"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
