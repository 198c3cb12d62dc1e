"""The settings of `setup` and `teardown`: those of the environment, and what is missing, asked for."""

import json
from collections.abc import Mapping

from host.component import Component, Loaded
from host.operator.setup.terminal import Step, Stopped, Terminal

TOKEN = """A GitHub token with Administration and Webhooks: Read and write, Actions: Read-only on those repositories
(Settings → Developer settings → Fine-grained tokens; `--app` makes a GitHub App instead)"""


class Settings:
    """What is known. `values` holds secrets; a component told of them is made anew whenever they change."""

    def __init__(self, environment: Mapping[str, str], loaded: Loaded | None = None) -> None:
        self.loaded = loaded or Loaded()
        self.names = [setting.name for setting in Component({}, self.loaded).declared()]
        self.values = {name: environment[name] for name in self.names if environment.get(name, "").strip()}

    def component(self) -> Component:
        """One that is told all of it."""
        return Component(self.values, self.loaded)

    def are_blind(self, stored: set[str] | None) -> bool:
        """Whether GitHub cannot be asked from here: the App's key is among the `stored` settings and nowhere else."""
        return "GITHUB_APP_ID" in (stored or ()) and not self.values.keys() & {"GITHUB_APP_ID", "GITHUB_TOKEN"}

    def ask_for_what_is_missing(self, terminal: Terminal, with_app: bool) -> None:
        """The repositories, and where no App is to be made the token."""
        if "ALLOWED_REPOS" not in self.values:
            question = "Repositories that get runners, as owner/repo,owner/repo"
            self.values["ALLOWED_REPOS"] = terminal.ask("ALLOWED_REPOS", question)
        if not with_app and not self.values.keys() & {"GITHUB_TOKEN", "GITHUB_APP_ID"}:
            self.values["GITHUB_TOKEN"] = terminal.ask("GITHUB_TOKEN", TOKEN, hidden=True)

    def check(self, *pending: str) -> list[Step]:
        """What the component has against them, apart from settings that are still to come."""
        found: dict[str, Step] = {}
        for part in self.component().check():
            report = json.loads(part.report)
            for state, kind in (("failed", "problems"), ("skipped", "warnings")):
                for one in report[kind]:
                    step = Step(state, one["setting"], one["fault"], one["cure"])
                    if one["setting"] not in pending:
                        found.setdefault(f"{step.what} {step.why}", step)
        return list(found.values())

    def must_do(self, terminal: Terminal, *pending: str) -> None:
        """Shows what is wrong with them; ends the command where that is something."""
        faults = [step for step in self.check(*pending) if step.state == "failed"]
        if faults:
            terminal.show(*faults[:-1])
            raise Stopped(faults[-1])
