"""The settings of `setup` and `teardown`: those of the environment, and what is missing, asked for."""

from collections.abc import Mapping
from typing import Any

from host.component import Component, Loaded
from host.conversation import Conversation
from host.operator.doctor import Finding, of_settings
from host.operator.setup.terminal import Item, Stopped, Terminal, stop

TOKEN = """A GitHub token with Administration and Webhooks: Read and write, Actions: Read-only on those repositories
(Settings → Developer settings → Fine-grained tokens; `--app` makes a GitHub App instead)"""


#: As a finding's level says how a thing stands.
STANDINGS = {"ok": "kept", "warn": "warned", "fail": "failed"}


class Settings:
    """What is known. `values` holds secrets; a component told of them is made anew whenever they change."""

    def __init__(self, environment: Mapping[str, str], loaded: Loaded | None = None) -> None:
        self.loaded = loaded or Loaded()
        component = Component(environment, self.loaded)
        self.names = [setting.name for setting in component.declared()]
        self._misspelt = of_settings([], component.misspelt())
        self.values = {name: environment[name] for name in self.names if environment.get(name, "").strip()}

    def component(self) -> Component:
        """One that is told all of it."""
        return Component(self.values, self.loaded)

    def errand(self, opening: str, *arguments: Any) -> list[Item]:
        """Does something at GitHub, as `setup.errand` of the WIT has it: how each thing stands then."""
        try:
            errand = Conversation(self.component(), "setup", "errand", *arguments, opening=opening)
        except LookupError as fault:
            stop("settings", str(fault), "`./jitney doctor` names each fault")
        return [Item.of(one) for one in errand.play().call("items")]

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

    def check(self, *pending: str) -> list[Item]:
        """What the component has against them, apart from settings that are still to come."""
        found = of_settings(self.component().check())
        return [as_item(one) for one in found if one.what not in pending]

    def slips(self) -> list[Item]:
        """Variables of the environment that look like misspelt settings."""
        return [as_item(one) for one in self._misspelt]

    def must_do(self, terminal: Terminal, *pending: str) -> None:
        """Shows what is wrong with them; ends the command where that is something."""
        faults = [item for item in self.check(*pending) if item.standing == "failed"]
        if faults:
            terminal.show(*faults[:-1])
            raise Stopped(faults[-1])


def as_item(one: Finding) -> Item:
    """The doctor's, for the terminal of `setup`."""
    return Item(STANDINGS[one.level], one.what, one.why, one.cure)
