"""Git commands in an untrusted repository, and the address of its files on a forge.

Everything in the repository's own configuration that could start a program is turned off, and no
transport is allowed, so that a partial clone never fetches.
"""

from __future__ import annotations

import os
import re
import subprocess
from functools import cached_property
from pathlib import Path


class Git:
    """Git commands in one repository, with nothing of its configuration that runs a program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        self._options = [
            "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
            "-c", "protocol.allow=never", "-c", "safe.directory=*",
        ]  # fmt: skip
        self.is_bare = False
        self.prefix = ""
        self.is_repository = self._probe()

    def _probe(self) -> bool:
        answer = self.run("rev-parse", "--is-bare-repository", "--show-prefix")
        if answer is None:
            return False
        lines = answer.decode().splitlines()
        self.is_bare = lines[0] == "true"
        self.prefix = lines[1] if len(lines) > 1 else ""
        return True

    def command(self, *arguments: str) -> list[str]:
        """The full command line for ``arguments``."""
        return ["git", "-C", str(self.folder), *self._options, *arguments]

    def run(self, *arguments: str) -> bytes | None:
        """Standard output, or None when git fails or is not installed."""
        try:
            done = subprocess.run(
                self.command(*arguments), env=self._environment, capture_output=True, check=False
            )
        except FileNotFoundError:
            return None
        return done.stdout if done.returncode == 0 else None

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The command in the background, to be collected later."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def start_reader(self) -> subprocess.Popen[bytes]:
        """A running ``git cat-file --batch``."""
        return subprocess.Popen(
            self.command("cat-file", "--batch"),
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def revision(self, rev: str) -> str | None:
        """The full id of the commit that ``rev`` names."""
        if rev.startswith("-"):
            return None
        answer = self.run("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}")
        return answer.decode().strip() if answer else None

    def merge_base(self, one: str, other: str) -> str | None:
        """The commit at which two revisions part, None when there is none."""
        ends = [self.revision(one), self.revision(other)]
        answer = self.run("merge-base", *(end for end in ends if end)) if all(ends) else None
        return answer.decode().split()[0] if answer else None

    @cached_property
    def configuration(self) -> dict[str, str]:
        """The repository's own configuration: name -> last value."""
        answer = self.run("config", "--list", "-z") or b""
        rows = answer.decode("utf-8", "replace").split("\0")
        return {name: value for name, _, value in (row.partition("\n") for row in rows) if name}

    def start_comparison(self) -> subprocess.Popen[bytes]:
        """Fails when tracked files differ from HEAD; filters are switched off, not run."""
        off = [option for name in self.configuration if name.startswith("filter.")
               for option in ("-c", f"{name}=")]  # fmt: skip
        return self.start(*off, "diff-index", "--quiet", "--ignore-submodules", "HEAD", "--", ".")

    def web_url(self, revision: str) -> str:
        """A file view at ``revision`` when the remote is a known forge, else an empty string."""
        return forge_url(self.configuration.get("remote.origin.url", ""), revision)


_FORGES = {
    "github.com": "https://{repo}/blob/{rev}/{{path}}#L{{line}}-L{{end_line}}",
    "gitlab.com": "https://{repo}/-/blob/{rev}/{{path}}#L{{line}}-{{end_line}}",
    "codeberg.org": "https://{repo}/src/commit/{rev}/{{path}}#L{{line}}-L{{end_line}}",
}


def forge_url(remote: str, revision: str) -> str:
    """The address template of a file at ``revision`` for a forge we know, else empty."""
    found = re.fullmatch(
        r"(?:https://|ssh://git@|git@)(?:[^@/]*@)?([\w.-]+)[:/]([\w./-]+?)(?:\.git)?/?", remote
    )
    if not found or found[1] not in _FORGES or not revision:
        return ""
    return _FORGES[found[1]].format(repo=f"{found[1]}/{found[2]}", rev=revision)
