"""GitHub's own description of its API, as far as jitney uses it: what may be asked, and what is answered.

`tests/openapi` has it, made by `tools/openapi.py` from what GitHub publishes for github.com and Enterprise Server.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FOLDER = Path(__file__).resolve().parent / "openapi"
VERSIONS = [path.stem for path in sorted(FOLDER.glob("*.json"))]
REF = "#/components/schemas/"
#: What stands where an answer must have a text of some form.
FORMS = {"date-time": "2026-01-01T00:00:00Z", "uri": "https://github.example/x", "email": "x@github.example"}


class Description:
    """One version's."""

    def __init__(self, version: str) -> None:
        read = json.loads((FOLDER / f"{version}.json").read_text())
        self._schemas: dict[str, Any] = read["schemas"]
        self._paths = [
            (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), path, methods)
            for path, methods in sorted(read["operations"].items(), key=lambda item: item[0].count("{"))
        ]
        self._checks: dict[int, Any] = {}

    def operation(self, method: str, path: str) -> Any:
        """The operation; None where there is none."""
        for pattern, _, methods in self._paths:
            if pattern.fullmatch(path) and method in methods:
                return methods[method]
        return None

    def faults_of_request(self, method: str, address: str, body: Any) -> Iterator[str]:
        """What GitHub's description has against a request."""
        parts = urlsplit(address)
        operation = self.operation(method, parts.path)
        if operation is None:
            yield "there is no such operation"
            return
        for name, value in parse_qsl(parts.query):
            if name not in operation["query"]:
                yield f"there is no parameter {name}"
            else:
                schema = operation["query"][name]
                whole = self._resolved(schema).get("type") == "integer"
                yield from self._faults(schema, int(value) if whole else value, name)
        wanted = operation.get("body")
        if body is None:
            if operation.get("needs_body"):
                yield "it has no body"
        elif wanted is None:
            yield "it has a body"
        else:
            yield from self._faults(wanted, body, "body")
            yield from self._unknown(wanted, body, "body")

    def faults_of_answer(self, method: str, path: str, status: int, body: Any) -> Iterator[str]:
        """What GitHub's description has against an answer."""
        responses = self.operation(method, path)["responses"]
        if str(status) not in responses:
            yield f"it is never answered {status}"
        elif responses[str(status)] is None:
            if body not in (None, {}):
                yield f"{status} has a body"
        else:
            yield from self._faults(responses[str(status)], body, "answer")

    def completed(self, method: str, path: str, status: int, body: Any) -> Any:
        """An answer with all that GitHub never leaves out."""
        operation = self.operation(method, path) if status < 300 and body is not None else None
        wanted = operation["responses"].get(str(status)) if operation else None
        return body if wanted is None else self._filled(wanted, body)

    def _faults(self, schema: Any, value: Any, what: str) -> Iterator[str]:
        # The demo's stand-in only fills answers in, and has no more installed than the host.
        import fastjsonschema

        if id(schema) not in self._checks:
            # A schema refers to others as it did in the whole description.
            rooted = schema | {"components": {"schemas": self._schemas}}
            self._checks[id(schema)] = fastjsonschema.compile(rooted, use_default=False)
        try:
            self._checks[id(schema)](value)
        except fastjsonschema.JsonSchemaValueException as fault:
            yield f"{what}: {fault.message[:300]}"

    def _unknown(self, schema: Any, value: Any, where: str) -> Iterator[str]:
        """Fields that the description does not know; JSON Schema lets them pass."""
        schema = self._resolved(schema)
        if isinstance(value, dict) and "properties" in schema:
            for name, one in value.items():
                if name not in schema["properties"]:
                    yield f"{where} has an unknown field {name}"
                else:
                    yield from self._unknown(schema["properties"][name], one, f"{where}.{name}")

    def _resolved(self, schema: Any) -> Any:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].removeprefix(REF)]
        return schema

    def _filled(self, schema: Any, value: Any) -> Any:
        schema = self._object(schema)
        if isinstance(value, list):
            return [self._filled(schema.get("items", {}), one) for one in value]
        if not isinstance(value, dict):
            return value
        properties = schema.get("properties", {})
        given = {name: self._filled(properties.get(name, {}), one) for name, one in value.items()}
        lacking = [name for name in schema.get("required", []) if name not in given]
        return given | {name: self._least(properties.get(name, {})) for name in lacking}

    def _object(self, schema: Any) -> Any:
        """The schema itself, or the first of those that it offers which is no null."""
        schema = self._resolved(schema)
        for choice in ("anyOf", "oneOf"):
            offered = [self._resolved(one) for one in schema.get(choice, [])]
            if found := [one for one in offered if one.get("type") != "null"]:
                return self._object(found[0])
        if "allOf" in schema:
            parts = [self._object(one) for one in schema["allOf"]]
            properties = {name: one for part in parts for name, one in part.get("properties", {}).items()}
            required = [name for part in parts for name in part.get("required", [])]
            return {"type": "object", "properties": properties, "required": required}
        return schema

    def _least(self, schema: Any) -> Any:
        """The least that there may be."""
        resolved = self._resolved(schema)
        kinds = resolved.get("type")
        offered = [self._resolved(one).get("type") for one in resolved.get("anyOf", [])]
        if "null" in offered or (isinstance(kinds, list) and "null" in kinds):
            return None
        schema = self._object(resolved)
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                return self._filled(schema, {})
            case "array":
                return []
            case "boolean":
                return False
            case "integer" | "number":
                return schema.get("minimum", 1)
            case _:
                return FORMS.get(schema.get("format", ""), "x" * schema.get("minLength", 1))


@cache
def description(version: str = "api.github.com") -> Description:
    """This version's."""
    return Description(version)
