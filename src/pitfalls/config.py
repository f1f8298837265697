"""``pitfalls.toml`` of a target, or ``[tool.pitfalls]`` in its ``pyproject.toml``.

Everything is optional. A mistake is a :class:`ConfigError` that names the file, the line and the
nearest valid name.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

if TYPE_CHECKING:
    from pitfalls.catalogue import Catalogue
    from pitfalls.tree import Tree


class ConfigError(Exception):
    """A mistake in the configuration: ``path:line: message``."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line


def _key(text: str) -> msgspec.Meta:
    """What a key means: shown by editors and by the reference page."""
    return msgspec.Meta(description=text)


class PlatformPaths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[platforms.NAME]`: what belongs to one platform. Without it platforms are inferred from the
    names of paths."""

    paths: Annotated[tuple[str, ...], _key("folders, paths or shell patterns of the platform")]


class Allow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[allow]]`: findings that are accepted, with the reason."""

    reason: Annotated[str, _key("why the finding is accepted; required")]
    id: Annotated[str, _key("the pitfall whose findings are accepted; or `rule`, not both")] = ""
    rule: Annotated[str, _key("the one rule whose findings are accepted")] = ""
    path: Annotated[str, _key("a path, folder or shell pattern; default: everywhere")] = "*"
    until: Annotated[
        datetime.date | None, _key("the last day on which the entry holds; default: for ever")
    ] = None
    line: int = 0

    @property
    def expired(self) -> bool:
        """Whether the last day is over."""
        return self.until is not None and self.until < datetime.datetime.now().astimezone().date()

    def matches(self, pitfall_id: str, rule_id: str, path: str) -> bool:
        """Whether a finding is covered."""
        named = self.rule == rule_id if self.rule else self.id == pitfall_id
        return named and path_matches(path, self.path)


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[site]`: where the built pages are published."""

    base_url: Annotated[str, _key("prefix of the addresses of pages in reports and links")] = ""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """All of `pitfalls.toml`; every key is optional."""

    exclude: Annotated[
        tuple[str, ...], _key("paths, folders or shell patterns that no check looks at")
    ] = ()
    platforms: Annotated[dict[str, PlatformPaths], _key("platform name -> its paths")] = {}
    allow: Annotated[tuple[Allow, ...], _key("findings that are accepted, each with a reason")] = ()
    baseline: Annotated[
        str, _key("path of the file that `pitfalls baseline write` made: only new findings fail")
    ] = ""
    site: Annotated[Site, _key("where the built pages are published")] = Site()
    path: str = ""  # where it was read, empty for none
    baseline_line: int = 0

    def is_excluded(self, path: str) -> bool:
        """Whether ``exclude`` covers a path."""
        return any(path_matches(path, pattern) for pattern in self.exclude)

    @cached_property
    def digest_source(self) -> bytes:
        """All that a check can see of the configuration, as bytes."""
        return msgspec.json.encode((self.exclude, self.platforms), order="sorted")


def path_matches(path: str, pattern: str) -> bool:
    """Shell pattern on the whole path; a pattern that names a folder covers all below it."""
    folder = pattern.rstrip("/")
    return fnmatchcase(path, pattern) or path.startswith(folder + "/") or path == folder


