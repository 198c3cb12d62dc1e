"""Replay: the component's command-line face, under the real wasmtime CLI and through `./jitney replay`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wasmtime.component import Component as Artifact

from host.component import Loaded
from host.operator.replay import replay, told
from tests.processes import ROOT, SECRET
from tests.standin import StandinGitHub, sign
from tests.standin.deliveries import PAYLOADS
from tests.standin.server import TOKEN

QUEUED = (PAYLOADS / "workflow_job.queued.json").read_bytes()
COMPACT = json.dumps(json.loads(QUEUED), separators=(",", ":"), ensure_ascii=False).encode()
SETTINGS = {"WEBHOOK_SECRET": SECRET, "RUNNER_LABELS": '["self-hosted","k8s"]', "ALLOWED_REPOS": "lineville/*"}


def wasmtime(delivery: bytes, *arguments: str, **settings: str) -> subprocess.CompletedProcess[bytes]:
    """`wasmtime run -S http --env … jitney.wasm replay …`"""
    told = [f"--env={name}={value}" for name, value in (SETTINGS | settings).items()]
    command = [ROOT / ".tools/bin/wasmtime", "run", "-S", "http", *told, ROOT / "target/jitney.wasm", "replay"]
    return subprocess.run([*command, *arguments], input=delivery, capture_output=True, timeout=60, check=False)


def in_python(delivery: bytes, *arguments: str, **settings: str) -> subprocess.CompletedProcess[bytes]:
    """What `./jitney replay` runs."""
    environment = {"PATH": os.environ["PATH"], **SETTINGS, **settings}
    command = [sys.executable, "-m", "host", "replay", *arguments]
    return subprocess.run(
        command, input=delivery, capture_output=True, timeout=60, check=False, cwd=ROOT, env=environment
    )


def as_request(secret: str = SECRET) -> bytes:
    """A raw HTTP request, as a proxy would have kept it."""
    head = [
        "POST / HTTP/1.1",
        "Host: jitney.example",
        "Content-Type: application/json",
        "X-GitHub-Event: workflow_job",
        "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958",
        f"X-Hub-Signature-256: {sign(secret, COMPACT)}",
        f"Content-Length: {len(COMPACT)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + COMPACT


def as_api_answer() -> bytes:
    """What GitHub's "Get a delivery for a repository webhook" answers, indented as `gh api` prints it."""
    headers = {"X-GitHub-Event": "workflow_job", "X-Hub-Signature-256": sign(SECRET, COMPACT)}
    request = {"headers": headers, "payload": json.loads(QUEUED)}
    answer = {"id": 1, "guid": "0b989ba4-242f-11e5-81e1-c7b6966d2516", "event": "workflow_job", "request": request}
    return json.dumps(answer, indent=2, ensure_ascii=False).encode()


FORMS: list[tuple[bytes, list[str]]] = [(as_request(), []), (as_api_answer(), []), (QUEUED, ["--unsigned"])]


@pytest.mark.parametrize("run", [wasmtime, in_python])
@pytest.mark.parametrize(("delivery", "arguments"), FORMS, ids=["request", "api", "payload"])
def test_all_three_forms_end_in_a_launch(run: Any, delivery: bytes, arguments: list[str]) -> None:
    told = run(delivery, *arguments)
    assert told.returncode == 0, told.stderr
    lines = told.stdout.decode().splitlines()
    assert lines[-1] == "verdict: launch: job 12877621891 of lineville/elastic-machines-testing"
    assert all(line.startswith("ok") for line in lines[:-2])


def test_the_trace_as_json_holds_every_check_and_the_ticket() -> None:
    trace = json.loads(wasmtime(as_request(), "--json").stdout)
    assert trace["verdict"] == "launch" and trace["ticket"]["job"] == 12877621891
    names = [check["name"] for check in trace["trace"]]
    assert names.index("signature") < names.index("repository") < names.index("labels")
    assert all(check["passed"] for check in trace["trace"])
    stopped = json.loads(wasmtime(as_request("another secret"), "--json").stdout)
    assert stopped["trace"][-1] == stopped["trace"][-1] | {"name": "signature", "passed": False}


