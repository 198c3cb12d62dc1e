"""What jitney asks of GitHub, out of GitHub's own OpenAPI description: `python tools/openapi.py PACKAGE.tgz FOLDER`.

PACKAGE is what `npm pack @octokit/openapi` brings, in which GitHub publishes its description for github.com and for
each Enterprise Server. Left are the operations that the core uses (`cargo run --example requests`) and the schemas
that they refer to, as JSON Schema and without prose. Run it again for a newer package; the tests then hold jitney
against it.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

VERSIONS = ("api.github.com", "ghes-3.17", "ghes-3.19")
#: What says nothing of a value's form.
PROSE = {
    "description", "example", "examples", "title", "summary", "externalDocs", "default", "deprecated", "xml",
    "readOnly", "writeOnly", "discriminator",
}  # fmt: skip
REF = "#/components/schemas/"


def schema(found: Any, names: bool = False) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema. `names` says that the keys are a value's own."""
    if isinstance(found, list):
        return [schema(one) for one in found]
    if not isinstance(found, dict):
        return found
    if names:
        return {name: schema(one) for name, one in found.items()}
    made = {
        key: schema(one, names=key == "properties")
        for key, one in found.items()
        if key not in PROSE and not key.startswith("x-") and key != "nullable"
    }
    if not found.get("nullable"):
        return made
    if isinstance(made.get("type"), str) and "enum" not in made:
        return made | {"type": [made["type"], "null"]}
    return {"anyOf": [made, {"type": "null"}]}


class Description:
    """One of the descriptions."""

    def __init__(self, read: dict[str, Any]) -> None:
        self._read = read
        self._paths = {
            re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))): path
            for path in sorted(read["paths"], key=lambda path: path.count("{"))
        }
        self.schemas: dict[str, Any] = {}

    def operation(self, method: str, path: str) -> tuple[str, Any] | None:
        """The operation of a request, under its path as the description has it."""
        for pattern, name in self._paths.items():
            if pattern.fullmatch(path) and method in self._read["paths"][name]:
                return name, self._operation(self._read["paths"][name][method])
        return None

    def _operation(self, found: Any) -> Any:
        parameters = [self._resolved(one) for one in found.get("parameters", [])]
        asked = {one["name"]: self._kept(one["schema"]) for one in parameters if one["in"] == "query"}
        responses = {status: self._content(self._resolved(one)) for status, one in found["responses"].items()}
        made: dict[str, Any] = {"query": asked, "responses": responses}
        if "requestBody" in found:
            body = self._resolved(found["requestBody"])
            made |= {"body": self._content(body), "needs_body": body.get("required", False)}
        return made

    def _content(self, found: Any) -> Any:
        """A body's schema; None where there is no body."""
        for kind, content in found.get("content", {}).items():
            if kind.startswith("application/json") or kind == "application/scim+json":
                return self._kept(content["schema"])
        return None

    def _resolved(self, found: Any) -> Any:
        if "$ref" not in found:
            return found
        at = self._read
        for part in found["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        return at

    def _kept(self, found: Any) -> Any:
        made = schema(found)
        left = [made]
        while left:
            one = left.pop()
            if isinstance(one, list):
                left.extend(one)
            elif isinstance(one, dict):
                left.extend(one.values())
                name = str(one.get("$ref", "")).removeprefix(REF)
                if name and name not in self.schemas:
                    self.schemas[name] = schema(self._read["components"]["schemas"][name])
                    left.append(self.schemas[name])
        return made


def requests() -> list[dict[str, Any]]:
    """Every request that the core can make."""
    command = ["cargo", "run", "--quiet", "--locked", "--example", "requests"]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return [json.loads(line) for line in told.splitlines()]


def main() -> int:
    """Writes a file for each version."""
    package, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    asked = {(one["method"], one["path"].partition("?")[0]) for one in requests()}
    with tarfile.open(package) as archive:

        def member(name: str) -> bytes:
            found = archive.extractfile(f"package/{name}")
            assert found is not None, name
            return found.read()

        told = json.loads(member("package.json"))
        source = {
            "package": f"{told['name']}@{told['version']}",
            "licence": told["license"],
            "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        }
        (folder / "LICENSE").write_bytes(member("LICENSE"))
        for version in VERSIONS:
            description = Description(json.loads(member(f"generated/{version}.json")))
            operations: dict[str, dict[str, Any]] = {}
            for method, path in sorted(asked):
                if (found := description.operation(method, path)) is not None:
                    operations.setdefault(found[0], {})[method] = found[1]
            made = {"source": source, "operations": operations, "schemas": dict(sorted(description.schemas.items()))}
            text = json.dumps(made, separators=(",", ":"), sort_keys=True)
            (folder / f"{version}.json").write_text(text + "\n")
            print(f"{version}: {sum(map(len, operations.values()))} operations, {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
