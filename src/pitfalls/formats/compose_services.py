"""The services of a compose file, and what each waits for before it starts."""

from __future__ import annotations

import msgspec
import yaml

from pitfalls.formats import FormatError, decode


class Service(msgspec.Struct, frozen=True):
    """A service: its command as text, and the condition per service that it depends on
    (``service_started`` when none is written)."""

    name: str
    command: str
    depends: dict[str, str]
    line: int


class Compose(msgspec.Struct, frozen=True):
    """All services of a file."""

    services: tuple[Service, ...]


def parse(data: bytes) -> Compose | None:
    """The services of a compose file; None for any other YAML."""
    try:
        root = yaml.compose(decode(data).replace("\x00", ""), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise FormatError(f"not YAML: {error}") from None
    services = _entries(root).get("services")
    found = []
    for name, (key, value) in _located(services).items():
        fields = _entries(value)
        command = fields.get("command") or fields.get("entrypoint")
        found.append(
            Service(name, _text(command), _depends(fields.get("depends_on")),
                    key.start_mark.line + 1)
        )  # fmt: skip
    return Compose(tuple(found)) if found else None


def _located(node: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(k.value): (k, v) for k, v in node.value if isinstance(k, yaml.ScalarNode)}


def _entries(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {name: value for name, (_, value) in _located(node).items()}


def _text(node: yaml.Node | None) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return " ".join(str(i.value) for i in node.value if isinstance(i, yaml.ScalarNode))
    return ""


def _depends(node: yaml.Node | None) -> dict[str, str]:
    if isinstance(node, yaml.SequenceNode):
        names = [str(i.value) for i in node.value if isinstance(i, yaml.ScalarNode)]
        return dict.fromkeys(names, "service_started")
    return {
        name: _text(_entries(value).get("condition")) or "service_started"
        for name, value in _entries(node).items()
    }
