"""The working directory of a shell script, as far as its text tells it.

It is kept among the variables, so that branches, loops and subshells treat it as they treat these.
"""

from __future__ import annotations

from pitfalls.formats.shell_values import Value, Variables

UNKNOWN = "${PWD}"
"""Where a script is when only some of its ways lead elsewhere."""

_NOW, _BEFORE = "working directory", "directory before"  # no names of variables
_MOVES = frozenset({"cd", "pushd", "popd"})


def start(variables: Variables) -> None:
    """A script begins, in the directory that is the empty path."""
    variables[_NOW] = Value(texts=("",))
    variables.pop(_BEFORE, None)


def current(variables: Variables) -> str:
    """Where the script is, seen from where it began; what its text does not decide is symbolic."""
    return _one(variables, _NOW)


def move(words: list[str], variables: Variables) -> None:
    """What a command does to the working directory; nothing, for most."""
    if words[0] not in _MOVES:
        return
    given = [word for word in words[1:] if word == "-" or not word.startswith("-")]
    before = current(variables)
    if words[0] == "popd" or given[:1] == ["-"]:
        after = _one(variables, _BEFORE)
    else:
        after = seen_from(before, given[0] if given else "~")
    variables[_NOW] = Value(texts=(after,))
    variables[_BEFORE] = Value(texts=(UNKNOWN if words[0] == "popd" else before,))


def follow(variables: Variables, inner: Variables) -> None:
    """Take over where ``inner`` ended."""
    variables |= {name: inner[name] for name in (_NOW, _BEFORE) if name in inner}


def seen_from(folder: str, path: str) -> str:
    """``path`` as the working directory ``folder`` sees it; ``..`` takes back only a part that is
    known by its name."""
    if path.startswith(("/", "~")):
        return path
    parts = folder.rstrip("/").split("/") if folder else []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] not in ("", "..") and "$" not in parts[-1]:
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _one(variables: Variables, name: str) -> str:
    found = variables.get(name)
    return found.texts[0] if found is not None and len(found.texts) == 1 else UNKNOWN
