"""The artifact itself under mutated deliveries, in wasmtime: `./build.sh fuzz component --seconds N`.

Every delivery gets a fresh intake instance, as in production. It must never trap, never ask for a way out (it has
none: a request would be a trap), keep to its memory and its time, and say what the native core says.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from host.component import Component, Loaded
from host.intake import Intake
from tests.fuzz_faces import Anything, Faces
from tests.processes import ROOT, SECRET
from tests.standin.deliveries import sign

SEEDS = [path.read_text() for path in sorted((ROOT / "fuzz" / "corpus" / "delivery").iterdir())]
WORDS = [
    json.loads(line) for line in (ROOT / "fuzz" / "dictionary.txt").read_text().splitlines() if "\\\\u" not in line
]
#: MiB by which this process may grow while it fuzzes the other faces: nothing of an instance stays.
GROWS = 400
HOSTILE = ["\u202e", "\x00", "\n", "\r\n", '"', "\\", "\ud7ff", "é" * 3, "{" * 200, "[" * 200, "9" * 30, "-1", "null"]
SETTINGS = {
    "WEBHOOK_SECRET": SECRET,
    "ALLOWED_REPOS": "lineville/*,Codertocat/*,octo/*,!octo/secret",
    "RUNNER_LABELS": '["self-hosted","k8s"]',
    "RUNNER_PROFILES": '{"big":{"cpu":8}}',
    "ALLOWED_GPUS": "H100:2",
}


class Native:
    """The native core, in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [ROOT / "target" / "simulate" / "decide"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=SETTINGS,
        )  # fmt: skip

    def decide(self, head: str, body: str) -> list[str]:
        """Its verdict."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([head, body]) + "\n")
        self._process.stdin.flush()
        verdict: list[str] = json.loads(self._process.stdout.readline())
        return verdict


def of_component(intake: Intake, runner: asyncio.Runner, head: str, body: str) -> list[str]:
    """The artifact's verdict, by an instance that is used again where production uses it again. Raises where it
    traps."""
    verdict = runner.run(intake.decide(head, bytearray(body.encode())))
    match verdict.tag:
        case "unread" | "reply":
            return [verdict.tag, verdict.payload.body]
        case "refuse":
            return ["refuse", verdict.payload.waiting.body]
        case _:
            return ["open", verdict.payload.ticket]


def changed(dice: random.Random, seeds: list[str]) -> str:
    """One of the seeds with some of it changed."""
    text = dice.choice(seeds)
    for _ in range(dice.randint(0, 6)):
        at = dice.randrange(len(text) + 1)
        match dice.randrange(5):
            case 0:
                text = text[:at] + dice.choice(WORDS) + text[at:]
            case 1:
                text = text[:at] + dice.choice(HOSTILE) + text[at:]
            case 2:
                text = text[:at] + text[at + dice.randint(1, 40) :]
            case 3:
                text = text[:at] + chr(dice.randrange(32, 0xD7FF)) + text[at + 1 :]
            case _:
                other = dice.choice(seeds)
                text = text[:at] + other[dice.randrange(len(other) + 1) :]
    return text


def mutated(dice: random.Random) -> tuple[str, str]:
    """A delivery with some of it changed, signed in three of four cases."""
    head, _, body = changed(dice, SEEDS).partition("\n\n")
    if dice.randrange(4):
        head += f"\nx-hub-signature-256: {sign(SECRET, body.encode())}"
    return head, body


def other_faces(console: Console, seconds: float, seed: int) -> int:
    """Calls the other faces in turn, and prints what was done; 1 if one of them broke a promise."""
    dice = random.Random(seed)

    def mutate(seeds: list[str]) -> str:
        return changed(dice, seeds)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Anything(dice, mutate) as github:
        faces = Faces(dice, mutate, github.url)
        for name, call in faces.all.items():
            until, count = time.monotonic() + seconds / len(faces.all), 0
            faces.component.most = faces.app.most = 0
            while time.monotonic() < until:
                state = dice.getstate()
                try:
                    call()
                except Exception as error:
                    kept = ROOT / "fuzz" / "crashes" / "component"
                    kept.mkdir(parents=True, exist_ok=True)
                    (kept / f"{name}-{seed}-{count}").write_text(repr(state))
                    console.print(f"{name}, seed {seed}, call {count}: {type(error).__name__}: {error}", markup=False)
                    return 1
                faces.component.count()
                faces.app.count()
                count += 1
            most = max(faces.component.most, faces.app.most)
            print(
                f"| component, {name} | {seconds / len(faces.all):.0f} | {count:,} | {most:,} instructions at most |"
            )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    console.print(f"this process grew by {grown} MiB")
    return int(grown > GROWS)


def main() -> int:
    """Fuzzes for so many seconds; 1 if a promise was broken, with the delivery in fuzz/crashes/component."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    options = parser.parse_args()
    console = Console(stderr=True, highlight=False)
    console.print(f"fuzzing the component for {options.seconds:g} s, seed {options.seed}")
    if other_faces(console, options.seconds / 2, options.seed):
        return 1
    options.seconds /= 2
    intake, native, dice = Intake(Component(SETTINGS, Loaded())), Native(), random.Random(options.seed)
    runner = asyncio.Runner()
    until, count, kinds = time.monotonic() + options.seconds, 0, {"unread": 0, "reply": 0, "refuse": 0, "open": 0}
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("deliveries", total=options.seconds)
        while (left := until - time.monotonic()) > 0:
            head, body = mutated(dice)
            seen: Any
            try:
                seen = of_component(intake, runner, head, body)
            except Exception as error:
                seen = [type(error).__name__, str(error)]
            expected = native.decide(head, body)
            if seen != expected:
                return broken(console, head, body, seen, expected)
            kinds[seen[0]] += 1
            count += 1
            if count % 200 == 0:
                progress.update(task, completed=options.seconds - left)
    console.print(
        f"{count} deliveries, of which {kinds}: no trap, no way out, and the native core's verdict each time"
    )
    return 0


def broken(console: Console, head: str, body: str, seen: Any, expected: Any) -> int:
    """Keeps the delivery, and says what was wrong."""
    kept = Path(ROOT / "fuzz" / "crashes" / "delivery")
    kept.mkdir(parents=True, exist_ok=True)
    file = kept / f"component-{abs(hash((head, body))):x}"
    file.write_text(f"{head}\n\n{body}")
    console.print(f"the component says {seen}, the native core {expected}; kept as {file}", markup=False)
    return 1


if __name__ == "__main__":
    sys.exit(main())
