"""`setup`: each step is looked at first, announced if it would change something, done, and shown.

A step that finds everything in place changes nothing, so a second run does nothing but look and ping.
"""

import argparse
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from host.conversation import Conversation
from host.modal.cloud import SECRET, Cloud
from host.operator.busy import busy
from host.operator.doctor import examine, show
from host.operator.setup.browser import fetch_code
from host.operator.setup.record import Record, code_digest
from host.operator.setup.settings import Settings, as_item
from host.operator.setup.telling import telling
from host.operator.setup.terminal import Item, Terminal, any_in, stop
from host.operator.trial import attempt

#: Seconds between two looks whether the endpoint is ready.
AGAIN_AFTER = 1.0
UNKNOWN = "the endpoint's URL is not known: name it with --url, or do not skip the step `deploy`"


class Setup:
    """One run. `settings` gains what is made on the way."""

    def __init__(self, options: argparse.Namespace, environment: Mapping[str, str], terminal: Terminal) -> None:
        self._options = options
        self._terminal = terminal
        self._settings = Settings(environment)
        self._cloud = Cloud()
        self._keys: set[str] | None = None
        self._record = Record()
        #: What of the Modal secret is new in this run, and so not in the containers that run.
        self._fresh: set[str] = set()
        self._wants_app = options.app is not None and "GITHUB_APP_ID" not in self._settings.values
        #: The App's key is in the Modal secret and nowhere else, so GitHub cannot be asked from here.
        self._blind = False

    def run(self) -> int:
        """The exit status: 0 if no step failed."""
        with telling(self._terminal, "setup"):
            self._steps()
        well = "Nothing was changed (--dry-run)." if self._options.dry_run else "Setup finished."
        self._terminal.say(well if not self._terminal.bad else "Setup finished with errors (see above).")
        return int(self._terminal.bad > 0)

    def _steps(self) -> None:
        with busy("asking Modal"):
            self._cloud.reach()
        self._keys, self._record = self._cloud.secret_keys(), Record.load()
        named = self._options.url or self._settings.values.get("WEBHOOK_URL", "").strip().rstrip("/")
        self._record.endpoint = named or self._record.endpoint
        self._blind = self._settings.are_blind(self._keys)
        self._wants_app = self._wants_app and "GITHUB_APP_ID" not in (self._keys or ())
        self._read_settings()
        self._make_secret()
        self._store()
        self._deploy()
        if self._wants_app:
            install = self._make_app()
            if install is None:
                return
            # Before anything is waited for: GitHub shows the key once.
            self._store()
            self._terminal.wait_for_enter(f"install it on your repositories: {install}")
            self._deploy()
        self._await_ready()
        if self._blind:
            cure = "set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY to have webhook and permissions looked at from here"
            self._terminal.show(Item("skipped", "GitHub", "the App's key is in the Modal secret alone", cure))
            return
        self._align("mend")
        self._ping()
        self._examine()
        self._try()

    @property
    def _url(self) -> str:
        return self._record.endpoint or self._record.url or ""

    def _skips(self, step: str) -> bool:
        skipped = step in self._options.skip
        if skipped:
            self._terminal.show(Item("skipped", step, f"skipped (`--skip {step}`)"))
        return skipped

    def _may(self, step: str, will: str) -> bool:
        """Whether a change is to be made, after it was announced."""
        if self._options.dry_run:
            self._terminal.show(Item("wanted", step, will))
            return False
        if self._terminal.agrees(f"{step}: {will}"):
            return True
        self._terminal.show(Item("skipped", step, "skipped (you answered no)"))
        return False

    def _read_settings(self) -> None:
        if self._record.endpoint:
            self._settings.values["WEBHOOK_URL"] = self._record.endpoint
        without_token = self._wants_app or self._blind
        self._settings.ask_for_what_is_missing(self._terminal, without_token)
        pending = ["WEBHOOK_SECRET", *(["GITHUB_TOKEN"] if without_token else [])]
        self._settings.must_do(self._terminal, *pending)
        named = ", ".join(name for name in self._settings.names if name in self._settings.values)
        self._terminal.show(Item("kept", "settings", f"valid: {named}"), *self._settings.slips())

    def _make_secret(self) -> None:
        if self._skips("secret"):
            return
        stored = self._keys is not None and "WEBHOOK_SECRET" in self._keys
        component, given = self._settings.component(), "WEBHOOK_SECRET" in self._settings.values
        origin = Conversation(component, "setup", "secret-origin", self._url, given, stored).play().call("origin")
        known = {"given": "is WEBHOOK_SECRET of the environment", "stored": "unchanged, as Modal stores it"}
        if origin in known:
            self._terminal.show(Item("kept", "secret", known[origin]))
            return
        again = " (the stored one cannot be read back, and a webhook needs it)" if stored else ""
        if self._may("secret", f"make a new webhook secret{again}"):
            self._renew_secret()
            self._terminal.show(Item("done", "secret", "made"))

    def _renew_secret(self) -> None:
        self._settings.values["WEBHOOK_SECRET"] = secrets.token_hex(32)

    def _store(self) -> None:
        if self._skips("modal"):
            return
        keys = self._keys or set()
        told = {name: self._settings.values[name] for name in self._settings.names if name in self._settings.values}
        changed = {n: v for n, v in told.items() if n not in keys or not self._record.knows(n, v)}
        if not changed and self._keys is not None:
            self._terminal.show(Item("kept", "modal", f"the Modal secret {SECRET} is up to date"))
            return
        how = "update" if self._keys is not None else "create"
        if self._may("modal", f"{how} the Modal secret {SECRET}: {', '.join(changed)}"):
            self._cloud.give_secret(changed, exists=self._keys is not None)
            self._keys = keys | changed.keys()
            self._fresh |= changed.keys()
            self._record.note(changed)
            self._record.code = None
            self._record.save()
            self._terminal.show(Item("done", "modal", f"{SECRET} has {', '.join(changed)}"))

    def _deploy(self) -> None:
        if self._skips("deploy"):
            return
        code = code_digest()
        if self._record.code == code and self._record.url and self._cloud.app() is not None:
            self._terminal.show(Item("kept", "deploy", f"this version is deployed already, at {self._record.url}"))
            return
        if self._may("deploy", "`modal deploy modal_app.py`, which takes a few minutes the first time"):
            with busy("deploying"):
                self._record.url = self._cloud.deploy(dict.fromkeys(self._settings.names))
            self._record.code = code
            self._record.save()
            self._terminal.show(Item("done", "deploy", f"deployed at {self._record.url}"))

    def _make_app(self) -> str | None:
        """Where the App that is made is to be installed; None where none was."""
        if self._skips("app"):
            return None
        owner, url = self._options.app, self._url
        if not url and not self._options.dry_run:
            stop("app", UNKNOWN, "run setup again")
        if "modal" in self._options.skip:
            stop("app", "its key would go nowhere", "do not skip the step `modal`")
        if not self._may("app", "make a GitHub App in your browser: its key goes straight into the Modal secret"):
            return None

        def form(redirect: str) -> Any:
            made = self._settings.component().courses().call("setup", "manifest", owner, url, redirect)
            return stop("app", made, "correct it") if isinstance(made, str) else made

        code = fetch_code(self._terminal, form, not self._options.no_browser)
        try:
            app = Conversation(self._settings.component(), "setup", "conversion", code).play().result("app")
        except LookupError as fault:
            stop("app", str(fault), "run setup again")
        self._settings.values.pop("GITHUB_TOKEN", None)
        self._settings.values |= {
            "GITHUB_APP_ID": app.id,
            "GITHUB_APP_PRIVATE_KEY": app.key,
            "WEBHOOK_SECRET": getattr(app, "webhook-secret"),
        }
        self._settings.must_do(self._terminal)
        self._terminal.show(Item("done", "app", "GitHub made it"))
        return str(app.install)

    def _await_ready(self) -> None:
        if self._skips("ready") or self._options.dry_run:
            return
        if not self._url:
            stop("ready", UNKNOWN, "run setup again")
        with busy(f"waiting until {self._url} is ready"):
            item = self._look_until_ready()
        self._terminal.show(item)

    def _look_until_ready(self) -> Item:
        until = time.monotonic() + self._options.wait
        while True:
            item = look_at(self._url)
            if item.standing == "kept" or time.monotonic() >= until:
                return item
            time.sleep(AGAIN_AFTER)

    def _hooks(self, mode: str) -> list[Item]:
        secret = None if mode == "look" else self._settings.values.get("WEBHOOK_SECRET")
        return self._settings.errand("hooks", self._url, mode, secret)

    def _align(self, mode: str) -> None:
        if self._skips("webhooks"):
            return
        looked = self._hooks("look")
        renews = mode == "renew" or "WEBHOOK_SECRET" in self._fresh
        if not renews and not any_in(looked, "wanted"):
            self._terminal.show(*looked)
            return
        if self._options.dry_run:
            self._terminal.show(*looked)
            return
        will = "; ".join(f"{item.what} {item.why}" for item in looked if item.standing == "wanted")
        given = "give the webhooks the secret" if renews else ""
        if self._may("webhooks", "; ".join(filter(None, [will, given]))):
            self._terminal.show(*self._hooks("renew" if renews else "mend"))

    def _pings(self) -> list[Item]:
        with busy("waiting for the pings"):
            return self._settings.errand("ping", self._url)

    def _ping(self) -> None:
        if self._skips("ping") or self._options.dry_run:
            return
        pinged = self._pings()
        if any_in(pinged, "refused"):
            seen = "; ".join(item.what for item in pinged if item.standing == "refused")
            will = f"{seen} is refused: give GitHub and the endpoint the same secret and ping again"
            if self._may("ping", will):
                if "WEBHOOK_SECRET" not in self._settings.values:
                    self._renew_secret()
                    self._store()
                    self._deploy()
                    self._await_ready()
                self._align("renew")
                pinged = self._pings()
        self._terminal.show(*pinged)

    def _examine(self) -> None:
        if self._skips("doctor") or self._options.dry_run:
            return
        kept = set() if "WEBHOOK_SECRET" in self._settings.values else {"WEBHOOK_SECRET"}
        with busy("asking GitHub and Modal"):
            found = [one for one in examine(self._settings.values) if one.what not in kept]
        show(found)
        self._terminal.show(*(as_item(one) for one in found if one.level == "fail"))

    def _try(self) -> None:
        """Nobody who says yes to everything says so to a machine that costs something: it is offered."""
        if self._skips("try") or self._options.dry_run or self._terminal.bad:
            return
        if self._options.yes:
            self._terminal.say("Next: `./jitney try` starts one real runner and removes it again.")
            return
        if not attempt(self._settings.component(), self._terminal, None, local=False, as_json=False):
            self._terminal.say("The installation is in place, but a runner did not come up.")


def look_at(url: str) -> Item:
    """How the endpoint says that it stands."""
    try:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                said = json.loads(answer.read(1 << 20))
        except urllib.error.HTTPError as error:
            said = json.loads(error.read(1 << 20))
        if said["ready"]:
            return Item("kept", "ready", f"{url} is ready")
        faults = [f"{one['setting']} {one['fault']}; {one['cure']}" for one in said["problems"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        cure = "run `modal app logs jitney` to see why, then run setup again"
        return Item("failed", "ready", f"{url} does not answer like jitney ({type(error).__name__})", cure)
    return Item("failed", "ready", f"{url} is not ready", "; ".join(faults))
