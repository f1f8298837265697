"""Ten symptoms of the original document, typed by somebody new: each leads to its page at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEN = {
    "_Z_ERR_SYSTEM_OUT_OF_MEMORY (-78) although memory is available": "zenoh-feature-interest",
    "ss -tnap shows FIN-WAIT-1 sockets of the killed QEMU": "stale-tcp-cleanup",
    "services time out but pub/sub works": "blocking-tcp-read",
    "Ethernet descriptors are corrupted and no error interrupt fires": "dma-buffer-placement",
    "callback crashes, fields hold garbage after init returned the struct": "rust-struct-move",
    "timeouts fire all at once after an idle period": "hardware-clock",
    "the first messages never reach the subscriber": "subscriber-startup-order",
    "keep-alives are missed and the zenoh session expires on FreeRTOS": "freertos-task-priority",
    "two platform features are on and the linker reports duplicate symbols": "feature-exclusivity",
    "zenohd and QEMU live on after nextest was killed with Ctrl-C": "orphan-process",
}
"""What is typed -> the slug of the page that it must lead to."""


@pytest.mark.parametrize("symptom", TEN)
def test_a_symptom_leads_to_its_page(page: Page, site: Path, symptom: str) -> None:
    """Two interactions from the front page: paste the words, press Enter."""
    page.goto((site / "index.html").as_uri())
    box = page.get_by_label("What do you see?")
    box.fill(symptom)
    page.locator(".pitfall-hit").first.wait_for()
    box.press("Enter")
    page.wait_for_url(f"**/{TEN[symptom]}.html*")
    assert page.locator(".pitfall-head").is_visible()
