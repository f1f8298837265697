"""The built site: every id has its place, and hostile text stays text."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import jsonschema
import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag
from sphinx.util.inventory import InventoryFile

from pitfalls import catalogue, schemas
from tests.conftest import commit_all, git
from tests.sphinx.project import BuildError, Project

# The sections of the original document, by the anchors that a renderer of Markdown gives them.
ORIGINAL_ANCHORS = """
dma-buffer-placement stack-sizing heap-sizing rust-struct-move-invalidation
use-hardware-timers-not-poll-driven-counters platform-clock-status
porting-checklist-for-new-platforms qemu-clock-synchronization ephemeral-port-conflicts
qemu-single-threaded-io-starvation tap-device-assignment subscriber-startup-ordering
tap-queue-discipline z_feature_interest-causes-multi-client-failures
blocking-tcp-reads-in-cooperative-schedulers version-pinning picolibc-errno-tls-crash
flash-image-format task-priority-inversion recursive-mutexes-required
interrupt-priority-constraints parallel-test-build-races cmake-cache-invalidation
feature-flag-mutual-exclusivity orphan-process-prevention
sequential-test-execution-for-shared-resources stale-tcp-connection-cleanup
""".split()  # noqa: SIM905 - one long list of words

BUILDERS = ("html", "dirhtml", "singlehtml", "epub", "text", "man", "latex", "gettext", "xml")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project built as HTML, with every warning kept."""
    os.environ["PITFALLS_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    project = Project.copy(tmp_path_factory.mktemp("project"))
    assert project.build().warnings == ""
    return project


def soup(project: Project, path: str) -> BeautifulSoup:
    """A built page."""
    return BeautifulSoup(project.output(f"html/{path}.html"), "html.parser")


def test_the_catalogue_reaches_the_site_whole(project: Project) -> None:
    """Ids are equal in the catalogue, on pages, in anchors, in the index and in the inventory."""
    known = catalogue.load()
    ids = set(known.ids)
    pages = {entry.pitfall.id: entry.pitfall.page for entry in known}
    anchored = {name for name, page in pages.items() if soup(project, page).find(id=name)}
    listed = {code.text for code in soup(project, "index").select("ul.pitfall-index code")}
    inventory = InventoryFile.loads(
        (project.folder / "build/html/objects.inv").read_bytes(), uri=""
    ).data
    objects = inventory["pitfall:pitfall"]
    labels = inventory["std:label"]
    assert anchored == ids
    assert listed == ids
    assert set(objects) == ids
    assert {name.lower() for name in ids} <= set(labels)
    assert {n: item.uri for n, item in objects.items()} == {
        n: f"{page}.html#{n}" for n, page in pages.items()
    }
    assert set(inventory["pitfall:rule"]) == set(known.rule_ids)


def test_every_rule_has_its_anchor(project: Project) -> None:
    """A link to a rule arrives on its page."""
    for entry in catalogue.load():
        page = soup(project, entry.pitfall.page)
        for rule in entry.pitfall.rules:
            assert page.find(id=rule.id), rule.id


def test_permanent_links_lead_to_their_anchors(project: Project) -> None:
    """``/p/NAME/`` for every id, slug, alias, rule and family, without a script; what it leads to
    exists. The anchors of the original document are among the aliases."""
    html = project.folder / "build/html"
    known = catalogue.load()
    names = {p.parent.name for p in html.glob("p/*/index.html")}
    wanted = {*known.ids, *known.rule_ids, *(e.pitfall.family for e in known)}
    wanted |= {name for e in known for name in (e.pitfall.slug, *e.pitfall.aliases)}
    assert wanted <= names
    assert set(ORIGINAL_ANCHORS) <= names
    for name in names:
        page = BeautifulSoup((html / "p" / name / "index.html").read_text(), "html.parser")
        meta = page.select_one('meta[http-equiv="refresh"]')
        link = page.select_one("a")
        assert meta is not None
        assert link is not None
        assert str(meta["content"]) == f"0; url={link['href']}"
        path, _, anchor = str(link["href"]).removeprefix("../../").partition("#")
        assert BeautifulSoup((html / path).read_text(), "html.parser").find(id=anchor), name


def test_data_for_programs_is_published(project: Project) -> None:
    """The catalogue, the symptoms, every schema and the badge."""
    static = project.folder / "build/html/_static"
    listed = json.loads((static / "pitfalls.json").read_text())
    jsonschema.validate(listed, json.loads(
        (static / "schemas/catalogue.schema.json").read_text()))  # fmt: skip
    assert [p["id"] for p in listed["pitfalls"]] == list(catalogue.load().ids)
    assert {p.name.partition(".")[0] for p in (static / "schemas").iterdir()} == set(schemas.NAMES)
    badge = json.loads((static / "pitfalls-badge.json").read_text())
    assert badge["message"].endswith(("fail", "warn", "pass"))
    assert "</svg>" in (static / "pitfalls-badge.svg").read_text()
    script = (static / "pitfalls-symptoms.js").read_text()
    assert script.startswith("window.pitfallsSymptoms = {")
    assert "<" not in script


def test_a_page_shows_live_status_lines_and_examples(project: Project) -> None:
    """The header has the verdict, findings have numbered lines, examples their verdicts."""
    page = soup(project, "pitfalls/testing/sequential-qemu-tests")
    head = page.select_one(".pitfall-head .pitfall-status")
    assert head is not None
    assert "unknown" in head.text
    assert page.select(".pitfall-finding .linenos")
    assert page.select(".pitfall-finding .hll")
    shown = [tab.text.split() for tab in page.select(".pitfall-examples .sd-tab-label")]
    assert [(words[0], words[-1]) for words in shown] == [("Wrong", "fail"), ("Right", "pass")]


def shown(block: Tag) -> dict[int, str]:
    """Line number -> the text beside it, of one block of numbered code."""
    lines: dict[int, str] = {}
    for number in block.select("pre .linenos"):
        text = "".join(part.text for part in number.next_siblings)
        if number.parent is not None and "hll" in (number.parent.get("class") or ()):
            text += "".join(part.text for part in number.parent.next_siblings)
        lines[int(number.text)] = text.partition("\n")[0].rstrip()
    return lines


def test_each_number_stands_beside_its_own_line(project: Project) -> None:
    """In findings and in examples the line beside a number is that line of the file, also where
    an excerpt begins with an empty line; a finding's own line is marked."""
    seen = 0
    for entry in catalogue.load():
        page = soup(project, entry.pitfall.page)
        for finding in page.select(".pitfall-finding"):
            where = finding.select("code")[1].text
            path, _, lines = where.rpartition(":")
            for block in finding.select(".highlight"):
                seen += _equal(project.folder / "examples/nros-port" / path, shown(block))
                marked = [int(n.text) for n in block.select(".hll .linenos")]
                assert not marked or marked[0] == int(lines.partition("-")[0]), where
        for name in ("bad", "good"):
            for caption in page.select(f".pitfall-{name} .pitfall-path"):
                for block in caption.find_next_siblings():
                    if "pitfall-path" in (block.get("class") or ()):
                        break
                    seen += _equal(entry.folder / name / caption.text, shown(block))
    assert seen > 100


def _equal(path: Path, shown: dict[int, str]) -> int:
    """Compare lines with those of a file; how many there were."""
    lines = path.read_text(encoding="utf-8").split("\n")
    expected = {n: re.sub(r"\s+$", "", lines[n - 1]).replace("\t", "        ") for n in shown}
    assert {n: text.replace("\t", "        ") for n, text in shown.items()} == expected, path
    return len(shown)


def test_code_in_a_message_is_code(project: Project) -> None:
    """What a check's sentence has between backticks, on a finding and beside an example."""
    page = soup(project, "pitfalls/testing/orphan-process")
    said = [item for item in page.select(".pitfall-says li") if "pkill" in item.text]
    assert any("pkill" in c.text for item in said for c in item.select("code.literal"))
    shown = page.select(".pitfall-says li, .pitfall-finding > p, .pitfall-rules p")
    assert not [p.text for p in shown if "`" in p.text]


def test_a_table_shows_what_is_required_and_what_was_found(project: Project) -> None:
    """Each measured thing of the target is a row: context, value with its place, requirement with
    its origin, verdict; the stacks, the heaps and the clocks have one."""
    rows = {}
    for page in ("memory/stack-sizing", "memory/heap-sizing", "clock/hardware-clock"):
        table = soup(project, f"pitfalls/{page}").select_one("table.pitfall-measures")
        assert table is not None
        heads = [cell.get_text(strip=True) for cell in table.select("th")]
        assert heads == ["Platform", "Context", "Found", "Required", "Verdict"]
        rows[page] = [
            [" ".join(cell.get_text().split()) for cell in row.select("td")]
            for row in table.select("tbody tr")
        ]
    task = next(r for r in rows["memory/stack-sizing"] if "nros_executor" in r[1])
    assert task[0] == "freertos"
    assert task[1].endswith("boards/mps2-an385-freertos")
    assert task[2].startswith("16384 bytes (4096 words of 4 bytes) boards/mps2-an385-freertos/src/")
    assert task[3] == "32768 bytes recommended ([V] upstream's Pico example)"
    assert task[4] == "⚠ warn"
    heap = next(r for r in rows["memory/heap-sizing"] if "configTOTAL_HEAP_SIZE" in r[1])
    assert heap[2].startswith("262144 bytes")
    assert "at least 262144 bytes (seed)" in heap[3]
    assert any("the original names DWT cycle counter" in r[3] for r in rows["clock/hardware-clock"])


def test_a_pitfall_without_measures_says_so(tmp_path: Path) -> None:
    """A table needs something that was measured."""
    project = Project.copy(tmp_path)
    page = tmp_path / "docs/tables.md"
    page.write_text("---\norphan: true\n---\n# Tables\n\n```{pitfall-table} TST002\n```\n")
    assert project.build("text").warnings == ""
    assert "nothing that a row of the table is about" in project.output("text/tables.txt")


def test_status_never_rests_on_colour(project: Project) -> None:
    """Each status has a sign and a word."""
    for status in soup(project, "index").select(".pitfall-status"):
        sign = status.select_one(".pitfall-sign")
        assert sign is not None
        assert sign.text.strip()
        assert re.search(r"[a-z]{4,}", status.text)


def test_serial_and_parallel_builds_are_identical(project: Project) -> None:
    """``-j 1`` and ``-j 4`` write the same pages."""
    project.build(out="j1", doctrees="d1", parallel=1)
    project.build(out="j4", doctrees="d4", parallel=4)
    first, second = project.folder / "build/j1", project.folder / "build/j4"
    pages = sorted(path.relative_to(first) for path in first.rglob("*.html"))
    assert pages == sorted(path.relative_to(second) for path in second.rglob("*.html"))
    for page in pages:
        assert (first / page).read_bytes() == (second / page).read_bytes(), page


@pytest.mark.parametrize("builder", BUILDERS)
def test_every_builder_builds_without_a_warning(project: Project, builder: str) -> None:
    """Stock nodes only: no builder meets a node that it does not know."""
    doctrees = f"doctrees-{builder}" if builder == "gettext" else "doctrees"
    built = project.build(builder, doctrees=doctrees)
    assert (built.warnings, built.status) == ("", 0)


def test_no_verdict_reaches_a_translation_template(project: Project) -> None:
    """Messages of the target are not messages to translate."""
    project.build("gettext", doctrees="doctrees-gettext")
    text = "".join(p.read_text() for p in (project.folder / "build/gettext").rglob("*.pot"))
    assert "Tests that share a TAP" in text
    assert "router_port" not in text
    assert "qemu-netwrok" not in text


def test_hostile_text_of_a_target_stays_text(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """HTML, control characters and broken UTF-8 in a target appear escaped, and build cleanly."""
    project = Project.copy(tmp_path)
    hostile = tmp_path / "hostile"
    (hostile / ".config").mkdir(parents=True)
    (hostile / "Cargo.toml").write_text('[package]\nname = "a"\n')
    (hostile / ".config/nextest.toml").write_bytes(
        b"[[profile.default.overrides]]\n"
        b"filter = 'binary(<script>alert(1)</script>)' # {{ x }} `a` |b| \xc2\x9b2J\n"
    )
    built = project.build(pitfalls_target="hostile")
    assert built.warnings == ""
    html = project.output("html/pitfalls/testing/sequential-qemu-tests.html")
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "\x9b" not in html


def test_findings_link_to_the_exact_commit(tmp_path: Path) -> None:
    """Where the remote is a known forge, a place leads to its lines at the examined revision."""
    project = Project.copy(tmp_path)
    shutil.copytree(project.folder / "examples/nros-port", tmp_path / "port")
    revision = commit_all(tmp_path / "port")
    git(tmp_path / "port", "remote", "add", "origin", "git@github.com:someone/port.git")
    project.build(pitfalls_target="port")
    page = soup(project, "pitfalls/testing/sequential-qemu-tests")
    links = [a["href"] for a in page.select(".pitfall-finding a.reference.external")]
    base = f"https://github.com/someone/port/blob/{revision}"
    assert f"{base}/tests/harness/tests/native.rs#L9-L9" in links
    head = page.select_one(".pitfall-head")
    assert head is not None
    assert revision[:9] in head.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```{pitfall-evidence} XYZ999\n```", "no pitfall 'XYZ999'"),
        ("{pitfall}`XYZ999`", "unknown pitfall or rule: XYZ999"),
        ("```{pitfall} TST002\n```", "has two pages"),
    ],
)
def test_a_wrong_name_is_a_warning_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    """Unknown ids and second homes are told with file and line."""
    project = Project.copy(tmp_path)
    page = tmp_path / "docs/guide/extra.md"
    page.write_text(f"---\norphan: true\n---\n# Extra\n\n{text}\n")
    warnings = project.build("text").warnings
    assert message in warnings
    assert "extra" in warnings


