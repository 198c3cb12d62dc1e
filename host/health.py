"""What `GET /` says: whether the settings are valid, and what of the host is ill. The status page says more."""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from host import VERSION, log
from host.component import Component

#: What runs in sandboxes.
RUNNER = Path(__file__).resolve().parent.parent / "target" / "jitney-runner"

#: The WIT's `trouble`.
Trouble = Literal["tickets", "taking-up", "sweeping", "house"]


class Health:
    """One for all of a process. `report` is the answer's content, always the same object."""

    def __init__(self, component: Component) -> None:
        self._component = component
        checked = component.check()
        #: The reply that every delivery gets while a setting is missing or malformed.
        self.unready = next((part.unready for part in checked if part.unready), None)
        self._told = _found([*(part.report for part in checked), component.misspelt()])
        self._shown = _found([part.shown for part in checked])
        self._ill: dict[Trouble, dict[str, Any]] = {}
        self.report: dict[str, Any] = {
            "name": "jitney",
            "version": VERSION,
            "ready": self.unready is None,
            "component": component.sha256,
            "runner": _runner_sha256(),
        } | self._shown
        for found in self._told["problems"]:
            log.logger().error("settings", **found)
        for found in self._told["warnings"]:
            log.logger().warning("settings", **found)

    def ill(self, trouble: Trouble) -> None:
        """Something failed."""
        if trouble not in self._ill:
            said = self._component.bare().call("status", "troubled", trouble)
            self._ill[trouble] = json.loads(said)
            self._say()

    def well(self, trouble: Trouble) -> None:
        """It works, or works again."""
        if self._ill.pop(trouble, None) is not None:
            self._say()

    def is_ill(self, trouble: Trouble) -> bool:
        """Whether it failed, and did not work since."""
        return trouble in self._ill

    def told(self) -> dict[str, Any]:
        """The report for those who may see the status page: all that is the matter with the settings."""
        return self.report | self._told | {"problems": [*self._told["problems"], *self._ill.values()]}

    def _say(self) -> None:
        self.report["ready"] = self.unready is None and not self._ill
        self.report["problems"] = [*self._shown["problems"], *self._ill.values()]


def _found(reports: list[str]) -> dict[str, Any]:
    """The problems and warnings of several reports, each once."""
    read = [json.loads(report) for report in reports]
    return {
        kind: list({json.dumps(found): found for report in read for found in report[kind]}.values())
        for kind in ("problems", "warnings")
    }


@functools.cache
def _runner_sha256() -> str | None:
    """Of the binary that runs in sandboxes; None if it was not built."""
    return hashlib.sha256(RUNNER.read_bytes()).hexdigest() if RUNNER.exists() else None
