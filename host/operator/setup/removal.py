"""`teardown`: looks what is there, says it, asks once, removes it, and looks again.

GitHub comes first, for the credential may be nowhere but in the Modal secret's place; the app goes before the
registrations, for its sweep would make new ones; the secret goes last, once GitHub is clean.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from host.modal.client import AuthError, Error
from host.modal.cloud import SECRET, Cloud
from host.operator.busy import busy
from host.operator.setup.record import Record
from host.operator.setup.settings import Settings
from host.operator.setup.telling import telling
from host.operator.setup.terminal import Item, Terminal, any_in

PAGES = "https://modal.com"
#: Where the App's key is in the Modal secret alone, nobody but the deployed app could ask GitHub.
ALONE = Item(
    "skipped", "GitHub App", "stays: GitHub's API cannot delete an App, and its key is in the Modal secret alone",
    "delete it under Settings → Developer settings → GitHub Apps: its webhook goes with it, and GitHub removes what "
    "is registered and never connected within a day; or set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of thing that setup or jitney made: what there is of it, and its removal."""

    name: str
    look: Callable[[], list[Item]]
    remove: Callable[[], list[Item]]


class Teardown:
    """One run."""

    def __init__(self, options: argparse.Namespace, environment: Mapping[str, str], terminal: Terminal) -> None:
        self._options = options
        self._terminal = terminal
        self._settings = Settings(environment)
        self._cloud = Cloud()
        #: Where webhooks of ours may lead; none where it is not known.
        self._urls: list[str] = []
        #: Whether GitHub is as clean as it can be, so that the credential may go.
        self._clean = True
        self._blind = False
        #: Whether jitney was ever at this Modal. Another's secret may have the same name, and keys of the same names.
        self._was_here = False

    def run(self) -> int:
        """The exit status: 0 if nothing is left that could be removed."""
        status = 1
        with telling(self._terminal, "teardown"):
            with busy("asking Modal"):
                self._cloud.reach()
                self._was_here = self._cloud.app() is not None or self._cloud.has_dict()
            self._blind = self._settings.are_blind(self._cloud.secret_keys())
            if not self._blind:
                self._settings.ask_for_what_is_missing(self._terminal, with_app=False)
                self._settings.must_do(self._terminal, "WEBHOOK_SECRET")
            record = Record.load()
            named = (self._options.url, self._settings.values.get("WEBHOOK_URL"), record.endpoint, record.url)
            self._urls = list(dict.fromkeys(url.rstrip("/") for url in named if url))
            status = self._remove()
        return status

    def _remove(self) -> int:
        parts = [part for part in self._parts() if part.name not in self._options.skip]
        there = {part.name: self._try(part.name, part.look) for part in parts}
        found = [item for items in there.values() for item in items if item.standing != "kept"]
        self._terminal.show(*found)
        if not any_in(found, "wanted"):
            self._terminal.say("nothing is there" if not found else "nothing is there that could be removed")
            return int(any_in(found, "failed"))
        if self._options.dry_run:
            self._terminal.say("this changed nothing; without --dry-run it would")
            return int(any_in(found, "failed"))
        if not self._terminal.agrees("teardown: remove all of this, for good"):
            self._terminal.say("nothing was changed")
            return 1
        for part in parts:
            if any_in(there[part.name], "wanted"):
                done = self._try(part.name, part.remove)
                self._terminal.show(*(item for item in done if item.standing != "skipped"))
        return self._look_again(parts)

    @staticmethod
    def _try(name: str, act: Callable[[], list[Item]]) -> list[Item]:
        """What Modal does not do for one part keeps no other from going."""
        try:
            return act()
        except AuthError:
            raise
        except Error as error:
            why = f"Modal cannot do it: {type(error).__name__}: {error}"
            return [Item("failed", name, why, "run teardown again, or see https://modal.com/apps")]

    def _look_again(self, parts: list[Part]) -> int:
        looked = [item for part in parts for item in self._try(part.name, part.look)]
        left = [item for item in looked if item.standing != "kept"]
        if not left:
            self._terminal.say("nothing is left")
            return 0
        self._terminal.say("\nThis is left:")
        self._terminal.show(*left)
        return int(any_in(left, "wanted", "failed"))

    def _parts(self) -> list[Part]:
        cloud = self._cloud
        if self._blind:
            github = [Part("webhooks", lambda: [ALONE], lambda: [])]
        else:
            github = [
                Part("webhooks", lambda: self._remove_hooks(look=True), self._clean_hooks),
                Part(
                    "registrations",
                    lambda: self._settings.errand("remove-registrations", True),
                    lambda: self._note(self._settings.errand("remove-registrations", False)),
                ),
            ]
        images = _many("images", cloud.images, cloud.unpublish, f"{PAGES}/images")
        caches = _many("caches", cloud.caches, cloud.delete_cache, f"{PAGES}/storage")
        return [
            *github[:1],
            Part("app", self._look_at_app, self._stop_app),
            *github[1:],
            Part("dict", lambda: _if(cloud.has_dict(), "Modal Dict jitney", "storage"), self._delete_dict),
            images,
            caches,
            Part("secret", self._look_at_secret, self._delete_secret),
        ]

    def _note(self, items: list[Item]) -> list[Item]:
        self._clean = self._clean and not any_in(items, "failed")
        return items

    def _remove_hooks(self, look: bool) -> list[Item]:
        """Each URL's; what is the same for all of them once."""
        items = [item for url in self._urls or [""] for item in self._settings.errand("remove-hooks", url, look)]
        told = [item for item in dict.fromkeys(items) if item.standing != "kept"]
        return told or items[:1]

    def _clean_hooks(self) -> list[Item]:
        return self._note(self._remove_hooks(look=False))

    def _look_at_app(self) -> list[Item]:
        app = self._cloud.app()
        if app is None:
            return [Item("kept", "Modal app jitney", "there is none")]
        living = len(self._cloud.sandboxes(app))
        why = f"is there, and {living} sandboxes live in it" if living else "is there"
        return [Item("wanted", "Modal app jitney", why, f"{PAGES}/apps")]

    def _stop_app(self) -> list[Item]:
        """Stopping the app ends its sandboxes too; each is ended first all the same, so that none depends on it."""
        app = self._cloud.app()
        if app is None:
            return []
        items = []
        if self._options.keep_running:
            while living := len(self._cloud.sandboxes(app)):
                self._terminal.say(f"waiting for {living} sandboxes to end")
                time.sleep(self._options.every)
        app.stop()
        ended = 0
        for sandbox in self._cloud.sandboxes(app):
            sandbox.terminate()
            ended += 1
        if ended:
            items.append(Item("done", "sandboxes", f"{ended} are ended"))
        return [*items, Item("done", "Modal app jitney", "is stopped")]

    def _delete_dict(self) -> list[Item]:
        if not self._clean:
            return [Item("skipped", "Modal Dict jitney", "stays while the secret does: it shows whose that is")]
        self._cloud.delete_dict()
        return [Item("done", "Modal Dict jitney", "is deleted")]

    def _look_at_secret(self) -> list[Item]:
        keys = self._cloud.secret_keys()
        if foreign := sorted((keys or set()) - set(self._settings.names)):
            why = f"stays: {', '.join(foreign)} in it is none of jitney's"
            return [Item("skipped", f"Modal secret {SECRET}", why, f"delete it yourself: {PAGES}/secrets")]
        if keys is not None and not self._was_here:
            why = "stays: jitney has neither an app nor a Dict here, so it may be somebody else's"
            return [Item("skipped", f"Modal secret {SECRET}", why, f"delete it yourself: {PAGES}/secrets")]
        return _if(keys is not None, f"Modal secret {SECRET}", "secrets")

    def _delete_secret(self) -> list[Item]:
        if not self._clean:
            cure = "fix what failed above and run teardown again"
            return [Item("failed", f"Modal secret {SECRET}", "stays while GitHub is not clean", cure)]
        self._cloud.delete_secret()
        return [Item("done", f"Modal secret {SECRET}", "is deleted")]


def _if(there: bool, what: str, page: str) -> list[Item]:
    if there:
        return [Item("wanted", what, "is there", f"{PAGES}/{page}")]
    return [Item("kept", what, "there is none")]


def _many(kind: str, find: Callable[[], list[str]], remove: Callable[[str], None], page: str) -> Part:
    def look() -> list[Item]:
        return [Item("wanted", f"Modal's {kind}: {name}", "is there", page) for name in find()]

    def away() -> list[Item]:
        names = find()
        for name in names:
            remove(name)
        return [Item("done", f"Modal's {kind}: {name}", "is removed") for name in names]

    return Part(kind, look, away)
