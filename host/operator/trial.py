"""`try`: one real runner, started, seen online and removed, by the component's plan.

What is to happen, and what a failure means, the component says (`operator/src/trial.rs`). Here are the launcher
that does it, and the terminal.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from wasmtime import Trap, WasmtimeError
from wasmtime.component import Record, Variant

from host.component import Component
from host.conversation import Conversation
from host.courses import _start as ordered
from host.launcher import AtCapacity, Launcher, NameTaken
from host.operator.busy import busy
from host.operator.setup.terminal import SLOW, Item, Terminal, stop

#: What gives a launcher.
Making = Callable[[], Coroutine[Any, Any, Launcher]]


class Trial(Conversation):
    """One, planned. A context manager: whatever happens, no sandbox is left that could be ended."""

    def __init__(self, component: Component, repository: str | None, launcher: Making) -> None:
        super().__init__(component, "trial", "trial", repository)
        self._make = launcher
        self._runner = asyncio.Runner()
        self._launcher: Launcher | None = None
        self._sandbox: str | None = None

    def __enter__(self) -> "Trial":
        return self

    def __exit__(self, *_: object) -> None:
        if self._sandbox is not None and self._launcher is not None:
            self._runner.run(self._launcher.terminate(self._sandbox))
        if self._launcher is not None:
            self._runner.run(self._launcher.close())
        self._runner.close()

    def _execute(self, command: Any) -> Variant:
        if command.tag not in ("start", "hand-over", "terminate"):
            return super()._execute(command)
        try:
            return self._runner.run(self._act(command.tag, command.payload))
        except NameTaken:
            return Variant("taken")
        except AtCapacity:
            return Variant("full")
        except Exception as error:
            failure: Any = Record()
            failure.name, failure.detail = type(error).__name__, str(error)
            return Variant("failed", failure)

    async def _act(self, tag: str, payload: Any) -> Variant:
        if self._launcher is None:
            self._launcher = await self._make()
        if tag == "start":
            self._sandbox = await self._launcher.start(ordered(payload))
            return Variant("started", self._sandbox)
        if tag == "hand-over":
            await self._launcher.hand_over(payload.sandbox, payload.line, dict(payload.tags))
        else:
            await self._launcher.terminate(payload)
            self._sandbox = None
        return Variant("done")


async def at_modal() -> Launcher:
    """Starts sandboxes in the deployed app."""
    from host.modal import client

    return await client.launcher()


def must_be_deployed() -> None:
    """Without the app, no runner image would ever be built. Raises modal's errors where Modal is not reached."""
    from host.modal import client
    from host.modal.cloud import Silent

    try:
        lacking = asyncio.run(client.stands()).lacking
    except TimeoutError:
        raise Silent from None
    if lacking == "app":
        stop("Modal app", "is not deployed", "run ./jitney setup, or `modal deploy modal_app.py`")


async def here() -> Launcher:
    """Starts processes on this machine."""
    from host.local.launcher import LocalLauncher

    return LocalLauncher()


def attempt(component: Component, terminal: Terminal, repository: str | None, local: bool, as_json: bool) -> bool:
    """Tries one runner, once the operator agrees; whether it came up and went again."""
    if not local:
        must_be_deployed()
    try:
        trial = Trial(component, repository, here if local else at_modal)
    except LookupError as fault:
        terminal.show(Item("failed", "try", str(fault), "`./jitney doctor` checks the settings"))
        return False
    with trial:
        if not as_json and not terminal.agrees(f"try: {trial.call('plan')}"):
            terminal.show(Item("skipped", "try", "skipped (you answered no)"))
            return True
        try:
            with busy("trying one runner, which takes a minute or so"):
                outcome = trial.play().call("outcome")
        except (Trap, WasmtimeError):
            terminal.show(Item("failed", "GitHub", SLOW, "run ./jitney try again"))
            return False
    if as_json:
        print(json.dumps(plain(outcome), indent=1))
    else:
        show(terminal, outcome)
    return not outcome.faults


def show(terminal: Terminal, outcome: Any) -> None:
    """How long each stage took, and what it came to."""
    for stage in outcome.stages:
        terminal.say(f"  {stage.took / 1000:7.2f} s  {stage.what}")
    total = sum(stage.took for stage in outcome.stages) / 1000
    terminal.say(f"  {total:7.2f} s  in all; the sandbox cost ${getattr(outcome, 'nano-usd') / 1e9:.6f}")
    terminal.show(*(Item.of(one) for one in outcome.faults))
    if not outcome.faults:
        terminal.show(Item("done", "try", "a runner came online at GitHub, and was removed again"))


def plain(outcome: Any) -> dict[str, Any]:
    """As JSON has it."""
    faults = [{name: getattr(one, name) for name in ("what", "why", "cure")} for one in outcome.faults]
    stages = [{"stage": one.what, "ms": one.took} for one in outcome.stages]
    return {"ok": not faults, "stages": stages, "usd": getattr(outcome, "nano-usd") / 1e9, "faults": faults}
