"""``pitfalls check``: examine a tree and report."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pitfalls.cli.common import (
    EPILOG,
    EXIT_CRASHED,
    EXIT_FAILED,
    EXIT_NOTHING,
    EXIT_OK,
    Session,
    Subcommands,
    UsageError,
    add_target,
    session,
    wants_colour,
    write,
)

if TYPE_CHECKING:
    from pitfalls.baseline import Baseline
    from pitfalls.model import Profile, Report
    from pitfalls.selection import Selected

FORMATS = ("text", "json", "sarif", "junit", "github", "markdown", "badge", "badge-json")

FAIL_ON = ("fail", "warn", "unknown")


def add_to(commands: Subcommands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "check",
        help="examine a source tree",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_target(parser)
    add_selection(parser)
    parser.add_argument(
        "--profile", choices=("default", "seed"), default="default",
        help="seed: superseded statements of the original document count as failures",
    )  # fmt: skip
    parser.add_argument(
        "--format", choices=FORMATS,
        help="what is printed (default: text; github when GitHub Actions runs it)",
    )  # fmt: skip
    parser.add_argument(
        "--output", action="append", default=[], metavar="[FORMAT:]FILE",
        help="write a report to FILE; may be repeated, each with its own format",
    )  # fmt: skip
    parser.add_argument(
        "--since", metavar="REV", help="report only what was not there at this revision"
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="findings to accept, beside the target's own"
    )
    parser.add_argument(
        "--fail-on", choices=FAIL_ON, default="fail",
        help="the mildest verdict that gives exit code 1 (default: fail)",
    )  # fmt: skip
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever is found")
    parser.add_argument("--verbose", "-v", action="store_true", help="show passes and notes too")
    parser.set_defaults(run=_check)


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The options that say which pitfalls a run is about."""
    parser.add_argument(
        "--select", action="append", default=[], metavar="NAME",
        help="only these: id, slug, alias, rule or family; may be repeated, or a,b,c",
    )  # fmt: skip
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="NAME", help="without these"
    )
    parser.add_argument(
        "--family", action="append", default=[], metavar="NAME", help="only this family"
    )
    parser.add_argument(
        "--platform", action="append", default=[], metavar="NAME",
        help="only pitfalls and findings of this platform",
    )  # fmt: skip
    parser.add_argument(
        "--severity", choices=("critical", "high", "medium", "low"),
        help="only pitfalls at least as severe",
    )  # fmt: skip


def selected(arguments: argparse.Namespace, opened: Session) -> Selected:
    """The selection that the options make. Raises :class:`UsageError`."""
    from pitfalls.selection import SelectionError, select

    try:
        return select(
            opened.catalogue, arguments.select, arguments.ignore, families=arguments.family,
            platforms=arguments.platform, severity=arguments.severity or "",
            known_platforms=opened.config.platforms,
        )  # fmt: skip
    except SelectionError as error:
        raise UsageError(str(error)) from None


def _check(arguments: argparse.Namespace) -> int:
    from pitfalls import engine
    from pitfalls.cli.progress import progress
    from pitfalls.model import Profile

    # Facts are plain data without cycles, and the process ends soon: looking for garbage would
    # take a tenth of a cold run.
    gc.disable()
    outputs = _outputs(arguments)
    profile = Profile(arguments.profile)
    target = Path(arguments.target)
    with session(
        target, arguments.rev, config=arguments.config, cached=not arguments.no_cache
    ) as opened:
        choice = selected(arguments, opened)
        baselines = _baselines(arguments, opened, choice, profile)
        report = engine.run(
            opened.tree, choice.entries, config=opened.config, cache=opened.cache,
            profile=profile, baselines=baselines, progress=progress,
        )  # fmt: skip
    report = choice.narrowed(report)
    base_url = opened.config.site.base_url
    for name, path in outputs:
        write(_render(report, name, base_url, path, arguments.verbose), path)
    _summary_of_the_job(report, base_url)
    return EXIT_OK if arguments.exit_zero else exit_code(report, arguments.fail_on)


def _outputs(arguments: argparse.Namespace) -> list[tuple[str, Path | None]]:
    """``(format, file)`` of every report; the file is None for standard output."""
    actions = os.environ.get("GITHUB_ACTIONS") == "true"
    default = arguments.format or ("github" if actions else "text")
    outputs: list[tuple[str, Path | None]] = []
    for text in arguments.output:
        name, colon, path = text.partition(":")
        if colon and name in FORMATS:
            outputs.append((name, Path(path)))
        else:
            outputs.append((arguments.format or "text", Path(text)))
    # A file alone takes what would have been printed; files of their own format do not.
    alone = any(":" not in text or text.partition(":")[0] not in FORMATS
                for text in arguments.output)  # fmt: skip
    return outputs if alone else [*outputs, (default, None)]


def _baselines(
    arguments: argparse.Namespace, opened: Session, choice: Selected, profile: Profile
) -> list[Baseline]:
    from pitfalls import baseline, since

    found: list[Baseline] = []
    if arguments.baseline is not None:
        try:
            data = arguments.baseline.read_bytes()
        except OSError as error:
            raise UsageError(f"{arguments.baseline}: cannot be read: {error.strerror}") from None
        found.append(baseline.parse(data, str(arguments.baseline)))
    if arguments.since:
        head = arguments.rev or "HEAD"
        found.append(
            since.known_at(
                Path(arguments.target),
                arguments.since,
                head,
                choice.entries,
                config=opened.config,
                cache=opened.cache,
                profile=profile,
            )
        )
    return found


def _render(report: Report, name: str, base_url: str, output: Path | None, verbose: bool) -> str:
    from pitfalls import report as reports

    if name == "text":
        from pitfalls.report import text

        colour = output is None and wants_colour()
        return text.render(report, base_url=base_url, colour=colour, verbose=verbose)
    return reports.render(report, name, base_url=base_url)


def _summary_of_the_job(report: Report, base_url: str) -> None:
    """Under GitHub Actions the summary page of the job gets the report too."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if os.environ.get("GITHUB_ACTIONS") != "true" or not path:
        return
    from pitfalls.report import markdown

    try:
        with Path(path).open("a", encoding="utf-8", errors="replace") as file:
            file.write(markdown.render(report, base_url=base_url))
    except OSError as error:
        print(f"pitfalls: {path}: no job summary: {error.strerror}", file=sys.stderr)


def exit_code(report: Report, fail_on: str = "fail") -> int:
    """The exit code of a report (see ``pitfalls check --help``)."""
    summary = report.summary()
    if summary["error"]:
        return EXIT_CRASHED
    if any(summary[name] for name in FAIL_ON[: FAIL_ON.index(fail_on) + 1]):
        return EXIT_FAILED
    if not any(number for name, number in summary.items() if name != "not-applicable"):
        return EXIT_NOTHING if not _accepted(report) else EXIT_OK
    return EXIT_OK


def _accepted(report: Report) -> bool:
    return any(f.allowed is not None for result in report.results for f in result.findings)
