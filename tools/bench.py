"""Times the checks beside ``rg`` and ``ast-grep scan`` in the same run, as ratios.

``python tools/bench.py --target DIR`` or ``--repo GITDIR --rev REV`` (exported to a folder first,
for the peers read folders only). Whole processes are timed from outside, in turns, so that a
machine that changes its speed changes both sides; the median of each is compared. Prints a table
and writes ``bench.json``. Exits with 1 when a budget is missed and ``--strict`` is given.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

RUST_PATTERNS = (
    "unsafe { $$$BODY }", "$X.unwrap()", "Command::new($X)", "static mut $A: $T = $V;",
    "println!($$$X)", "$X.spawn()",
)  # fmt: skip
C_CALLS = ("malloc", "printf", "xTaskCreate", "memcpy")

BUDGETS = {
    "cold / ast-grep": 1.0,
    "warm / rg": 3.0,
    "edited - warm [s]": 0.05,
    "evidence edited - warm [s]": 0.05,
    "peak memory [MB]": 150.0,
    "site, nothing changed / without extension": 1.2,
}
"""Name -> the most that is acceptable (ratios unless a unit is named)."""


@dataclass(frozen=True)
class Sample:
    """One run of a process: wall seconds, processor seconds, peak memory in bytes."""

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True)
class Row:
    """Medians of one command over its runs."""

    name: str
    wall: float
    wall_min: float
    wall_max: float
    cpu: float
    peak_mb: float


def main() -> int:
    """Run everything and return the exit code."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="pitfalls-bench-") as scratch:
        target = _target(arguments, Path(scratch))
        files = sum(len(names) for folder, _, names in os.walk(target) if "/.git" not in folder)
        rows = _checks(target, Path(scratch), arguments.runs, arguments.select)
        if not arguments.no_site:
            rows |= _site(Path(scratch), arguments.runs)
    ratios = _ratios(rows)
    _show(files, rows, ratios)
    report = {
        "select": arguments.select,
        "target": arguments.target or f"{arguments.repo}@{arguments.rev}",
        "runs": arguments.runs,
        "rows": [asdict(row) for row in rows.values()],
        "ratios": ratios,
        "budgets": BUDGETS,
    }
    arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    missed = [name for name, value in ratios.items() if value > BUDGETS[name]]
    return 1 if arguments.strict and missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--target", help="a folder")
    parser.add_argument("--repo", help="a git repository, with --rev")
    parser.add_argument("--rev", default="HEAD")
    parser.add_argument("--select", help="only these pitfalls, as for `pitfalls check`")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", type=Path, default=Path("bench.json"))
    parser.add_argument("--no-site", action="store_true", help="leave out the Sphinx builds")
    parser.add_argument("--strict", action="store_true", help="exit with 1 over a budget")
    arguments = parser.parse_args()
    if bool(arguments.target) == bool(arguments.repo):
        parser.error("give either --target DIR or --repo GITDIR")
    for tool, remedy in (("rg", "install ripgrep"), ("ast-grep", "pip install ast-grep-cli")):
        if shutil.which(tool) is None:
            parser.error(f"{tool} is not installed: {remedy}")
    return arguments


def _target(arguments: argparse.Namespace, scratch: Path) -> Path:
    """The folder to examine: a copy, because one measurement edits a file."""
    folder = scratch / "target"
    if arguments.target:
        shutil.copytree(arguments.target, folder, symlinks=True)
        return folder
    folder.mkdir()
    export = subprocess.Popen(
        ["git", "-C", arguments.repo, "archive", arguments.rev], stdout=subprocess.PIPE
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], stdin=export.stdout, check=True)
    if export.wait():
        sys.exit(f"bench: git archive {arguments.rev} failed in {arguments.repo}")
    git = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "bench"]):
        subprocess.run([*git, *command], check=True)
    return folder


def _checks(target: Path, scratch: Path, runs: int, select: str | None) -> dict[str, Row]:
    cache = scratch / "cache"
    environment = _environment(cache)
    check = [sys.executable, "-m", "pitfalls.cli", "check", str(target)]
    check += ["--select", select] if select else []
    named_by = [*check, "--format", "json"]
    check += ["--output", os.devnull]
    rules = scratch / "rules.yml"
    rules.write_text(_rules(), encoding="utf-8")
    scan = ["ast-grep", "scan", "--rule", str(rules), "--json=stream", str(target)]
    plain = _source_without_findings(target)
    named = _named_by_a_finding(named_by, environment)

    def cold() -> Sample:
        shutil.rmtree(cache, ignore_errors=True)
        return _run(check, environment)

    def warm() -> Sample:
        return _run(check, environment)

    def after_an_edit_of(path: Path) -> Sample:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")
        return _run(check, environment)

    actions: dict[str, Callable[[], Sample]] = {
        "ast-grep scan, 10 rules": lambda: _run(scan, environment),
        "check, cold": cold,
        "rg -c": lambda: _run(["rg", "-c", "printf", str(target)], environment),
        "check, nothing changed": warm,
        "check, one file edited": lambda: after_an_edit_of(plain),
        "check, one file that is evidence edited": lambda: after_an_edit_of(target / named),
    }
    return _in_turns(actions, runs)


