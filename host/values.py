"""Calls into the component, and its values in Python's.

wasmtime-py reads a value's type anew at every call and frees each part of it by itself, which is a third of a
delivery's time. Here a function's types are read once, into one reader for all of what it returns, and that is freed
as a whole. What has no reader, such as a resource, is left to wasmtime-py.
"""

from collections.abc import Callable
from ctypes import POINTER, byref, c_char_p, c_ubyte, cast, string_at
from dataclasses import dataclass
from typing import Any

from wasmtime import Store
from wasmtime import _ffi as ffi
from wasmtime.component import (
    F32,
    F64,
    S8,
    S16,
    S32,
    S64,
    U8,
    U16,
    U32,
    U64,
    Bool,
    EnumType,
    ListType,
    OptionType,
    Record,
    RecordType,
    ResultType,
    String,
    TupleType,
    Variant,
    VariantType,
)
from wasmtime.component._enter import enter_wasm

#: From a value as wasmtime's C API has it (`wasmtime_component_val_t`) to Python's. It takes nothing out of it.
Read = Callable[[Any], Any]
#: From Python's into one of the C API's.
Write = Callable[[Store, Any, Any], None]

_BYTES = POINTER(c_ubyte)
_NUMBERS: dict[type, str] = {
    Bool: "boolean", S8: "s8", U8: "u8", S16: "s16", U16: "u16", S32: "s32", U32: "u32", S64: "s64", U64: "u64",
    F32: "f32", F64: "f64",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and returns."""

    params: tuple[Write, ...]
    #: None where it returns nothing.
    result: Any
    #: None where wasmtime-py reads it.
    read: Read | None

    @classmethod
    def of(cls, kind: Any) -> "Signature":
        """That of a WIT function's type."""
        return cls(tuple(_writer(one) for _, one in kind.params), kind.result, _reader(kind.result))


def call(function: Any, signature: Signature, store: Store, arguments: tuple[Any, ...]) -> Any:
    """What the function returns. Raises WasmtimeError or Trap where it fails."""
    given = (ffi.wasmtime_component_val_t * len(arguments))()
    ready = 0
    try:
        for write, argument in zip(signature.params, arguments, strict=True):
            write(store, argument, given[ready])
            ready += 1
        results = (ffi.wasmtime_component_val_t * (signature.result is not None))()
        context, returned = store._context(), len(results)
        enter_wasm(
            lambda: ffi.wasmtime_component_func_call(byref(function._func), context, given, ready, results, returned)
        )
        return _taken(signature, results[0]) if returned else None
    finally:
        for one in range(ready):
            ffi.wasmtime_component_val_delete(byref(given[one]))


def _taken(signature: Signature, result: Any) -> Any:
    if signature.read is None:
        return signature.result.convert_from_c(result)
    try:
        return signature.read(result)
    finally:
        ffi.wasmtime_component_val_delete(byref(result))


def _writer(kind: Any) -> Write:
    if isinstance(kind, String):
        return _write_text
    return lambda store, argument, place: kind.convert_to_c(store, argument, _Place(place))


@dataclass(frozen=True, slots=True)
class _Place:
    """What wasmtime-py's writers take for a pointer."""

    contents: Any


def _write_text(_: Store, argument: Any, place: Any) -> None:
    if not isinstance(argument, str):
        raise TypeError("expected string type")
    content = argument.encode()
    place.kind = ffi.WASMTIME_COMPONENT_STRING
    ffi.wasm_byte_vec_new(byref(place.of.string), len(content), cast(c_char_p(content), _BYTES))


def _reader(kind: Any) -> Read | None:
    """A reader of this type's values; None where a part of it has none."""
    if (number := _NUMBERS.get(type(kind))) is not None:
        return lambda value: getattr(value.of, number)
    match kind:
        case String():
            return lambda value: _text(value.of.string)
        case EnumType():
            return lambda value: _text(value.of.enumeration)
        case ListType() if not isinstance(kind.element, U8):
            return _of_list(_reader(kind.element))
        case TupleType():
            return _of_tuple([_reader(part) for part in kind.elements])
        case RecordType():
            return _of_record([(name, _reader(part)) for name, part in kind.fields])
        case VariantType() | OptionType() | ResultType():
            return _of_cases(kind)
    return None


def _text(vector: Any) -> str:
    return string_at(vector.data, vector.size).decode()


def _of_list(element: Read | None) -> Read | None:
    if element is None:
        return None

    def read(value: Any) -> list[Any]:
        items = value.of.list
        data = items.data
        return [element(data[at]) for at in range(items.size)]

    return read


def _of_tuple(parts: list[Read | None]) -> Read | None:
    readers = [part for part in parts if part is not None]
    if len(readers) < len(parts):
        return None

    def read(value: Any) -> tuple[Any, ...]:
        data = value.of.tuple.data
        return tuple(part(data[at]) for at, part in enumerate(readers))

    return read


def _of_record(fields: list[tuple[str, Read | None]]) -> Read | None:
    readers = [(at, name, field) for at, (name, field) in enumerate(fields) if field is not None]
    if len(readers) < len(fields):
        return None

    def read(value: Any) -> Record:
        data = value.of.record.data
        record = Record()
        record.__dict__.update({name: field(data[at].val) for at, name, field in readers})
        return record

    return read


def _of_cases(kind: Any) -> Read | None:
    """A variant, an option or a result: a `Variant`, or its payload alone where that says which case it is."""
    readers: dict[str, Read | None] = {}
    for name, payload in kind._cases():
        readers[name] = None if payload is None else _reader(payload)
        if payload is not None and readers[name] is None:
            return None
    tagged = kind._tagged()

    def of_case(case: str, payload: Any) -> Any:
        reader = readers[case]
        content = None if reader is None else reader(payload.contents)
        return Variant(case, content) if tagged else content

    match kind:
        case OptionType():
            return lambda value: of_case("some" if value.of.option else "none", value.of.option)
        case ResultType():
            return lambda value: of_case("ok" if value.of.result.is_ok else "err", value.of.result.val)
    return lambda value: of_case(_text(value.of.variant.discriminant), value.of.variant.val)