def test_links_by_slug_alias_and_rule(tmp_path: Path) -> None:
    """The role finds every name of a pitfall."""
    project = Project.copy(tmp_path)
    names = ("TST002", "sequential-qemu-tests", "TST002.dead-filter")
    links = "\n\n".join(f"{{pitfall}}`{name}`" for name in names)
    (tmp_path / "docs/guide/extra.md").write_text(
        f"---\norphan: true\n---\n# Extra\n\n{links}\n\n{{ref}}`tst002`\n"
    )
    assert project.build().warnings == ""
    page = soup(project, "guide/extra")
    targets = [a["href"] for a in page.select("article a.reference.internal")]
    home = "../pitfalls/testing/sequential-qemu-tests.html"
    assert targets == [f"{home}#TST002"] * 2 + [f"{home}#TST002.dead-filter", f"{home}#TST002"]


def test_a_failing_pitfall_warns_only_when_asked(tmp_path: Path) -> None:
    """``pitfalls_fail_on`` makes verdicts warnings of the build."""
    project = Project.copy(tmp_path)
    assert project.build("text").warnings == ""
    (tmp_path / "docs/index.md").touch()
    assert "unknown" in project.build("text", pitfalls_fail_on="unknown").warnings
    with pytest.raises(BuildError, match="is no verdict"):
        project.build("text", pitfalls_fail_on="sometimes")


