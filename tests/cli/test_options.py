"""Selection, outputs, strictness, and the commands around a check."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from pitfalls import catalogue, schemas
from pitfalls.cli import main
from pitfalls.cli.init import SCHEMAS
from pitfalls.cli.progress import progress
from pitfalls.config import load_config
from pitfalls.tree import FolderTree
from tests.conftest import Write, commit_all

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "examples/nros-port")
BAD = str(ROOT / "checks/testing/sequential_qemu_tests/bad")
GOOD = str(ROOT / "checks/testing/sequential_qemu_tests/good")


def ids(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """The pitfalls of a report."""
    main(["check", GOOD, "--format", "json", *options])
    return [p["id"] for p in json.loads(capsys.readouterr().out)["pitfalls"]]


def test_options_of_selection_narrow_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Family, platform and severity all have to fit."""
    pitfalls = {e.pitfall.id: e.pitfall for e in catalogue.load()}
    found = ids(capsys, "--family", "clock", "--platform", "zephyr", "--severity", "high")
    assert found
    assert all(
        pitfalls[i].family == "clock"
        and "zephyr" in pitfalls[i].platforms
        and pitfalls[i].severity in ("critical", "high")
        for i in found
    )
    assert len(ids(capsys, "--severity", "low")) == len(pitfalls)


def test_a_rule_selects_its_own_findings(capsys: pytest.CaptureFixture[str]) -> None:
    """``--select RULE`` judges by that rule alone, ``--ignore RULE`` by the others."""
    main(["check", BAD, "--select", "TST002.dead-filter", "--format", "json"])
    (only,) = json.loads(capsys.readouterr().out)["pitfalls"]
    assert {f["rule"] for f in only["findings"]} == {"TST002.dead-filter"}
    main(["check", BAD, "--select", "TST002", "--ignore", "tst002.dead-filter",
          "--format", "json"])  # fmt: skip
    (rest,) = json.loads(capsys.readouterr().out)["pitfalls"]
    assert "TST002.dead-filter" not in {f["rule"] for f in rest["findings"]}
    assert rest["verdict"] == "fail"


