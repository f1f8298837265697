"""What scripts and recipes wait for between two starts, and whether a failed wait stops them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pitfalls.formats.commands import Scope
from pitfalls.model import Place
from pitfalls.views.commands import SHELLS, Run

_WAIT = re.compile(r"wait|ready|until", re.IGNORECASE)
_LOOKS = frozenset({"grep", "egrep", "rg", "nc", "ss", "curl", "lsof", "pgrep", "netstat"})
_LIMITED = re.compile(r"-(?:lt|le|gt|ge|ne|eq)\b|\(\(|SECONDS|\bdate\b|[<>]")
_FAILS = re.compile(
    r"exit|die|fail\w*|abort\w*|fatal\w*|bail\w*|\w*error_?exit|exit_?with\w*|panic|false"
)
_TELLS = frozenset(
    {"echo", "printf", "cat", "tail", "head", "kill", "pkill", "rm", "test", "sleep", "break",
     "log_error", "log_info", "error", "warn", "log", "cleanup", "dump_logs", "return"}
)  # fmt: skip


@dataclass(frozen=True)
class ScriptWait:
    """A wait: ``lenient`` is where its function returns success in the end, ``dropped`` whether
    the script goes on when it failed, ``open`` what would tell."""

    place: Place
    name: str
    lenient: Place | None = None
    dropped: bool = False
    open: str = ""


class ScriptWaits:
    """Waits between two starts; functions of the same file, or the only one of that name, are
    followed."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._bodies: dict[str, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
        self._sources: set[str] = set()
        for run in runs:
            if run.owner.kind == "function":
                self._bodies[run.owner.name][run.place.path].append(run)
            if run.program in ("source", "."):
                self._sources.add(run.place.path)

    def between(self, own: Sequence[Run], first: Run, second: Run) -> Iterator[ScriptWait]:
        """The waits between two commands of one script, function or recipe."""
        begin, end = own.index(first) + 1, own.index(second)
        between = list(own[begin:end])
        turns = any(r.program == "sleep" and _loop(r) is not None for r in between)
        follows = [r for r in between if r.program == "tail" and _follows(r)]
        for at, run in enumerate(between):
            after = between[at + 1 :]
            scripted = run.program in SHELLS and _until(run)
            if scripted or (_WAIT.search(run.program) and run.program != "wait"):
                name = f"{run.program} -c" if scripted else run.program
                yield self._called(run, name, after, second, endless=scripted)
            elif run.program in _LOOKS and _loop(run) is not None:
                stops = _is_endless(run, own) or _any_fails(between, run) or any(
                    _heeded(r, after[n + 1 :], second) for n, r in enumerate(after)
                    if r.program in (*_LOOKS, "test") and _loop(r) is None
                )  # fmt: skip
                yield ScriptWait(run.place, _looked(run), dropped=not stops)
            elif run.program in _LOOKS and follows:
                limited = any(_is_limited(r) for r in (*follows, run))
                stops = not limited or _heeded(run, after, second)
                yield ScriptWait(run.place, _looked(run), dropped=not stops)
            elif run.program in _LOOKS and turns:  # one turn after another, written out
                stops = _heeded(run, after, second) or _any_fails(between, run)
                yield ScriptWait(run.place, _looked(run), dropped=not stops)

    def _called(
        self, run: Run, name: str, after: list[Run], second: Run, *, endless: bool
    ) -> ScriptWait:
        body = self._body(run)
        lenient, ends = _judge(body) if body else (None, endless and not _is_limited(run))
        wait = ScriptWait(run.place, name, lenient)
        if lenient is not None or ends or _heeded(run, after, second):
            return wait
        if not run.command.checked and run.place.path in self._sources and not _guarded(run, after):
            told = "whether a script that this one reads sets -e would tell if a failure stops it"
            return ScriptWait(run.place, name, open=told)
        return ScriptWait(run.place, name, dropped=True)

    def _body(self, run: Run) -> list[Run]:
        known = self._bodies.get(run.words[0].text, {})
        only = next(iter(known.values())) if len(known) == 1 else []
        return known.get(run.place.path, only)


