"""The app as it was deployed: by the real client, against the fake control plane, once for all containers of it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from modal_proto import api_pb2 as api

from tests.container.image import lay_out
from tests.control_plane import ControlPlane
from tests.control_plane.stored import stored_id
from tests.processes import ROOT

APP = "jitney"
#: Modal's own window where none is declared.
UNDECLARED = 60


class Deployed:
    """What Modal knows after `modal deploy modal_app.py`, and the files of its containers below `home`."""

    def __init__(self, plane: ControlPlane, home: Path) -> None:
        self.plane = plane
        self._home = home
        #: Where git finds github.com's repositories.
        self.origins = home / "origins"
        self._laid_out: dict[str, Path] = {}
        self.deploy()

    def deploy(self) -> None:
        """Once more is a redeploy."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        told = subprocess.run(
            [sys.executable, "-m", "modal", "deploy", "modal_app.py"],
            cwd=ROOT, env=inherited | self.plane.environment(), capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stdout + told.stderr
        state = self.plane.state
        self._state = state
        self.app = state.apps[APP]
        self._functions = {name: sent.function for name, sent in state.functions.items()}
        self._anonymous = {new: kept for new, kept in state.secrets.items() if new.startswith("st-")}

    def root(self, name: str) -> Path:
        """The root of the file system of this function's containers."""
        image = self._functions[name].image_id
        if image not in self._laid_out:
            root = self._home / image
            lay_out(self._state, self._functions[name], root)
            self._laid_out[image] = root
        return self._laid_out[image]

    def function_id(self, name: str) -> str:
        """The id by which a function is called."""
        return stored_id("fu", name)

    def window(self, name: str) -> float:
        """Seconds without a call after which a container of this function ends."""
        sent = self._functions[name]
        return 0.0 if sent.single_use_containers else float(sent.task_idle_timeout_secs or UNDECLARED)

    def restores(self, name: str) -> bool:
        """Whether a container of this function begins with a memory snapshot."""
        return bool(self._functions[name].checkpointing_enabled)

    def environment(self, name: str) -> dict[str, str]:
        """The variables of the function's secrets: what is stored in them now, and what the app itself gives."""
        told: dict[str, str] = {}
        for secret in self._functions[name].secret_ids:
            stored = next((n for n in self.plane.state.secrets if stored_id("st", n) == secret), None)
            told |= self._anonymous[secret] if stored is None else self.plane.state.secrets[stored]
        return told

    def arguments(self, name: str, task: str, checkpoint: str = "") -> bytes:
        """What Modal lays beside a container of this function: the `ContainerArguments`."""
        definition = api.Function()
        definition.CopyFrom(self._functions[name])
        definition.is_checkpointing_function = definition.checkpointing_enabled
        layout = api.AppLayout(
            function_ids={each: self.function_id(each) for each in self._functions},
            class_ids={"Jitney": stored_id("cs", "Jitney")},
        )
        for each in self._functions:
            layout.objects.add(object_id=self.function_id(each), function_handle_metadata=self._handle(each))
        layout.objects.add(object_id=layout.class_ids["Jitney"], class_handle_metadata=api.ClassHandleMetadata())
        for dependency in definition.object_dependencies:
            layout.objects.add(object_id=dependency.object_id)
        arguments = api.ContainerArguments(
            task_id=task, function_id=self.function_id(name), app_id=self.plane.state.apps[APP],
            function_def=definition, environment_name="main", checkpoint_id=checkpoint, app_layout=layout,
        )  # fmt: skip
        return arguments.SerializeToString()

    def _handle(self, name: str) -> Any:
        return self._state.handles[name]
