"""Modal and GitHub around containers: what each knows, and that no secret crossed where none may."""

import json
import pickle
import time
from typing import Any, Self

from modal._serialization import serialize
from modal_proto import api_pb2 as api

from host.launcher import TICKETS
from host.modal import image
from tests import canaries
from tests.container.deployed import APP, Deployed
from tests.container.gateway import Gateway
from tests.container.running import Running
from tests.control_plane import FakeSandbox
from tests.control_plane.calls import Call
from tests.control_plane.state import State
from tests.control_plane.stored import stored_id
from tests.origins import instead
from tests.processes import SECRET
from tests.standin import StandinGitHub
from tests.standin.server import TOKEN

#: The Dict in which tickets wait.
TICKETS_ID = stored_id("di", TICKETS)


class Cloud:
    """A context manager: the app is deployed, its runner image published, and nothing runs."""

    def __init__(self, deployed: Deployed, **settings: str) -> None:
        self.deployed, self.github = deployed, StandinGitHub()
        deployed.plane.reset()
        # Another file's tests may have stopped it.
        self.state.apps[APP] = deployed.app
        told = {"GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "ALLOWED_REPOS": "octo/demo"}
        told |= {"GITHUB_API_URL": self.github.url} | instead(deployed.origins)
        self.state.secrets["github-secret"] = told | settings
        self.state.published[f"main/{image.published(None)}:latest"] = "im-runner"
        self.state.named_dicts |= {APP, TICKETS}
        self.gateway = Gateway(deployed)

    @property
    def state(self) -> State:
        """What the fake Modal knows."""
        return self.deployed.plane.state

    def run(self, name: str = "Jitney.*", *, snapshot: bool = False, ends: bool = False, **settings: str) -> Running:
        """A new container of a function, which is told what the secret holds, but for these `settings`."""
        return Running(self.deployed, name, snapshot=snapshot, ends=ends, **settings)

    def once(self, name: str, *arguments: Any, expected: tuple[str, ...] = ()) -> tuple[Any, list[str]]:
        """One call of a function in a container of its own: its result, and what the container wrote. Nothing beside
        the `expected` events may be worse than `info`."""
        call = self.gateway.call(name, *arguments)
        with self.run(name) as container:
            result = self.gateway.returned(call)
            assert container.scale_down() == 0
        return result, container.lines

    def ended_well(self) -> None:
        """The container before ended as it should, and swept just now: the next one owes no sweep."""
        said = json.dumps({"id": None, "swept": time.time()})
        self.state.dicts[stored_id("di", APP)][serialize("process")] = serialize(said)

    def sandboxes(self, job: int) -> list[FakeSandbox]:
        """Those that were started for a job."""
        return [one for one in self.state.sandboxes.values() if one.tags["job"] == str(job)]

    def tickets(self, job: int) -> list[dict[str, Any]]:
        """The tickets of a job that wait in the Dict: `ticket` and when each is `due`."""
        kept = [json.loads(pickle.loads(value)) for value in list(self.state.dicts[TICKETS_ID].values())]
        return [one for one in kept if json.loads(one["ticket"])["job"] == job]

    @property
    def resumptions(self) -> list[Call]:
        """The calls that hold a container while tickets wait."""
        return [call for call in self.state.calls if call.input.method_name == "resume"]

    def __enter__(self) -> Self:
        self.github.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.github.__exit__()
        assert self.github.violations == []
        for call, message in self.state.requests:
            if not call.startswith("SandboxStdinWrite"):
                canaries.assert_none_in(message.SerializeToString(), f"the call {call}")


SUCCESS = api.GenericResult.GENERIC_STATUS_SUCCESS
