#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2025.2.9"]
# ///
"""Sessions: ``nox -l`` lists them.

``nox -s docs``, ``uv run noxfile.py -s docs``, ``pipx run nox -s docs`` and, where nothing but
Python is installed, ``python3 noxfile.py -s docs`` are the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def _bootstrap() -> None:
    """Run this file again in an environment of its own that has nox."""
    home = ROOT / ".nox" / "bootstrap"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if Path(sys.prefix).resolve() == home.resolve():
        sys.exit("noxfile.py: nox could not be installed; see pip's message above")
    if not python.exists() and subprocess.run([sys.executable, "-m", "venv", home]).returncode:
        sys.exit("noxfile.py: Python's venv module is needed (on Debian: apt install python3-venv)")
    requirement = "nox>=2025.2.9"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([python, "-c", "import nox"], stderr=subprocess.DEVNULL).returncode:
        subprocess.run([*pip, requirement], check=True)
    sys.exit(subprocess.run([python, __file__, *sys.argv[1:]]).returncode)


try:
    import nox
except ModuleNotFoundError:
    if __name__ != "__main__":
        raise
    _bootstrap()

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "typecheck", "tests", "docs"]

BUILDERS = ("html", "dirhtml", "singlehtml", "epub", "text", "man", "latex", "gettext", "xml")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into build/html; `-- --target DIR [--rev REV]` shows another tree's state."""
    session.install("-e", ".[docs]")
    _point_at(session)
    _sphinx(session, "html")
    page = ROOT / "build" / "html" / "index.html"
    session.log(f"Built. Open {page.as_uri()}")


@nox.session(default=False)
def builders(session: nox.Session) -> None:
    """Build the site with every builder, warnings as errors; `-- linkcheck` for one of them."""
    session.install("-e", ".[docs]")
    for builder in session.posargs or BUILDERS:
        _sphinx(session, builder, "-n", "-W", "--keep-going")


@nox.session(default=False)
def live(session: nox.Session) -> None:
    """Serve the site; saving a page, a check or a file of the target refreshes the browser."""
    session.install("-e", ".[docs]", "sphinx-autobuild>=2024.10.3")
    target = _point_at(session)
    watched = [f"--watch={path}" for path in ("checks", "src", target)]
    session.run(
        *("python", "-m", "tools.serve", "-c", ".", "-d", "build/doctrees-live"),
        *(*watched, "docs", "build/live"),
    )


@nox.session(default=False)
def checks(session: nox.Session) -> None:
    """Run every check as a pytest item: `-- --target DIR [--rev REV] [-k EXPR] [-n 2]`."""
    session.install("-e", ".[test]")
    arguments = list(session.posargs)
    if not any(argument.startswith("--target") for argument in arguments):
        arguments += ["--target", "examples/nros-port"]
    session.run("pytest", "-p", "pitfalls.pytest_plugin", "checks", *arguments)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; `-- ARGS` go to pytest."""
    session.install("-e", ".[dev]")
    session.run("pytest", *(session.posargs or ["-n", "2"]))


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Use the built site in a real browser (Chromium from the system); `-- ARGS` go to pytest."""
    session.install("-e", ".[browser]")
    session.run("pytest", "tests/browser", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install("ruff>=0.11")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install("-e", ".[dev,browser]")
    session.run("mypy")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Time the checks beside rg and ast-grep: `-- --target DIR`, `-- --repo GITDIR --rev REV`,
    or live mode in a browser: `-- --live`."""
    if "--live" in session.posargs:
        session.install("-e", ".[browser]")
        session.run("python", "-m", "tools.live")
        return
    session.install("-e", ".[docs]", "ast-grep-cli>=0.38")
    session.run("python", "tools/bench.py", *session.posargs)


@nox.session(default=False)
def replay(session: nox.Session) -> None:
    """Checks at both sides of known commits: `-- --repo GITDIR --corpus FILE [--symptoms FILE]`."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.replay", *session.posargs)


@nox.session(default=False)
def precision(session: nox.Session) -> None:
    """Findings on strangers' trees: `-- --tree NAME@REV=GITDIR … [--update] [--write]`."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.precision", *session.posargs)


def _sphinx(session: nox.Session, builder: str, *options: str) -> None:
    # gettext versions its doctrees in a way that no other builder reads.
    doctrees = "build/doctrees-gettext" if builder == "gettext" else "build/doctrees"
    session.run(
        "sphinx-build", "-c", ".", "-d", doctrees, "-j", "auto", "-b", builder,
        *options, "docs", f"build/{builder}",
    )  # fmt: skip


def _point_at(session: nox.Session) -> str:
    """Take ``--target`` and ``--rev`` from the positional arguments into the environment."""
    import argparse

    parser = argparse.ArgumentParser(prog=f"nox -s {session.name} --")
    parser.add_argument("--target", default=str(ROOT / "examples" / "nros-port"))
    parser.add_argument("--rev", default="")
    chosen = parser.parse_args(session.posargs)
    target = Path(session.invoked_from, chosen.target).resolve()
    session.env["PITFALLS_TARGET"] = str(target)
    session.env["PITFALLS_REV"] = chosen.rev
    return str(target)


if __name__ == "__main__":
    nox.main()
