"""What a project accepts: ``[[allow]]`` entries, comments in its code, and a baseline.

An accepted finding keeps its verdict and its place in the report, with the reason; it takes part
in no verdict. Whatever accepts nothing any more is reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from pitfalls.baseline import Baseline
from pitfalls.config import Config, nearest
from pitfalls.formats import inline_allows
from pitfalls.formats.inline_allows import InlineAllow, InlineAllows
from pitfalls.model import Allowed, Finding, Pitfall, Place, Problem, Verdict
from pitfalls.source import Located, Selection

UNUSED = "nothing there needs it any more"

ACCEPTABLE = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)

COMMENTS = Selection(
    name="inline allows",
    type=InlineAllows,
    parse=inline_allows.parse,
    names=(
        "*.c", "*.h", "*.cc", "*.cpp", "*.hpp", "*.cxx", "*.hh", "*.ino", "*.S", "*.s", "*.rs",
        "*.py", "*.toml", "*.cmake", "CMakeLists.txt", "*.sh", "*.bash", "*.mk", "Makefile",
        "GNUmakefile", "justfile", "*.just", "*.yml", "*.yaml", "*.conf", "defconfig", "Kconfig",
        "*.ld", "*.lds", "*.x", "*.dts", "*.dtsi", "*.overlay", "*.ini", "*.cfg", "Dockerfile",
    ),
    needles=inline_allows.NEEDLES,
    pinned=True,
)  # fmt: skip
"""Files in which a comment may accept a finding: what checks read, by name."""


class Acceptances:
    """Everything that accepts findings of one target, and which of it was used."""

    def __init__(
        self,
        config: Config,
        comments: Iterable[Located[InlineAllows]] = (),
        baselines: Sequence[Baseline] = (),
    ) -> None:
        self._config = config
        self._comments: dict[str, list[InlineAllow]] = defaultdict(list)
        for located in comments:
            self._comments[located.path] += located.facts.entries
        self._baselines = baselines
        self._used: set[object] = set()

    def judge(self, finding: Finding) -> Finding:
        """The finding, with the reason when something accepts it."""
        if finding.verdict not in ACCEPTABLE:
            return finding
        for key, allowed in self._accepting(finding):
            self._used.add(key)
            return msgspec.structs.replace(finding, allowed=allowed)
        return finding

    def _accepting(self, finding: Finding) -> Iterator[tuple[object, Allowed]]:
        pitfall_id = finding.rule.partition(".")[0]
        place = finding.place
        for comment in self._comments.get(place.path, ()):
            near = any(place.line <= n <= place.last for n in (comment.line, comment.covers))
            if near and comment.reason and {pitfall_id, finding.rule} & set(comment.names):
                source = f"{place.path}:{comment.line}"
                yield (place.path, comment.line), Allowed(comment.reason, source, "inline")
        for number, allow in enumerate(self._config.allow):
            if not allow.expired and allow.matches(pitfall_id, finding.rule, place.path):
                source = f"{self._config.path}:{allow.line}"
                yield number, Allowed(allow.reason, source, "allow")
        for baseline in self._baselines:
            if finding.fingerprint in baseline.entries:
                line, _ = baseline.entries[finding.fingerprint]
                source = f"{baseline.path}:{line}" if baseline.path else ""
                key = (baseline.path, finding.fingerprint)
                yield key, Allowed(baseline.reason, source, "baseline" if source else "since")

    def problems(self, pitfalls: Iterable[Pitfall]) -> Iterator[Problem]:
        """Mistakes, and entries that accept nothing of the ``pitfalls`` that were examined."""
        known = {p.id: p for p in pitfalls}
        yield from self._stale_allows(set(known))
        yield from self._wrong_comments(known)
        for baseline in self._baselines:
            for mark, (line, entry) in baseline.entries.items():
                examined = not entry.rule or entry.rule.partition(".")[0] in known
                if baseline.path and examined and (baseline.path, mark) not in self._used:
                    message = f"{entry.rule} at {entry.path} is gone: take it out"
                    yield Problem("baseline", Place(baseline.path, line), message)

    def _stale_allows(self, examined: set[str]) -> Iterator[Problem]:
        for number, allow in enumerate(self._config.allow):
            pitfall_id = allow.id or allow.rule.partition(".")[0]
            if number in self._used or pitfall_id not in examined:
                continue
            why = f"expired on {allow.until}" if allow.expired else UNUSED
            message = f"allows {allow.rule or allow.id} at {allow.path}: {why}"
            yield Problem("allow", Place(self._config.path, allow.line), message)

    def _wrong_comments(self, known: dict[str, Pitfall]) -> Iterator[Problem]:
        valid = {*known, *(rule.id for p in known.values() for rule in p.rules)}
        for path, comments in sorted(self._comments.items()):
            for comment in comments:
                place = Place(path, comment.line)
                if not comment.names or not comment.reason:
                    text = "write `pitfalls: allow ID -- reason`: the reason is needed"
                    yield Problem("inline", place, text)
                    continue
                for name in comment.names:
                    if name not in valid and name.partition(".")[0] in known:
                        yield Problem("inline", place, f"no rule {name!r}{nearest(name, valid)}")
                used = (path, comment.line) in self._used
                if not used and set(comment.names) <= valid:
                    text = f"allows {', '.join(comment.names)}: nothing there needs it any more"
                    yield Problem("inline", place, text)