def test_a_wrong_target_stops_the_build(tmp_path: Path) -> None:
    """The message names the folder that is missing."""
    with pytest.raises(BuildError, match="no such folder"):
        Project.copy(tmp_path).build("text", pitfalls_target="nowhere")


def test_a_crashing_check_is_shown_with_its_traceback(tmp_path: Path) -> None:
    """The build goes on; the page shows the traceback and the other pages their results."""
    project = Project.copy(tmp_path)
    check = "checks/testing/sequential_qemu_tests/check.py"
    project.edit(
        check,
        "for workspace, group in schedule.wide",
        "1 / 0\n    for workspace, group in schedule.wide",
    )
    built = project.build("text")
    assert "check TST002 crashed" in built.warnings
    assert "ZeroDivisionError" in project.output("text/pitfalls/testing/sequential-qemu-tests.txt")
    assert "DMA" in project.output("text/pitfalls/memory/dma-buffer-placement.txt")


def test_a_published_site_tells_its_address(tmp_path: Path) -> None:
    """Canonical links, Open Graph data about the symptom, a sitemap; a 404 page that works at any
    depth."""
    project = Project.copy(tmp_path)
    project.environment["PITFALLS_BASE_URL"] = "https://example.org/guide/"
    assert project.build().warnings == ""
    page = soup(project, "pitfalls/memory/dma-buffer-placement")
    canonical = page.select_one('link[rel="canonical"]')
    described = page.select_one('meta[property="og:description"]')
    address = page.select_one('meta[property="og:url"]')
    assert canonical is not None
    assert described is not None
    assert address is not None
    home = "https://example.org/guide/pitfalls/memory/dma-buffer-placement.html"
    assert canonical["href"] == address["content"] == home
    assert str(described["content"]).startswith("The Ethernet link comes up")
    assert f"<loc>{home}</loc>" in project.output("html/sitemap.xml")
    style = soup(project, "404").select_one('link[rel="stylesheet"]')
    assert style is not None
    assert str(style["href"]).startswith("/guide/_static/")
    redirect = BeautifulSoup(project.output("html/p/MEM001/index.html"), "html.parser")
    found = redirect.select_one('link[rel="canonical"]')
    assert found is not None
    assert found["href"] == home


def test_wrong_content_of_a_checklist_is_a_warning(tmp_path: Path) -> None:
    """A line without rules, and a rule that does not exist."""
    project = Project.copy(tmp_path)
    for text, message in (("No rules.", "write `what to do"), ("Do it. (XYZ999)", "no pitfall")):
        (tmp_path / "docs/guide/extra.md").write_text(
            f"---\norphan: true\n---\n# Extra\n\n```{{pitfall-checklist}}\n{text}\n```\n"
        )
        assert message in project.build("text").warnings
