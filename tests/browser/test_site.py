"""The site as a reader meets it: search, filters, copying, theme, keyboard, accessibility."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pitfalls import catalogue
from tests.browser.conftest import ARTEFACTS

axe_module = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = pytest.importorskip("playwright.sync_api").expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = {
    "front": "index.html",
    "failing": "pitfalls/testing/orphan-process.html",
    "passing": "pitfalls/freertos/freertos-recursive-mutex.html",
    "overview": "pitfalls/index.html",
    "matrix": "matrix.html",
    "checklist": "guide/checklist.html",
    "walk-through": "guide/add-a-platform.html",
    "reference": "reference/command.html",
}
"""One page of every type."""


def open_page(page: Page, site: Path, path: str, query: str = "") -> None:
    """Open a page as a file, without any server."""
    page.goto((site / path).as_uri() + query, wait_until="load")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_no_violation_of_accessibility(page: Page, site: Path, name: str, theme: str) -> None:
    """Axe finds nothing against WCAG 2.2 AA, in both themes."""
    open_page(page, site, PAGES[name])
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    result = axe_module.Axe().run(
        page, options={"runOnly": {"type": "tag", "values": rules}, "preload": False}
    )
    assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_small_phone(page: Page, site: Path, name: str) -> None:
    """At 320 pixels no page scrolls sideways."""
    page.set_viewport_size({"width": 320, "height": 800})
    open_page(page, site, PAGES[name])
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


@pytest.mark.parametrize(
    ("size", "theme"),
    [((1280, 900), "light"), ((1280, 900), "dark"), ((390, 844), "light"), ((390, 844), "dark")],
)
@pytest.mark.parametrize("name", PAGES)
def test_screenshots_are_kept(
    page: Page, site: Path, name: str, size: tuple[int, int], theme: str
) -> None:
    """For people to look at: build/screenshots."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_page(page, site, PAGES[name])
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    file = ARTEFACTS / f"{name}-{size[0]}-{theme}.png"
    page.screenshot(path=file, full_page=True)
    assert file.stat().st_size > 5_000


def test_the_search_answers_as_one_types(page: Page, site: Path) -> None:
    """A log line leads to its pitfall; the state is told to a screen reader; Enter opens it."""
    open_page(page, site, "index.html")
    box = page.get_by_label("What do you see?")
    box.press_sequentially("error: operator didn't match any binary names")
    hit = page.locator(".pitfall-hit").first
    hit.get_by_text("TST002").wait_for()
    assert "likely pitfall" in page.locator(".pitfall-search [role=status]").inner_text()
    assert "line 1" in hit.inner_text()
    box.press("Enter")
    page.wait_for_url("**/sequential-qemu-tests.html*")


def test_the_search_takes_a_pasted_log(page: Page, site: Path) -> None:
    """Many lines at once; the line that matched is named."""
    open_page(page, site, "index.html")
    log = "booting\n" * 40 + "error: operator didn't match any binary names\n"
    page.get_by_label("What do you see?").fill(log)
    page.locator(".pitfall-hit").first.get_by_text("line 41").wait_for()


def test_the_search_says_when_it_knows_nothing(page: Page, site: Path) -> None:
    """No guess; an id or a word of a title still finds its page."""
    open_page(page, site, "index.html")
    box = page.get_by_label("What do you see?")
    box.fill("the LED does not blink at all")
    page.get_by_text("No known pitfall").wait_for()
    box.fill("rtos002")
    page.locator(".pitfall-hit").get_by_text("RTOS002").wait_for()


def test_a_search_can_be_linked(page: Page, site: Path) -> None:
    """The text stands in the address, and an address fills the box. Text stays text."""
    open_page(page, site, "index.html", "?symptom=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    box = page.get_by_label("What do you see?")
    assert box.input_value().startswith("<img")
    expect(page.locator(".pitfall-search img")).to_have_count(0)
    box.fill("MEM001")
    page.wait_for_function("location.search.includes('MEM001')")


def test_the_matrix_fits_a_desktop(page: Page, site: Path) -> None:
    """No platform of the example is cut off at 1280 px."""
    page.set_viewport_size({"width": 1280, "height": 800})
    open_page(page, site, "matrix.html")
    width = "t => t.parentElement.scrollWidth - t.parentElement.clientWidth"
    assert page.locator("table.pitfall-matrix").evaluate(width) <= 0


@pytest.mark.parametrize("width", [1280, 1024, 390, 320])
def test_a_long_path_leaves_the_verdict_of_a_row_in_sight(
    page: Page, site: Path, width: int
) -> None:
    """What was found is wrapped; nothing of the table of measures is beyond the edge."""
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, site, "pitfalls/memory/stack-sizing.html")
    table = page.locator("table.pitfall-measures").first
    path = "packages/boards/a-board-with-a-long-name/src/tasks_of_the_application.c:1047"
    table.evaluate(f"t => t.querySelectorAll('code .pre').forEach(c => c.textContent = '{path}')")
    over = "t => t.parentElement.scrollWidth - t.parentElement.clientWidth"
    assert table.evaluate(over) <= 0
    assert table.locator(".pitfall-status").first.is_visible()


def test_filters_of_the_matrix(page: Page, site: Path) -> None:
    """By verdict, family and platform; the choice stands in the address; reset shows all."""
    open_page(page, site, "matrix.html")
    rows = page.locator("table.pitfall-matrix tbody tr:visible")
    total = rows.count()
    assert total == len(catalogue.load().ids)
    page.get_by_label("Verdict").select_option("fail")
    failing = rows.count()
    assert 0 < failing < total
    statuses = rows.locator("td:nth-child(3) .pitfall-status").all_inner_texts()
    assert all("fail" in text for text in statuses)
    page.get_by_label("Family").select_option("Clocks")
    assert 0 < rows.count() <= failing
    assert "verdict=fail" in page.url
    assert "family=Clocks" in page.url
    page.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(total)
    assert "verdict" not in page.url


