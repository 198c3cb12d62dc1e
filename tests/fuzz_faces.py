"""The artifact's other faces under mutated words: courses, keys, what an operator asks, what all courses share, a
sandbox's last words, the command line. GitHub is a server that answers anything. For `tests/fuzz_component.py`.

Each call has a fresh instance, at most `MEMORY`, and at most `FUEL`, which is instructions and so the same anywhere.
An instance that wants more traps, and a trap is a promise broken.
"""

import json
import random
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from wasmtime import Config, Engine, ExitTrap, Store, WasiConfig
from wasmtime.component import Variant

from host.component import MIB, Component, Course, Environment, Loaded
from host.conversation import Conversation
from tests.processes import ROOT
from tests.standin.app import APP_ID, KEYS

MEMORY = 32 * MIB
FUEL = 2_000_000_000
#: A course that is told nonsense may go on; nobody listens to it longer than this.
STEPS = 40

Mutate = Callable[[list[str]], str]


class Bounded(Component):
    """A component whose instances are counted: what the dearest call took."""

    def __init__(self, environment: dict[str, str], loaded: Loaded) -> None:
        self.stores: list[Store] = []
        self.most = 0
        super().__init__(environment, loaded)

    def store(self, environment: Environment, memory: int, epochs: int, http: bool) -> Store:
        """As the component's, with fuel, and less memory."""
        store = super().store(environment, min(memory, MEMORY), epochs, http)
        store.set_fuel(FUEL)
        self.stores.append(store)
        return store

    def run(self, instance: Any, store: Store) -> None:
        """The command line's face."""
        exports = self._artifact.type.exports(self._engine)
        interface = next(name for name in exports if name.startswith("wasi:cli/run@"))
        found = instance.get_func(
            store, self._artifact.get_export_index("run", self._artifact.get_export_index(interface))
        )
        found(store)

    def count(self) -> None:
        """The call is over."""
        self.most = max([self.most, *(FUEL - store.get_fuel() for store in self.stores)])
        self.stores.clear()


def loaded() -> Loaded:
    """The artifact, for an engine that counts instructions."""
    config = Config()
    config.epoch_interruption = True
    config.consume_fuel = True
    return Loaded(engine=Engine(config))


def seeds(target: str) -> list[str]:
    """A target's seeds, as text."""
    return [path.read_text() for path in sorted((ROOT / "fuzz" / "corpus" / target).iterdir())]


class Anything:
    """A GitHub that answers anything: a context manager, with its address."""

    def __init__(self, dice: random.Random, mutate: Mutate) -> None:
        bodies = [part for seed in seeds("operator") for part in seed.split("\n---\n")[1:]]

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def _answer(self) -> None:
                status, _, body = mutate(bodies).partition(" ")
                number = int(status) if status.isascii() and status.isdecimal() and 200 <= int(status) < 600 else 200
                sent = body.encode(errors="replace")
                self.send_response(number)
                self.send_header("content-length", str(len(sent)))
                if dice.randrange(8) == 0:
                    self.send_header("retry-after", str(dice.randrange(3)))
                self.end_headers()
                self.wfile.write(sent if number not in (204, 304) else b"")

            do_GET = do_POST = do_PATCH = do_DELETE = _answer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()


