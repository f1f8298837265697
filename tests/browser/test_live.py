"""Live mode: what is saved is seen in the open browser, and nothing is left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sphinx.project import ROOT, Project

pytest.importorskip("sphinx_autobuild")

if TYPE_CHECKING:
    from playwright.sync_api import Page

WAIT = 60_000
"""Milliseconds after which a test gives up; no test measures time (``nox -s bench`` does)."""

CONFIG = "examples/nros-port/.config/nextest.toml"


@dataclass
class Served:
    """A running live server: its project, its address, and what it prints."""

    project: Project
    url: str
    process: subprocess.Popen[str]
    log: Path

    def builds(self) -> int:
        """How often it has built."""
        return len(re.findall("build succeeded|build finished", self.log.read_text()))

    def rests(self) -> None:
        """Wait until it does not build for three seconds. A change that came in while it built is
        built once more; a server that its own output wakes never rests."""
        for _ in range(5):
            before = self.builds()
            time.sleep(3)
            if self.builds() == before:
                return
        raise AssertionError("it builds without a change")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The server that `nox -s live` starts, on a copy of the project."""
    project = Project.copy(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    watched = [f"--watch={name}" for name in ("checks", "src", "examples/nros-port")]
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tools.serve", "-c", ".", "-d", "build/doctrees-live",
             *watched, "--port", str(port), "docs", "build/live"],
            cwd=project.folder, stdout=out, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": f"{project.folder / 'src'}{os.pathsep}{ROOT}",
                 "PITFALLS_CACHE": str(tmp_path / "cache")},
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _answers(port, process)
        yield Served(project, url, process, log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        assert process.poll() is None
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("the server does not answer")


def test_saving_refreshes_the_browser(served: Served, page: Page) -> None:
    """A file of the target, a page, a check: each is seen in the open tab, and the server then
    rests."""
    page.goto(f"{served.url}/pitfalls/testing/sequential-qemu-tests.html")
    page.locator(".pitfall-head").wait_for()
    served.project.edit(CONFIG, "max-threads = 1", "max-threads = 4")
    page.get_by_text("max-threads 4").first.wait_for(timeout=WAIT)

    served.project.edit(
        "docs/pitfalls/testing/sequential-qemu-tests.md", "Each test passes alone.",
        "Each test passes all alone.",
    )  # fmt: skip
    page.get_by_text("Each test passes all alone.").wait_for(timeout=WAIT)

    check = "checks/testing/sequential_qemu_tests/check.py"
    served.project.edit(check, "Define [test-groups.NAME]", "Please define [test-groups.NAME]")
    page.get_by_text("Please define [test-groups.NAME]").first.wait_for(timeout=WAIT)

    served.rests()


def test_a_mistake_is_shown_and_recovered_from(served: Served, page: Page) -> None:
    """A syntax error in a check is on its page with the traceback; mending it brings the verdict
    back."""
    page.goto(f"{served.url}/pitfalls/testing/sequential-qemu-tests.html")
    page.locator(".pitfall-head").wait_for()
    check = "checks/testing/sequential_qemu_tests/check.py"
    served.project.edit(check, "for case in schedule.cases:", "for case in schedule.cases")
    page.get_by_text("SyntaxError").first.wait_for(timeout=WAIT)
    served.project.edit(check, "for case in schedule.cases\n", "for case in schedule.cases:\n")
    page.locator(".pitfall-head", has_text="unknown").or_(
        page.locator(".pitfall-head", has_text="fail")
    ).wait_for(timeout=WAIT)


def test_a_mistake_in_a_page_is_told_and_recovered_from(served: Served, page: Page) -> None:
    """The terminal names the file; the tab keeps the site before, and gets the mended page. Our
    own code is not held by the server: the next page that is written is written by it."""
    name = "docs/pitfalls/testing/sequential-qemu-tests.md"
    page.goto(f"{served.url}/pitfalls/testing/sequential-qemu-tests.html")
    page.locator(".pitfall-head").wait_for()
    served.project.edit(name, "severity: ", "sevirity: ")
    for _ in range(600):
        if "Sphinx exited with exit code" in served.log.read_text():
            break
        time.sleep(0.1)
    assert "sequential-qemu-tests.md" in served.log.read_text()
    page.locator(".pitfall-head").wait_for()  # the tab may be loading it again
    served.project.edit(name, "sevirity: ", "severity: ")
    served.project.edit(name, "Each test passes alone.", "Each test passes all alone.")
    page.get_by_text("Each test passes all alone.").wait_for(timeout=WAIT)

    served.rests()  # a build that has begun keeps the code that it began with
    served.project.edit("src/pitfalls/sphinxext/page.py", "See the lines", "Look at the lines")
    served.project.edit(name, "Each test passes all alone.", "Each test passes alone.")
    page.get_by_text("Look at the lines").first.wait_for(timeout=WAIT)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are needed")
def test_ctrl_c_ends_it_whole(served: Served) -> None:
    """An interrupt ends the server without a traceback, and no process of its group lives on."""
    group = served.process.pid
    os.killpg(group, signal.SIGINT)
    assert served.process.wait(timeout=20) in (0, 130, -signal.SIGINT)
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
    assert "Traceback" not in served.log.read_text()