def test_a_filtered_matrix_can_be_linked(page: Page, site: Path) -> None:
    """The front page leads to the matrix of one platform; other columns are out of the way."""
    open_page(page, site, "index.html")
    page.locator("#by-platform").get_by_role("link", name="stm32f4").click()
    page.wait_for_url("**/matrix.html?platform=stm32f4")
    heads = page.locator("table.pitfall-matrix thead th:visible").all_inner_texts()
    assert heads == ["Pitfall", "Family", "Whole tree", "stm32f4"]
    assert page.get_by_label("Platform").input_value() == "stm32f4"


def test_filters_work_with_the_keyboard(page: Page, site: Path) -> None:
    """Tab reaches them, arrows change them."""
    open_page(page, site, "matrix.html")
    page.get_by_label("Verdict").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Verdict").input_value() == "fail"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "matrix-family"


def test_copy_buttons(page: Page, site: Path) -> None:
    """The text for a bug report goes to the clipboard as it is shown."""
    open_page(page, site, PAGES["failing"])
    block = page.locator(".highlight-text", has_text="TST001").last
    block.scroll_into_view_if_needed()
    block.hover()
    block.get_by_role("button").click()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("TST001 ")
    assert "p/TST001/" in text
    assert "fail" in text


def test_wrong_and_right_stand_side_by_side(page: Page, site: Path) -> None:
    """On a wide screen both are seen, with room for most lines; elsewhere they are tabs."""
    page.set_viewport_size({"width": 1680, "height": 900})
    open_page(page, site, PAGES["failing"])
    expect(page.locator(".pitfall-examples .sd-tab-content:visible")).to_have_count(2)
    box = page.locator(".pitfall-examples .highlight").first.bounding_box()
    assert box is not None
    assert box["width"] > 500
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".pitfall-examples .sd-tab-content:visible")).to_have_count(1)
    page.locator(".pitfall-examples label", has_text="Right").click()
    assert page.locator(".pitfall-examples .pitfall-good").is_visible()


def test_the_theme_is_switched_and_kept(page: Page, site: Path) -> None:
    """From the menu of the page, by keyboard."""
    open_page(page, site, "index.html")
    page.get_by_role("button", name=re.compile("color mode|theme", re.IGNORECASE)).first.press(
        "Enter"
    )
    page.get_by_role("button", name="Dark").press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    open_page(page, site, "matrix.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_nothing_moves_for_who_asks_for_less_motion(chromium: object, site: Path) -> None:
    """With `prefers-reduced-motion` no element has a transition, an animation or a smooth scroll;
    without it the theme has some."""
    moving = """() => [...document.querySelectorAll('*')].filter(e => {
        const s = getComputedStyle(e);
        return parseFloat(s.transitionDuration) > 0 && s.transitionProperty !== 'none'
            || s.animationName !== 'none' || s.scrollBehavior === 'smooth';
    }).length"""
    counts = {}
    for wish in ("reduce", "no-preference"):
        context = chromium.new_context(reduced_motion=wish)  # type: ignore[attr-defined]
        opened = context.new_page()
        opened.goto((site / "index.html").as_uri())
        counts[wish] = opened.evaluate(moving)
        context.close()
    assert counts["reduce"] == 0
    assert counts["no-preference"] > 0


def test_the_first_tab_skips_to_the_content(page: Page, site: Path) -> None:
    """Keyboard users need not walk through the navigation."""
    open_page(page, site, PAGES["failing"])
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.textContent").lower()


def test_every_status_has_a_word(page: Page, site: Path) -> None:
    """What a screen reader reads of a status names the verdict."""
    for name in ("front", "failing", "matrix"):
        open_page(page, site, PAGES[name])
        texts = page.locator(".pitfall-status").all_inner_texts()
        assert texts
        words = r"error|fail|warn|unknown|pass|not-applicable|note"
        assert all(re.search(words, text) for text in texts)


def test_permanent_links_work_as_files(page: Page, site: Path) -> None:
    """A redirect needs no server and no script."""
    page.goto((site / "p/tap-queue-discipline/index.html").as_uri())
    page.wait_for_url("**/pitfalls/networking/tap-qdisc.html#NET005")


def test_pages_are_small_and_need_no_script(chromium: object, site: Path) -> None:
    """HTML of a pitfall stays below 150 kB, and reads without a script."""
    for entry in catalogue.load():
        size = (site / f"{entry.pitfall.page}.html").stat().st_size
        assert size < 150_000, f"{entry.pitfall.page}: {size}"
    context = chromium.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    open_page(page, site, PAGES["failing"])
    assert page.locator(".pitfall-finding").first.is_visible()
    assert page.locator("h2", has_text="Symptom").is_visible()
    context.close()


def test_print_shows_wrong_and_right_and_no_controls(page: Page, site: Path) -> None:
    """On paper there are no tabs to click: both are shown, filters and navigation are not."""
    open_page(page, site, PAGES["failing"])
    page.set_viewport_size({"width": 700, "height": 900})
    page.emulate_media(media="print")
    expect(page.locator(".pitfall-examples .sd-tab-content:visible")).to_have_count(2)
    assert not page.locator(".bd-header").is_visible()
    open_page(page, site, "matrix.html")
    assert not page.locator(".pitfall-filters").is_visible()