class Faces:
    """All faces but `decide`, each a function that makes one call."""

    def __init__(self, dice: random.Random, mutate: Mutate, github: str) -> None:
        self._dice, self._mutate = dice, mutate
        told = {
            "GITHUB_API_URL": github,
            "ALLOWED_REPOS": "octo/x,octo/*",
            "WEBHOOK_SECRET": "a secret of the fuzzer's",
        }
        app = {"GITHUB_APP_ID": APP_ID, "GITHUB_APP_PRIVATE_KEY": (KEYS / "app.pkcs1.pem").read_text()}
        artifact = loaded()
        self.component = Bounded(told | {"GITHUB_TOKEN": "ghp_canary"}, artifact)
        self.app = Bounded(told | app, artifact)
        self.all: dict[str, Callable[[], None]] = {
            "course": self.course, "keys": self.keys, "operator": self.operator, "house": self.house,
            "ending": self.ending, "command line": self.command_line,
        }  # fmt: skip

    def course(self) -> None:
        """A ticket, and reports in any order."""
        purpose = self._dice.choice(["launch", "refuse", "release", "pair"])
        ticket = {
            "purpose": purpose, "delivery": None, "repository": "octo/x", "job": 7, "run": 3, "labels": ["modal"],
            "created": None, "runner": "jitney-8-abcdefgh", "deferrals": self._dice.randrange(3),
        }  # fmt: skip
        text = json.dumps(ticket)
        try:
            course = Course(self.component, "open", text if self._dice.randrange(3) else self._mutate([text]))
        except ValueError:
            return
        report = Variant("opened")
        for _ in range(STEPS):
            command = course.next(report)
            if command.tag in ("finish", "defer"):
                return
            report = self._report()

    def _report(self) -> Variant:
        text = self._mutate(['"Go"', '"First"', '{"Held":10}', "sb-1", "ghp_x"])
        number = self._dice.getrandbits(31)
        reports = [
            ("started", text), ("taken", None), ("full", None), ("ended", number), ("done", None), ("found", []),
            ("spent", number), ("credential", text), ("ruling", text),
        ]  # fmt: skip
        return Variant(*self._dice.choice(reports))

    def keys(self) -> None:
        """What a credential is wanted for."""
        wanted = self._mutate([seed.partition("\n---\n")[0] for seed in seeds("keys")])
        self.app.keys().call("keys", "get", wanted)

    def operator(self) -> None:
        """What an operator asks, and what GitHub answers."""
        subject = self._mutate(["octo/x 41", "https://github.com/octo/x/actions/runs/3/job/41", "guid-1"])
        errands: list[tuple[Any, ...]] = [
            ("doctor", "examination", "open", True), ("explain", "questions", "open", subject, []),
            ("releases", "search", "open"), ("setup", "conversion", "open", subject),
            ("setup", "errand", "remove-registrations", True),
        ]  # fmt: skip
        interface, resource, opening, *arguments = self._dice.choice(errands)
        try:
            asked = Conversation(self.component, interface, resource, *arguments, opening=opening)
        except LookupError:
            return
        for _ in range(STEPS):
            if asked.call("next", Variant("opened")) is None:
                return

    def house(self) -> None:
        """What courses ask, in any order."""
        instance = self.component.house()
        house = instance.call("house", "[constructor]house")
        for line in self._mutate(seeds("house")).splitlines()[:STEPS]:
            course, _, rest = line.partition(" ")
            question = rest.partition(" ")[2]
            number = int(course) if course.isascii() and course.isdecimal() and len(course) < 10 else 1
            instance.call("house", "[method]house.ask", house, number, question)

    def ending(self) -> None:
        """What a sandbox wrote last."""
        ending = self.component.ending(self._mutate(seeds("ending")), self._dice.randrange(-200, 200))
        assert self.component.bare().call("status", "why-ended", ending.cause)

    def command_line(self) -> None:
        """Arguments, and a delivery on standard input."""
        text = self._mutate(seeds("replay"))
        arguments, mark, delivery = text.partition("\n--\n")
        if not mark:
            arguments, delivery = self._dice.choice(["--unsigned", "--unsigned\n--json", "--event\nping"]), text
        given = [one for one in arguments.split("\n") if "\0" not in one and one != "--mint"]
        wasi = WasiConfig()
        wasi.argv = ["jitney.wasm", "replay", *given]
        wasi.env = [("WEBHOOK_SECRET", "a secret of the fuzzer's")]
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "in").write_text(delivery, errors="replace")
            wasi.stdin_file = str(Path(folder) / "in")
            wasi.stdout_file = wasi.stderr_file = str(Path(folder) / "out")
            store = self.component.store([], MEMORY, 50, http=False)
            store.set_wasi(wasi)
            instance = self.component.instantiate(store, http=False)
            try:
                self.component.run(instance, store)
            except ExitTrap as ended:
                assert ended.code in (0, 2, 3), ended.code
