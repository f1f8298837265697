"""Measures live mode: seconds from saving a file of the target until the open browser shows it.

``nox -s bench -- --live``. Needs Chromium and the extra ``browser``; prints a table.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.sphinx.project import ROOT, Project

BUDGET = 1.5
"""Seconds on the embedded example target."""

RUNS = 7


def main() -> int:
    """Measure and print; 1 when the median is over the budget."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Project.copy(Path(scratch))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-m", "tools.serve", "-q", "-c", ".", "-d", "build/doctrees",
             "--watch=examples/nros-port", "--port", str(port), "docs", "build/live"],
            cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": f"{project.folder / 'src'}{os.pathsep}{ROOT}"},
        )  # fmt: skip
        try:
            times = _times(project, f"http://127.0.0.1:{port}")
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()
    middle = statistics.median(times)
    print(f"save to visible: median {middle:.2f} s, {min(times):.2f} to {max(times):.2f} s "
          f"in {len(times)} runs; budget {BUDGET} s")  # fmt: skip
    return 1 if middle > BUDGET else 0


def _times(project: Project, url: str) -> list[float]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for _ in range(600):
            try:
                page.goto(f"{url}/pitfalls/testing/sequential-qemu-tests.html")
                break
            except Exception:  # not up yet
                time.sleep(0.2)
        for number in range(RUNS + 1):
            value = 4 + number
            config = project.folder / "examples/nros-port/.config/nextest.toml"
            text = config.read_text()
            lines = [f"max-threads = {value}" if line.startswith("max-threads") else line
                     for line in text.splitlines()]  # fmt: skip
            time.sleep(1.5)
            start = time.perf_counter()
            config.write_text("\n".join(lines) + "\n")
            page.get_by_text(f"max-threads {value}").first.wait_for(timeout=60_000)
            times.append(time.perf_counter() - start)
        browser.close()
    return times[1:]


if __name__ == "__main__":
    sys.exit(main())