def nearest(name: str, valid: Iterable[str]) -> str:
    """`` (did you mean …?)`` or an empty string."""
    close = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def parse_config(
    data: bytes,
    path: str,
    ids: Iterable[str],
    rules: Iterable[str],
    renamed: Mapping[str, str] | None = None,
) -> Config:
    """Read ``data`` as the file ``path``; ``ids`` and ``rules`` are the valid names, ``renamed``
    leads from former ids to those that replaced them.

    Raises :class:`ConfigError`.
    """
    import tomli  # most targets have no configuration

    text = data.decode("utf-8", errors="replace")
    try:
        table = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise ConfigError(path, int(found[1]) if found else 1, f"not TOML: {error}") from None
    if path.endswith("pyproject.toml"):
        table = table.get("tool", {}).get("pitfalls", {})
    allow = [dict(entry) if isinstance(entry, dict) else entry for entry in _list(table, "allow")]
    lines = [n for n, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[.*allow", line)]
    for entry, line in zip(allow, lines, strict=False):
        if isinstance(entry, dict):
            _check_allow(entry, line, path, ids, rules, renamed or {})
            entry["line"] = line
    try:
        line = _line_of(text, ["baseline"]) if "baseline" in table else 0
        own = {"path": path, "baseline_line": line}
        if unknown := next((key for key in own if key in table), ""):
            hint = nearest(unknown, _FIELDS["Config"])
            raise ConfigError(path, _line_of(text, [unknown]), f"unknown key {unknown!r}{hint}")
        return msgspec.convert({**table, "allow": allow, **own}, type=Config)
    except msgspec.ValidationError as error:
        raise _located(error, text, path) from None


CONFIG_FILES = ("pitfalls.toml", "pyproject.toml")


def load_config(tree: Tree, catalogue: Catalogue, file: Path | None = None) -> Config:
    """The configuration of a target: ``file`` when given, else the first of
    :data:`CONFIG_FILES` in its root that has one, else the defaults.

    Raises :class:`ConfigError`.
    """
    ids, rules, renamed = catalogue.ids, catalogue.rule_ids, catalogue.renamed
    if file is not None:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ConfigError(str(file), 1, f"cannot be read: {error.strerror}") from None
        return parse_config(data, str(file), ids, rules, renamed)
    for name in CONFIG_FILES:
        found = tree.read(name)
        if found is not None and (name == "pitfalls.toml" or b"[tool.pitfalls" in found):
            return parse_config(found, name, ids, rules, renamed)
    return Config()


def _list(table: dict[str, Any], key: str) -> list[Any]:
    value = table.get(key, [])
    return value if isinstance(value, list) else [value]


def _check_allow(
    entry: dict[str, Any],
    line: int,
    path: str,
    ids: Iterable[str],
    rules: Iterable[str],
    renamed: Mapping[str, str],
) -> None:
    if not str(entry.get("reason", "")).strip():
        raise ConfigError(path, line, "[[allow]] needs a `reason`: say why the finding is accepted")
    if bool(entry.get("id")) == bool(entry.get("rule")):
        raise ConfigError(path, line, "[[allow]] needs either `id` (a pitfall) or `rule`, not both")
    for key, valid in (("id", ids), ("rule", rules)):
        name = entry.get(key)
        if name and name not in set(valid):
            former = str(name).partition(".")[0]
            new = renamed.get(former)
            hint = f"; {former} is now called {new}" if new else nearest(str(name), valid)
            raise ConfigError(path, line, f"[[allow]] names an unknown {key} {name!r}{hint}")


_FIELDS = {
    "Config": tuple(f for f in Config.__struct_fields__ if f not in ("path", "baseline_line")),
    "Allow": tuple(f for f in Allow.__struct_fields__ if f != "line"),
    "Site": Site.__struct_fields__,
    "PlatformPaths": PlatformPaths.__struct_fields__,
}


def _located(error: msgspec.ValidationError, text: str, path: str) -> ConfigError:
    """Turn msgspec's message, which names a key path, into one that names a line."""
    message = str(error)
    where = re.search(r" - at `([^`]+)`$", message)
    keys = re.findall(r"\.([\w-]+)", where[1]) if where else []
    unknown_key = re.search(r"unknown field `([^`]+)`", message)
    plain = message[: where.start()] if where else message
    if unknown_key:
        keys.append(unknown_key[1])
        owner = {"allow": "Allow", "site": "Site", "platforms": "PlatformPaths"}.get(
            keys[0] if len(keys) > 1 else "", "Config"
        )
        plain = f"unknown key {unknown_key[1]!r}{nearest(unknown_key[1], _FIELDS[owner])}"
    return ConfigError(path, _line_of(text, keys), plain)


def _line_of(text: str, keys: list[str]) -> int:
    """The line of the innermost key that stands in the text, searched outermost first."""
    lines = text.splitlines()
    at = 0
    for key in keys:
        pattern = re.compile(rf"(?:^|[\s\[.{{,]){re.escape(key)}(?:\s*=|\s*[\].])")
        for number in range(at, len(lines)):
            if pattern.search(lines[number]):
                at = number
                break
    return at + 1