@pytest.mark.parametrize("run", [wasmtime, in_python])
def test_refusals_exit_with_3_and_malformed_input_with_2(run: Any) -> None:
    forged = run(as_request("another secret"))
    assert forged.returncode == 3 and b"signature-mismatch" in forged.stdout
    foreign = run(QUEUED, "--unsigned", ALLOWED_REPOS="octo/*")
    assert foreign.returncode == 3 and b"repository-not-allowed" in foreign.stdout
    assert run(QUEUED, "--unsigned", RUNNER_LABELS='["modal"]').returncode == 0
    for broken in (b"", b"{", b"\xff\xfe", b"POST / HTTP/1.1\r\n\r\n"):
        assert run(broken, "--unsigned").returncode == 2
    assert run(QUEUED, "--frob").returncode == 2
    assert b"ALLOWED_REPOS" in run(QUEUED, "--unsigned", ALLOWED_REPOS="").stderr


def test_an_unsigned_payload_is_not_taken_on_trust_unless_told_so() -> None:
    assert wasmtime(QUEUED).returncode == 3
    assert wasmtime((PAYLOADS / "ping.json").read_bytes(), "--unsigned", "--event", "ping").returncode == 0


@pytest.mark.parametrize("run", [wasmtime, in_python])
def test_it_mints_only_when_told_to_and_takes_the_runner_back(run: Any) -> None:
    with StandinGitHub() as github:
        told = {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url}
        assert run(as_request(), **told).returncode == 0
        assert github.requests == []
        minted = run(as_request(), "--mint", **told)
        assert minted.returncode == 0, minted.stderr
        assert github.mints() == 1 and github.state.runners == {} and github.violations == []
        github.faults.append((403, {}))
        assert run(as_request(), "--mint", **told).returncode == 3
        assert TOKEN.encode() not in minted.stdout + minted.stderr


def test_what_was_compiled_once_is_not_compiled_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def compile_again(*_: Any) -> None:
        raise AssertionError("an operator waits for seconds for each replay")

    (tmp_path / "delivery").write_bytes(as_request())
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Artifact, "__init__", compile_again)
    assert replay([str(tmp_path / "delivery")]) == 0
    assert "verdict: launch" in capfd.readouterr().out


def test_it_says_what_became_of_the_runner_once_github_said_so() -> None:
    with StandinGitHub() as github:
        told = {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url}
        said = wasmtime(as_request(), "--mint", **told).stderr.decode()
        assert said.index("asks   Delete") < said.index("answer 204") < said.index("the runner is deleted again")
        register = github.state.register

        def busy(scope: str, name: str, labels: list[str]) -> Any:
            runner = register(scope, name, labels)
            assert runner is not None
            runner.job = github.state.queue(99, scope, labels)
            return runner

        github.state.register = busy  # type: ignore[method-assign]
        said = wasmtime(as_request(), "--mint", **told).stderr.decode()
        assert "the runner is still registered" in said and "deleted again" not in said and github.state.runners


def test_a_replay_is_told_what_it_needs_and_no_more() -> None:
    app = {"GITHUB_APP_ID": "Iv1", "GITHUB_APP_PRIVATE_KEY": "k"}
    everything = SETTINGS | app | {"GITHUB_TOKEN": TOKEN}

    def secrets(environment: dict[str, str], *arguments: str) -> set[str]:
        given = dict(told(Loaded(), environment, ["--unsigned", *arguments]))
        return given.keys() & {"WEBHOOK_SECRET", "GITHUB_TOKEN", "GITHUB_APP_PRIVATE_KEY"}

    assert secrets(everything) == {"WEBHOOK_SECRET"}
    del everything["GITHUB_APP_ID"]
    assert secrets(everything, "--mint") == {"WEBHOOK_SECRET", "GITHUB_TOKEN"}
    assert secrets(SETTINGS | app, "--mint") == {"WEBHOOK_SECRET", "GITHUB_APP_PRIVATE_KEY"}


def test_replay_from_anywhere_with_a_file(tmp_path: Path) -> None:
    """The README's words, typed in another directory."""
    command = [ROOT / "build.sh", "replay", "--unsigned", ROOT / "tests/payloads/workflow_job.queued.json"]
    environment = os.environ | SETTINGS
    told = subprocess.run(command, capture_output=True, timeout=300, check=False, cwd=tmp_path, env=environment)
    assert told.returncode == 0, told.stderr
    assert b"verdict: launch" in told.stdout
    missing = subprocess.run(
        [ROOT / "build.sh", "replay", "no-such-file"], capture_output=True, timeout=300, check=False, env=environment,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert missing.returncode == 2
