"""The demo as a newcomer meets it: its page in a browser."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, Locator, Page, expect, sync_playwright

from tests.support.browser import launching
from tests.support.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "bot" / "samples" / "meadow.png"


class Demo:
    """A running `python -m bot demo` and what it has printed."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", *arguments],
            cwd=ROOT,
            env={**os.environ, "ATELIER_HOME": str(home), "ATELIER_DEMO_PORT": "0", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def printed(self, pattern: str) -> str:
        """Wait until a line matches, and return the pattern's first group."""

        def found() -> re.Match[str] | None:
            return re.search(pattern, self.output)

        with self._news:
            assert self._news.wait_for(found, PATIENCE_SECONDS), self.output
        match = found()
        assert match is not None
        return match[1]

    def ended_by_ctrl_c(self) -> int:
        """Signal the demo and its engine process, as a terminal's Ctrl-C does; return the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.read_to_end()

    def read_to_end(self) -> int:
        """Wait until the processes have ended and all they printed is read; return the exit status."""
        self._reader.join(PATIENCE_SECONDS)
        return self.process.wait(PATIENCE_SECONDS)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.output += line
                self._news.notify_all()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path)
    try:
        yield running
    finally:
        running.process.kill()
        running.read_to_end()
        print(running.output)  # noqa: T201 - pytest shows it where the test failed


@pytest.fixture
def page() -> Iterator[Page]:
    launch = launching()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch)
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(1000 * PATIENCE_SECONDS)
        yield context.new_page()
        browser.close()


def use_inpaint(page: Page, picture: Path, prompt: str, region: str) -> None:
    """Type and send /inpaint as a person does."""
    composer = page.get_by_placeholder("Message #studio")
    composer.click()
    composer.press_sequentially("/inp")
    page.get_by_role("option", name=re.compile("inpaint")).click()
    page.get_by_label("image attachment").set_input_files(picture)
    page.get_by_label("prompt, required").fill(prompt)
    page.get_by_role("button", name=re.compile("more$")).click()
    page.get_by_role("option", name=re.compile("^region")).click()
    page.get_by_label("region", exact=True).press_sequentially(region)
    page.get_by_role("option", name=region, exact=True).click()
    page.get_by_role("button", name="Send", exact=True).click()


def opened_by(page: Page, link: Locator) -> Page:
    """Press a link until its page opens: a press is lost where the demo's page is published anew in that moment."""
    for _ in range(PATIENCE_SECONDS // 10):
        with suppress(Error):
            with page.context.expect_page(timeout=10_000) as opened:
                link.click()
            return opened.value
    raise AssertionError("no page opened")


def paint_a_stroke(page: Page, draft: Locator) -> None:
    """Open the painter from a draft's card, paint a line across the left of the picture, and hand it in."""
    painter = opened_by(page, draft.get_by_role("link", name="Paint over"))
    use = painter.get_by_role("button", name="Use this region")
    expect(use).to_be_enabled()
    box = painter.locator("#mask").bounding_box()
    assert box
    painter.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.3 * box["height"])
    painter.mouse.down()
    painter.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    painter.mouse.up()
    use.click()
    expect(painter.get_by_role("status")).to_contain_text("Discord")
    painter.close()


def card_picture(page: Page, prompt: str) -> Locator:
    """Return the picture in the card that shows this prompt."""
    return page.get_by_role("article").filter(has_text=prompt).get_by_alt_text(prompt)


def downloaded_name(page: Page, picture: Locator) -> str:
    """Open the picture large, download it there, and return the file's name."""
    picture.click()
    with page.expect_download() as download:
        page.get_by_role("dialog", name="Image preview").get_by_role("button", name=re.compile("^Download")).click()
    return download.value.suggested_filename


def test_a_person_paints_in_the_demos_page(demo: Demo, page: Page) -> None:
    page.goto(demo.printed(r"open (http\S+)"))
    demo.printed("(Serving)")
    assert Path(demo.printed("After: +(.+)")).read_bytes().startswith(b"\x89PNG")
    expect(card_picture(page, "a snowman in the snow")).to_be_visible()

    use_inpaint(page, SAMPLE, "a red apple in a green meadow", "right")
    draft = page.get_by_role("article").filter(has_text="Only you see this")
    expect(draft).to_contain_text("50% of the picture")
    paint_a_stroke(page, draft)
    expect(draft).not_to_contain_text("50% of the picture")
    draft.get_by_role("button", name="Go", exact=True).click()
    card = page.get_by_role("article").filter(has_text="a red apple in a green meadow")
    expect(card).to_contain_text("25 steps")
    expect(card).to_contain_text("starter")
    result = card_picture(page, "a red apple in a green meadow")
    expect(result).to_be_visible()
    expect(result).to_have_js_property("naturalWidth", 256)
    expect(result).to_have_js_property("naturalHeight", 256)

    assert downloaded_name(page, result) == "atelier-2.png"

    assert demo.ended_by_ctrl_c() == 0, demo.output
    assert "Traceback" not in demo.output


def test_the_demo_once_ends_with_its_picture(tmp_path: Path) -> None:
    demo = Demo(tmp_path, "--once")
    try:
        assert demo.process.wait(PATIENCE_SECONDS) == 0, demo.output
    finally:
        demo.process.kill()
    before, after = (Path(demo.printed(f"{name}: +(.+)")).read_bytes() for name in ("Before", "After"))
    assert before != after


def test_the_demo_once_fails_without_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_MODEL", str(tmp_path / "no-model.safetensors"))
    demo = Demo(tmp_path, "--once")
    try:
        assert demo.process.wait(PATIENCE_SECONDS) == 1, demo.output
    finally:
        demo.process.kill()
    assert "No model: There is no model at" in demo.output
