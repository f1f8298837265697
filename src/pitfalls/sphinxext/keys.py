"""Tables of the keys of a JSON Schema of ours: what is read and written, from the types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes

from pitfalls import schemas
from pitfalls.sphinxext.blocks import table


def tables(name: str) -> list[nodes.Node]:
    """For each object of the schema ``name`` its description and its keys."""
    made = schemas.schema(name)
    out: list[nodes.Node] = []
    for title, owner in _ordered(made):
        described = nodes.paragraph("", "", nodes.strong("", title), nodes.Text(" \N{EN DASH} "))
        described += _inline(owner.get("description", ""))
        out.append(described)
        required = set(owner.get("required", ()))
        rows = [_row(key, row, required) for key, row in owner["properties"].items()]
        out.append(table(("Key", "Type", "Required", "Meaning"), rows, "pitfall-keys"))
    return out


def _row(key: str, row: dict[str, Any], required: set[str]) -> list[list[nodes.Node]]:
    return [
        [nodes.literal("", key)],
        [nodes.Text(_type(row))],
        [nodes.Text("yes" if key in required else "")],
        list(_inline(row.get("description", ""))),
    ]


def _ordered(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects, outermost first."""
    pending = [made["$ref"].rpartition("/")[2]]
    seen: set[str] = set()
    while pending:
        name = pending.pop(0)
        owner = made["$defs"][name]
        if name in seen or "properties" not in owner:
            continue
        seen.add(name)
        yield name, owner
        pending += [ref for row in owner["properties"].values() for ref in _references(row)]


def _references(row: Any) -> Iterator[str]:
    if isinstance(row, dict):
        if "$ref" in row:
            yield row["$ref"].rpartition("/")[2]
        for value in row.values():
            yield from _references(value)
    elif isinstance(row, list):
        for value in row:
            yield from _references(value)


def _type(row: dict[str, Any]) -> str:
    """``array of string``, ``Finding or null``, ``one of fail, warn``."""
    if "$ref" in row:
        return str(row["$ref"].rpartition("/")[2])
    if "enum" in row:
        return "one of " + ", ".join(str(value) for value in row["enum"])
    if "const" in row:
        return str(row["const"])
    if "anyOf" in row:
        return " or ".join(dict.fromkeys(_type(part) for part in row["anyOf"]))
    kind = row.get("format") or row.get("type", "any")
    if kind == "array":
        return f"array of {_type(row.get('items', {}))}"
    if kind == "object" and "additionalProperties" in row:
        return f"table of {_type(row['additionalProperties'])}"
    return str(kind)


def _inline(text: str) -> Iterator[nodes.Node]:
    """Words with code between backticks."""
    for number, part in enumerate(" ".join(text.split()).split("`")):
        if part:
            yield nodes.literal("", part) if number % 2 else nodes.Text(part)