def test_a_platform_keeps_findings_of_it_and_of_none(capsys: pytest.CaptureFixture[str]) -> None:
    """Findings of other platforms are left out."""
    main(["check", EXAMPLE, "--platform", "stm32f4", "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    seen = {f["platform"] for p in report["pitfalls"] for f in p["findings"]}
    assert "stm32f4" in seen
    assert seen <= {"stm32f4", ""}


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--select", "MEM01"], "did you mean"),
        (["--ignore", "tap-qdsc"], "did you mean 'tap-qdisc'"),
        (["--family", "memry"], "did you mean 'memory'"),
        (["--platform", "stm32f5"], "did you mean 'stm32f4'"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(
    capsys: pytest.CaptureFixture[str], options: list[str], hint: str
) -> None:
    """A usage error, not an empty run."""
    assert main(["check", GOOD, *options]) == 2
    assert hint in capsys.readouterr().err


def test_several_outputs_in_one_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each file in its own format; the terminal still gets its text."""
    sarif, junit = tmp_path / "a.sarif", tmp_path / "b.xml"
    code = main(
        ["check", BAD, "--select", "TST002", "--output", f"sarif:{sarif}",
         "--output", f"junit:{junit}"]
    )  # fmt: skip
    assert code == 1
    assert json.loads(sarif.read_text())["version"] == "2.1.0"
    assert junit.read_text().startswith("<?xml")
    assert "TST002.undefined-group" in capsys.readouterr().out


def test_github_actions_gets_annotations_and_a_summary(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself, unless another format is asked for; other writers of the summary keep theirs."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    main(["check", BAD, "--select", "TST002"])
    assert capsys.readouterr().out.startswith("::error file=")
    assert summary.read_text().startswith("before\n## Porting pitfalls\n")
    main(["check", BAD, "--select", "TST002", "--format", "text"])
    assert "::error" not in capsys.readouterr().out


def test_strictness_is_gradual(capsys: pytest.CaptureFixture[str]) -> None:
    """``--fail-on`` names the mildest verdict that fails; ``--exit-zero`` never fails."""
    only = [EXAMPLE, "--select", "CLK004"]
    assert main(["check", *only]) == 0
    assert main(["check", *only, "--fail-on", "warn"]) == 1
    assert main(["check", EXAMPLE, "--select", "TST002", "--fail-on", "warn"]) == 0
    assert main(["check", EXAMPLE, "--select", "TST002", "--fail-on", "unknown"]) == 1
    assert main(["check", BAD, "--exit-zero"]) == 0
    capsys.readouterr()


def test_link_is_markdown_without_an_invented_host(
    capsys: pytest.CaptureFixture[str], write: Write
) -> None:
    """Id, title, path within the site, verdict, revision and place; with a base URL a real link."""
    root = write(
        {path.relative_to(BAD).as_posix(): path.read_bytes()
         for path in Path(BAD).rglob("*") if path.is_file()}
    )  # fmt: skip
    revision = commit_all(root)
    assert main(["link", "sequential-qemu-tests", str(root)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("TST002 Tests that share a TAP or a port must not overlap (`p/TST002/`)")
    assert f": fail at `{revision[:12]}`: `.config/nextest.toml:7` TST002.unassigned-group" in text
    assert "http" not in text
    write({"pitfalls.toml": '[site]\nbase_url = "https://example.org/guide"\n'})
    main(["link", "TST002", str(root)])
    linked = capsys.readouterr().out
    assert linked.startswith("[TST002 Tests that share a TAP or a port must not overlap]"
                             "(https://example.org/guide/p/TST002/)")  # fmt: skip
    assert "with local changes" not in linked  # the new file is not tracked


def test_link_names_one_finding(capsys: pytest.CaptureFixture[str]) -> None:
    """By fingerprint; an unknown one is a usage error."""
    main(["check", BAD, "--select", "TST002", "--format", "json"])
    findings = json.loads(capsys.readouterr().out)["pitfalls"][0]["findings"]
    wanted = next(f for f in findings if f["rule"] == "TST002.undefined-group")
    assert main(["link", "TST002", BAD, "--finding", wanted["fingerprint"]]) == 0
    assert "`.config/nextest.toml:16` TST002.undefined-group" in capsys.readouterr().out
    assert main(["link", "TST002", BAD, "--finding", "none"]) == 2
    assert "lists them" in capsys.readouterr().err


def test_init_writes_a_configuration_that_is_read(
    capsys: pytest.CaptureFixture[str], write: Write
) -> None:
    """The platforms of the tree, everything else as comments; never over a file by itself."""
    root = write({"boards/stm32f4/Cargo.toml": "", "apps/zephyr-talker/prj.conf": "",
                  "apps/zephyr-talker/src/main.c": "", "README": ""})  # fmt: skip
    assert main(["init", str(root)]) == 0
    assert "platforms recognised: stm32f4, zephyr" in capsys.readouterr().out
    config = load_config(FolderTree(root), catalogue.load())
    assert config.platforms["stm32f4"].paths == ("boards/stm32f4/",)
    assert config.platforms["zephyr"].paths == ("apps/zephyr-talker/",)
    assert main(["init", str(root)]) == 2
    assert "--force writes over it" in capsys.readouterr().err
    assert main(["init", str(root), "--force"]) == 0


def test_what_init_comments_out_is_right(write: Write) -> None:
    """Without the comment signs every example is valid, against the published schema too."""
    root = write({"README": ""})
    main(["init", str(root)])
    lines = (root / "pitfalls.toml").read_text().splitlines()
    keys = ("exclude", "baseline", "[", "paths", "rule", "path", "reason", "until", "base_url")
    enabled = [line[2:] if line.startswith(tuple(f"# {key}" for key in keys)) else line
               for line in lines]  # fmt: skip
    table = tomllib.loads("\n".join(enabled))
    assert set(table) == {"exclude", "baseline", "platforms", "allow", "site"}
    table["allow"][0]["until"] = table["allow"][0]["until"].isoformat()
    jsonschema.Draft202012Validator(schemas.schema("config")).validate(table)


def test_schemas_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each by its name; the configuration's has no key that is not read."""
    assert SCHEMAS == schemas.NAMES
    for name in SCHEMAS:
        assert main(["schema", name]) == 0
        assert json.loads(capsys.readouterr().out)["title"] == f"porting-pitfalls {name}"
    config = schemas.schema("config")["$defs"]["Config"]
    assert set(config["properties"]) == {"exclude", "platforms", "allow", "baseline", "site"}
    assert config["additionalProperties"] is False


def test_the_catalogue_fits_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """``pitfalls list --format json``, with symptoms, rules and permanent links."""
    main(["list", "--format", "json"])
    listed = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(schemas.schema("catalogue")).validate(listed)
    assert listed["pitfalls"][0]["permalink"] == f"p/{listed['pitfalls'][0]['id']}/"


def test_progress_is_shown_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar on standard error for a long run on a terminal; else the entries pass untouched."""
    entries = catalogue.load().entries
    assert progress(entries) is entries
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    bar = progress(entries)
    assert list(bar) == list(entries)
    assert bar is not entries
    assert capsys.readouterr().out == ""