def _looked(run: Run) -> str:
    return f"{run.program} until it is found"


def _loop(run: Run) -> Scope | None:
    """The innermost loop around a command."""
    scopes = (run.file.scopes[number] for number in run.file.enclosing(run.command.scope))
    return next((scope for scope in scopes if scope.kind == "loop"), None)


def _follows(run: Run) -> bool:
    return any(re.fullmatch(r"-\w*[fF]\w*|--follow.*", word.text) for word in run.arguments)


def _until(run: Run) -> bool:
    return any(re.search(r"\b(?:until|while)\b", word.text) for word in run.arguments)


def _is_limited(run: Run) -> bool:
    return any(word.text.endswith("timeout") for word in run.command.wrappers)


def _is_endless(look: Run, own: Sequence[Run]) -> bool:
    """Whether the loop around a look ends only when the look succeeds."""
    loop = _loop(look)
    if loop is None or not loop.condition or _LIMITED.search(loop.condition):
        return False
    leaves = [r for r in own if r.program in ("break", "return", "exit") and _inside(r, loop)]
    return len(leaves) <= (0 if look.program in loop.condition else 1)


def _inside(run: Run, scope: Scope) -> bool:
    return any(run.file.scopes[n] is scope for n in run.file.enclosing(run.command.scope))


def _is_failure(run: Run) -> bool:
    """Whether a command ends a script, or a function with a failure."""
    if run.program == "return":
        return bool(run.arguments) and run.arguments[0].text != "0"
    return _FAILS.fullmatch(run.program) is not None


def _any_fails(between: list[Run], look: Run) -> bool:
    """Whether something ends the script in the loop around a look or after it."""
    loop = _loop(look)
    return any(
        (_is_failure(r) or r.program == "return") and r.file.is_conditional(r.command)
        for r in between if r.place.line >= (loop or look.place).line
    )  # fmt: skip


def _branches(run: Run, other: Run) -> list[Scope]:
    """The branches around ``other`` that stand beside ``run`` and begin after it."""
    scopes = (other.file.scopes[number] for number in other.file.enclosing(other.command.scope))
    return [
        scope for scope in scopes
        if scope.kind == "branch" and scope.parent == run.command.scope
        and scope.end_line >= run.place.line
    ]  # fmt: skip


def _heeded(run: Run, after: Sequence[Run], second: Run) -> bool:
    """Whether the script ends, or does not come to ``second``, when the command fails."""
    if run.command.checked:
        return True
    if any(scope.name != "||" for scope in _branches(run, second)):
        return True
    for other in after:
        beside = _branches(run, other)
        if (_is_failure(other) or other.program == "return") and beside:
            return True
        if other.program not in _TELLS and not beside:
            break
    return False


def _guarded(run: Run, after: Sequence[Run]) -> bool:
    """Whether something asks for the status: ``wait_ready || echo late``."""
    return run.command.captured or any(_branches(run, other) for other in after[:1])


def _judge(body: list[Run]) -> tuple[Place | None, bool]:
    """``(lenient, ends)``: where a function returns success in the end; whether it ends the script
    itself, or waits until what it waits for came."""
    failures = [run for run in body if _is_failure(run)]
    if any(run.program not in ("return", "false") for run in failures):
        return None, True
    looks = [run for run in body if run.program in _LOOKS or _WAIT.search(run.program)]
    if looks and all(_loop(run) is not None and _is_endless(run, body) for run in looks):
        return None, True
    last = body[-1]
    scripted = last.program in SHELLS and _until(last)
    status = last in looks or scripted or last.program in ("test", "timeout")
    if failures or (status and last.file.scopes[last.command.scope].kind == "function"):
        return None, False
    returns = [run for run in body if run.program == "return"]
    line = returns[-1].place.line if returns and returns[-1] is last else last.owner.end_line
    return Place(last.place.path, line), False
