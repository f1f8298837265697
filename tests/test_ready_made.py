"""What others run as it is: the GitHub Action, the pre-commit hook, forms and workflows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pitfalls import catalogue
from pitfalls.formats.recipes import parse_just
from tools import issue_forms

ROOT = Path(__file__).parents[1]


def vendored(name: str) -> dict[str, Any]:
    """A schema that GitHub's users share (SchemaStore), as check-jsonschema carries it."""
    path = files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{name}.json")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def load(path: str) -> dict[str, Any]:
    """A YAML file of the repository; ``on`` stays a string."""
    text = (ROOT / path).read_text("utf-8").replace("\non:", '\n"on":')
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_the_action_is_valid() -> None:
    """Against the schema of action metadata; every input reaches the script by its environment,
    never by being pasted into it."""
    action = load("action.yml")
    jsonschema.validate(action, vendored("github-actions"))
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def step(name: str) -> dict[str, Any]:
    """A step of the action by its name."""
    steps = load("action.yml")["runs"]["steps"]
    found: dict[str, Any] = next(s for s in steps if s.get("name") == name)
    return found


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({}, 1),
        ({"fail-on": "never"}, 0),
        ({"select": "CLK004"}, 0),
        ({"select": "CLK004", "fail-on": "warn"}, 1),
        ({"select": "nothing"}, 2),
    ],
)
def test_the_action_runs(tmp_path: Path, inputs: dict[str, str], code: int) -> None:
    """Its script, with inputs as a user gives them: annotations, summary, SARIF, exit code."""
    action = load("action.yml")
    defaults = {name: row.get("default", "") for name, row in action["inputs"].items()}
    given = {**defaults, "target": "examples/nros-port", "sarif": str(tmp_path / "x.sarif"),
             **inputs}  # fmt: skip
    check = step("Check")
    environment = {
        key: given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
        for key, value in check["env"].items()
    }
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", check["run"]],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, **environment, "GITHUB_ACTIONS": "true",
             "GITHUB_OUTPUT": str(tmp_path / "output"),
             "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
             "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"
    if code != 2:
        assert json.loads((tmp_path / "x.sarif").read_text())["version"] == "2.1.0"
        assert "file=examples/nros-port/" in done.stdout
        assert (tmp_path / "summary").read_text().startswith("## Porting pitfalls")


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")),
                         ids=lambda p: p.name)  # fmt: skip
def test_workflows_are_valid(path: Path) -> None:
    """Against the schema of workflows."""
    jsonschema.validate(load(str(path.relative_to(ROOT))), vendored("github-workflows"))


def test_the_issue_forms_list_the_catalogue() -> None:
    """They are what the generator makes now (`python tools/issue_forms.py` writes them anew)."""
    for name, text in issue_forms.forms().items():
        stored = (issue_forms.FOLDER / name).read_text("utf-8")
        assert stored == text, f"{name} is stale: run `python tools/issue_forms.py`"
        jsonschema.validate(yaml.safe_load(text), vendored("github-issue-forms"))
    options = yaml.safe_load(issue_forms.forms()["false-alarm.yml"])["body"][0]["attributes"]
    assert [o.split()[0] for o in options["options"]] == list(catalogue.load().ids)


def test_the_pre_commit_hook_is_complete() -> None:
    """pre-commit reads it, and its entry is our command."""
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "pitfalls check"


def snippet(heading: str) -> str:
    """The block under a heading of the guide to CI."""
    text = (ROOT / "docs/guide/ci.md").read_text("utf-8")
    found = re.search(rf"^### {heading}\n+```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def test_the_gitlab_snippet_is_a_pipeline() -> None:
    """Against the schema of GitLab, and its command writes the report that it hands on."""
    pipeline = yaml.safe_load(snippet("GitLab"))
    jsonschema.Draft7Validator(vendored("gitlab-ci")).validate(pipeline)
    job = pipeline["pitfalls"]
    command = job["script"][-1].split()
    assert command[:2] == ["pitfalls", "check"]
    assert command[-1] == f"junit:{job['artifacts']['reports']['junit']}"


@pytest.mark.skipif(shutil.which("ctest") is None, reason="needs CMake")
@pytest.mark.parametrize(("example", "word"), [("good", "Passed"), ("bad", "Failed")])
def test_the_ctest_snippet_runs(tmp_path: Path, example: str, word: str) -> None:
    """As it is printed, in a project that passes and in one that fails."""
    shutil.copytree(ROOT / "checks/build/feature_exclusivity" / example, tmp_path / "port")
    head = "cmake_minimum_required(VERSION 3.13)\nproject(port NONE)\nenable_testing()\n"
    (tmp_path / "port/CMakeLists.txt").write_text(head + snippet("CTest"), encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "cmake -S port -B out && ctest --test-dir out"],
        cwd=tmp_path, env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert re.search(rf"porting-pitfalls \.+ *\**{word}", done.stdout), done.stdout + done.stderr


def test_the_just_snippet_calls_the_command() -> None:
    """A recipe that examines the folder of the justfile and passes options on."""
    recipes = parse_just(snippet("just").encode())
    assert recipes is not None
    (command,) = recipes.commands
    assert [word.text for word in command.words[:2]] == ["pitfalls", "check"]
    assert "justfile_directory" in command.words[2].text
    assert recipes.owner(command).name == "pitfalls"
