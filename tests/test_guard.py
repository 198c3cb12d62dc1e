"""The egress guard, plugged under a component that asks whomever it likes, in the real wasmtime."""

import subprocess
from pathlib import Path

import pytest
from wasmtime import Engine
from wasmtime.component import Component as Artifact

from host.component import IMPORTS, PATH, Loaded
from tests.processes import ROOT
from tests.standin import StandinGitHub

MADE = ROOT / "target" / "wasm32-wasip2" / "release"
GUARD = ROOT / "target" / "guard" / "wasm32-wasip2" / "release" / "jitney_guard.wasm"
COMPOSE = ROOT / "target" / "guard" / "debug" / "jitney-compose"


@pytest.fixture(scope="module")
def rogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The component that asks anybody, with the guard under it."""
    composed = tmp_path_factory.mktemp("guard") / "rogue.wasm"
    subprocess.run([COMPOSE, MADE / "jitney-rogue.wasm", GUARD, composed], check=True)
    return composed


def asked(artifact: Path, *urls: str, **environment: str) -> list[str]:
    """What the component is told when it asks for these."""
    told = [argument for name, value in environment.items() for argument in ("--env", f"{name}={value}")]
    command = [ROOT / ".tools" / "bin" / "wasmtime", "run", "-S", "http", "-S", "cli", *told, artifact, *urls]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return ran.stdout.splitlines()


def test_only_the_configured_api_is_reached_whatever_is_asked(rogue: Path, github: StandinGitHub) -> None:
    with StandinGitHub() as elsewhere:
        urls = [f"{github.url}/x", f"{elsewhere.url}/x", "http://169.254.169.254/latest/meta-data/"]
        own, other, metadata = asked(rogue, *urls, GITHUB_API_URL=github.url)
        assert own == "403" and [path for _, path in github.requests] == ["/x"]
        assert "HttpRequestDenied" in other and "HttpRequestDenied" in metadata
        assert elsewhere.requests == []
    github.violations.clear()


def test_without_a_setting_and_with_one_that_cannot_be_read_this_machine_is_out_of_reach(
    rogue: Path, github: StandinGitHub
) -> None:
    for told in ({}, {"GITHUB_API_URL": "http://evil.example"}, {"GITHUB_ENTERPRISE_DOMAIN": "a b"}):
        [said] = asked(rogue, f"{github.url}/x", **told)
        assert "HttpRequestDenied" in said
    assert github.requests == []


def test_without_the_guard_the_same_component_gets_out(github: StandinGitHub) -> None:
    """So that the tests above show the guard's work and not something else's."""
    assert asked(MADE / "jitney-rogue.wasm", f"{github.url}/x") == ["403"]
    github.violations.clear()


def test_the_artifact_imports_what_the_contract_lists_and_another_is_refused(tmp_path: Path) -> None:
    imports = set(Artifact.from_file(engine := Engine(), str(PATH)).type.imports(engine))
    assert {name.split("@")[0] for name in imports} <= IMPORTS
    assert not [name for name in IMPORTS if "sockets" in name or "filesystem" in name]
    other = tmp_path / "other.wasm"
    other.write_text('(component (import "wasi:sockets/tcp@0.2.0" (instance)))')
    with pytest.raises(ImportError, match="wasi:sockets/tcp"):
        Loaded(other)