def _source_without_findings(target: Path) -> Path:
    """A Rust or C file, the first by name: what people edit most of the time."""
    for pattern in ("*.rs", "*.c"):
        for path in sorted(target.rglob(pattern)):
            return path
    sys.exit(f"bench: {target} holds neither Rust nor C")


def _named_by_a_finding(command: Sequence[str], environment: dict[str, str]) -> str:
    """The first file that a finding names: an edit there makes a check run again."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    findings = [f for p in json.loads(done.stdout)["pitfalls"] for f in p["findings"]]
    return str(findings[0]["path"]) if findings else sys.exit("bench: no finding to edit")


def _site(scratch: Path, runs: int) -> dict[str, Row]:
    """A no-change build of our site with the extension, and of the same pages without it."""
    plain = scratch / "plain"
    shutil.copytree(ROOT / "docs", plain / "docs")
    for page in (plain / "docs").rglob("*.md"):
        page.write_text(_without_directives(page.read_text(encoding="utf-8")), encoding="utf-8")
    text = (ROOT / "conf.py").read_text(encoding="utf-8")
    text = text.replace('    "pitfalls.sphinxext",\n', "").replace("nitpicky = True", "")
    (plain / "conf.py").write_text(text, encoding="utf-8")
    environment = _environment(scratch / "cache")

    def build(source: Path, name: str) -> list[str]:
        out = scratch / name
        return [sys.executable, "-m", "sphinx", "-q", "-c", str(source), "-d", f"{out}-doctrees",
                str(source / "docs"), str(out)]  # fmt: skip

    ours, theirs = build(ROOT, "ours"), build(plain, "theirs")
    actions: dict[str, Callable[[], Sample]] = {
        "site without extension, nothing changed": lambda: _run(theirs, environment),
        "site, nothing changed": lambda: _run(ours, environment),
    }
    return _in_turns(actions, runs)


def _environment(cache: Path) -> dict[str, str]:
    """A cache of our own, and byte code kept as in an installed package."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PITFALLS_CACHE": str(cache)}


def _without_directives(text: str) -> str:
    import re

    return re.sub(r"^```\{pitfall[^`]*```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _rules() -> str:
    """Ten ast-grep rules: six patterns of Rust and four calls of C (which need a context)."""
    parts = [
        f"id: rust-{n}\nlanguage: rust\nseverity: warning\nmessage: m\n"
        f"rule:\n  pattern: '{pattern}'\n"
        for n, pattern in enumerate(RUST_PATTERNS)
    ]
    parts += [
        f"id: c-{name}\nlanguage: c\nseverity: warning\nmessage: m\nrule:\n  pattern:\n"
        f"    context: 'void f() {{ {name}($$$X); }}'\n    selector: call_expression\n"
        for name in C_CALLS
    ]
    return "---\n".join(parts)


def _in_turns(actions: dict[str, Callable[[], Sample]], runs: int) -> dict[str, Row]:
    """Each action once as a warm-up, then all of them in turns."""
    samples: dict[str, list[Sample]] = {name: [] for name in actions}
    for turn in range(runs + 1):
        for name, action in actions.items():
            sample = action()
            if turn:
                samples[name].append(sample)
    return {name: _row(name, found) for name, found in samples.items()}


def _row(name: str, samples: Sequence[Sample]) -> Row:
    walls = [sample.wall for sample in samples]
    return Row(
        name,
        statistics.median(walls),
        min(walls),
        max(walls),
        statistics.median(sample.cpu for sample in samples),
        statistics.median(sample.peak for sample in samples) / 1e6,
    )


def _run(command: Sequence[str], environment: dict[str, str]) -> Sample:
    """One whole process; its children's memory counts where it is larger than its own."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"bench: exit code {process.returncode} of {' '.join(command)}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _ratios(rows: dict[str, Row]) -> dict[str, float]:
    ratios = {
        "cold / ast-grep": rows["check, cold"].wall / rows["ast-grep scan, 10 rules"].wall,
        "warm / rg": rows["check, nothing changed"].wall / rows["rg -c"].wall,
        "edited - warm [s]": rows["check, one file edited"].wall
        - rows["check, nothing changed"].wall,
        "evidence edited - warm [s]": rows["check, one file that is evidence edited"].wall
        - rows["check, nothing changed"].wall,
        "peak memory [MB]": rows["check, cold"].peak_mb,
    }
    if "site, nothing changed" in rows:
        plain = rows["site without extension, nothing changed"].wall
        name = "site, nothing changed / without extension"
        ratios[name] = rows["site, nothing changed"].wall / plain
    return ratios


def _show(files: int, rows: dict[str, Row], ratios: dict[str, float]) -> None:
    print(f"{files} files; medians of whole processes, run in turns")
    print(f"{'command':<42} {'wall s':>7} {'min':>7} {'max':>7} {'cpu s':>7} {'MB':>6}")
    for row in rows.values():
        print(
            f"{row.name:<42} {row.wall:7.3f} {row.wall_min:7.3f} {row.wall_max:7.3f} "
            f"{row.cpu:7.3f} {row.peak_mb:6.1f}"
        )
    print(f"\n{'measure':<42} {'value':>7} {'budget':>7}")
    for name, value in ratios.items():
        word = "kept" if value <= BUDGETS[name] else "MISSED"
        print(f"{name:<42} {value:7.3f} {BUDGETS[name]:7.2f} {word}")


if __name__ == "__main__":
    sys.exit(main())
