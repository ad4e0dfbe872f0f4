"""The painter as a member meets it: its page in a browser, with mouse, fingers and keys."""

import asyncio
import itertools
import threading
from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from bot.core.errors import MaskError
from tests.support.browser import launching
from tests.support.images import ellipse, meadow
from tests.support.painter_server import Studio, studio
from tests.support.waiting import PATIENCE_SECONDS

WIDE = {"width": 1000, "height": 640}
PHONE = {"width": 390, "height": 760}
# Expected masks are drawn this much larger, so that their edges lie where a canvas puts them.
FINE = 8


@pytest.fixture(scope="module")
def served() -> Iterator[Studio]:
    """Serve a painter from a thread of its own, since the browser is driven from this one."""
    opened, close = threading.Event(), threading.Event()
    found: list[Studio] = []

    async def serve() -> None:
        async with studio() as painter:
            found.append(painter)
            opened.set()
            await asyncio.to_thread(close.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert opened.wait(PATIENCE_SECONDS)
    yield found[0]
    close.set()
    thread.join(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    launch = launching()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch)
        yield browser
        browser.close()


class Easel:
    """An open painter page, and what a member does on it; places are in pixels of the canvas."""

    def __init__(self, served: Studio, page: Page) -> None:
        self.served = served
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(1000 * PATIENCE_SECONDS)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, **sheet: object) -> None:
        """Open the painter of a new draft, ready to paint on."""
        self.served.desk.taken.clear()
        self.served.desk.refusal = None
        self.page.goto(self.served.link(**sheet))  # pyright: ignore[reportArgumentType]
        expect(self.button("Use this region")).to_be_enabled()

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def box(self) -> tuple[float, float, float]:
        """Where the canvas lies in the window, and the window's pixels for each of its own."""
        box = self.page.locator("#mask").bounding_box()
        assert box is not None
        return box["x"], box["y"], box["width"] / int(self.page.locator("#mask").get_attribute("width") or 0)

    def in_window(self, x: float, y: float) -> tuple[float, float]:
        left, top, scale = self.box
        return left + x * scale, top + y * scale

    def brush(self, width: float) -> None:
        """Make brush and eraser this many pixels of the canvas wide, as near as the slider comes."""
        self.page.get_by_label("Brush size").fill(str(round(width * self.box[2])))

    def drag(self, *points: tuple[float, float]) -> None:
        """Draw a line with the mouse."""
        first, *others = [self.in_window(*point) for point in points]
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for point in others:
            self.page.mouse.move(*point, steps=4)
        self.page.mouse.up()

    def send(self) -> Image.Image:
        """Send the region; return the mask that arrives."""
        self.button("Use this region").click()
        expect(self.page.locator("#message")).to_have_text("Done: go back to Discord.")
        [(mask, _)] = self.served.desk.taken
        return mask


class Fingers:
    """Touches on a page, as the browser gets them from a screen."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)

    def put(self, *points: tuple[float, float]) -> None:
        self._dispatch("touchStart", points)

    def slide(self, *points: tuple[float, float]) -> None:
        self._dispatch("touchMove", points)

    def lift(self) -> None:
        self._dispatch("touchEnd", ())

    def drag(self, *points: tuple[float, float]) -> None:
        self.put(points[0])
        for (x, y), (next_x, next_y) in itertools.pairwise(points):
            for part in (0.25, 0.5, 0.75, 1):
                self.slide((x + (next_x - x) * part, y + (next_y - y) * part))
        self.lift()

    def _dispatch(self, kind: str, points: tuple[tuple[float, float], ...]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


class Pen:
    """A pen on a page, as the browser gets it from a screen."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)

    def put(self, point: tuple[float, float]) -> None:
        self._dispatch("mousePressed", point)

    def slide(self, point: tuple[float, float]) -> None:
        self._dispatch("mouseMoved", point)

    def lift(self, point: tuple[float, float]) -> None:
        self._dispatch("mouseReleased", point)

    def _dispatch(self, kind: str, point: tuple[float, float]) -> None:
        event = {"x": point[0], "y": point[1], "button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen"}
        self.session.send("Input.dispatchMouseEvent", {"type": kind, **event})


@pytest.fixture
def easel(served: Studio, chromium: Browser) -> Iterator[Easel]:
    with chromium.new_context(viewport=WIDE) as context:  # pyright: ignore[reportArgumentType]
        yield Easel(served, context.new_page())


@pytest.fixture
def phone(served: Studio, chromium: Browser) -> Iterator[Easel]:
    with chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True) as context:  # pyright: ignore[reportArgumentType]
        yield Easel(served, context.new_page())


def line(*points: tuple[float, float], width: float, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Return a mask with a line with round ends."""
    fine = Image.new("L", (size[0] * FINE, size[1] * FINE))
    canvas, radius = ImageDraw.Draw(fine), width * FINE / 2
    ends = [(x * FINE, y * FINE) for x, y in points]
    canvas.line(ends, fill=255, width=round(2 * radius), joint="curve")
    for x, y in ends:
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return _sharp(fine, size)


def polygon(*points: tuple[float, float]) -> Image.Image:
    """Return a mask of the meadow's size with a filled polygon."""
    fine = Image.new("L", (160 * FINE, 120 * FINE))
    ImageDraw.Draw(fine).polygon([(x * FINE, y * FINE) for x, y in points], fill=255)
    return _sharp(fine, (160, 120))


def _sharp(fine: Image.Image, size: tuple[int, int]) -> Image.Image:
    return fine.resize(size, Image.Resampling.BOX).point([0] * 128 + [255] * 128)


def joined(*masks: Image.Image) -> Image.Image:
    whole = masks[0]
    for mask in masks[1:]:
        whole = ImageChops.lighter(whole, mask)
    return whole


def assert_alike(mask: Image.Image, expected: Image.Image) -> None:
    """Fail unless the masks overlap in 97 % of what either of them holds."""
    assert mask.size == expected.size
    assert {value for _, value in mask.getcolors() or []} <= {0, 255}
    both = ImageStat.Stat(ImageChops.darker(mask, expected)).sum[0]
    either = ImageStat.Stat(ImageChops.lighter(mask, expected)).sum[0]
    assert both / either > 0.97


ACROSS = ((30.0, 40.0), (120.0, 40.0))
DOWN = ((80.0, 20.0), (80.0, 100.0))


def test_a_stroke_arrives_where_it_was_painted(easel: Easel) -> None:
    easel.open(feather=9)
    easel.brush(16)
    easel.drag(*ACROSS)
    assert_alike(easel.send(), line(*ACROSS, width=16))
    assert easel.served.desk.taken[0][1] == 9
    assert easel.complaints == []

    expect(easel.button("Brush")).to_be_disabled()
    expect(easel.button("Use this region")).to_be_disabled()
    easel.page.reload()
    expect(easel.page.get_by_role("heading")).to_have_text("Back to Discord")


def test_undo_and_redo(easel: Easel) -> None:
    easel.open()
    expect(easel.button("Undo")).to_be_disabled()
    easel.brush(16)
    easel.drag(*ACROSS)
    easel.drag(*DOWN)
    easel.button("Undo").click()
    easel.button("Undo").click()
    expect(easel.button("Undo")).to_be_disabled()
    easel.button("Redo").click()
    expect(easel.button("Redo")).to_be_enabled()
    assert_alike(easel.send(), line(*ACROSS, width=16))


def test_a_new_stroke_ends_what_could_be_redone(easel: Easel) -> None:
    easel.open()
    easel.brush(16)
    easel.drag(*ACROSS)
    easel.button("Undo").click()
    easel.drag(*DOWN)
    expect(easel.button("Redo")).to_be_disabled()
    assert_alike(easel.send(), line(*DOWN, width=16))


def test_the_eraser_takes_away(easel: Easel) -> None:
    easel.open()
    easel.brush(30)
    easel.drag(*ACROSS)
    easel.button("Eraser").click()
    easel.brush(20)
    easel.drag(*DOWN)
    assert_alike(easel.send(), ImageChops.subtract(line(*ACROSS, width=30), line(*DOWN, width=20)))


def test_the_lasso_takes_what_it_goes_around(easel: Easel) -> None:
    easel.open()
    easel.button("Lasso").click()
    corners = [(20.0, 20.0), (120.0, 30.0), (90.0, 100.0)]
    easel.drag(*corners)
    assert_alike(easel.send(), polygon(*corners))


def test_the_fill_stays_in_a_closed_area(easel: Easel) -> None:
    easel.open()
    easel.brush(6)
    ring = [(30.0, 20.0), (110.0, 20.0), (110.0, 90.0), (30.0, 90.0), (30.0, 20.0)]
    easel.drag(*ring)
    easel.button("Fill").click()
    easel.drag((70, 50))
    assert_alike(easel.send(), joined(line(*ring, width=6), polygon(*ring)))


def test_the_fill_goes_around_corners_and_can_be_undone(easel: Easel) -> None:
    easel.open()
    easel.brush(6)
    wall = [(40.0, 0.0), (40.0, 90.0), (120.0, 90.0), (120.0, 30.0), (80.0, 30.0)]
    easel.drag(*wall)
    easel.button("Fill").click()
    easel.drag((70, 60))
    easel.page.keyboard.press("Control+z")
    easel.drag((150, 110))
    # The wall closes nothing, so both places belong to one area: all the picture.
    assert_alike(easel.send(), Image.new("L", (160, 120), 255))


def test_invert_and_clear(easel: Easel) -> None:
    easel.open(mask=ellipse())
    easel.button("Invert").click()
    assert_alike(easel.send(), ImageChops.invert(ellipse()))
    easel.open(mask=ellipse())
    easel.button("Clear").click()
    easel.brush(16)
    easel.drag(*DOWN)
    assert_alike(easel.send(), line(*DOWN, width=16))


def test_the_present_mask_is_kept(easel: Easel) -> None:
    easel.open(mask=ellipse())
    assert ImageChops.difference(easel.send(), ellipse()).getbbox() is None


def test_all_by_keys(easel: Easel) -> None:
    easel.open()
    keys = easel.page.keyboard
    size = easel.page.get_by_label("Brush size")
    before = int(size.input_value())
    keys.press("]")
    assert int(size.input_value()) > before
    keys.press("[")
    keys.press("[")
    assert int(size.input_value()) < before
    for key, name in {"e": "Eraser", "l": "Lasso", "f": "Fill", "h": "Move", "b": "Brush"}.items():
        keys.press(key)
        expect(easel.button(name)).to_have_attribute("aria-pressed", "true")
        expect(easel.page.locator("[aria-pressed=true]")).to_have_count(1)
    scale = easel.box[2]
    keys.press("+")
    assert easel.box[2] > scale
    keys.press("-")
    assert easel.box[2] == pytest.approx(scale, rel=0.01)

    easel.brush(16)
    easel.drag(*ACROSS)
    easel.drag(*DOWN)
    keys.press("Control+z")
    keys.press("Control+z")
    keys.press("Control+Shift+Z")
    keys.press("i")
    assert_alike(easel.send(), ImageChops.invert(line(*ACROSS, width=16)))


def test_wheel_and_middle_button_look_around(easel: Easel) -> None:
    easel.open()
    x, y = easel.in_window(40, 30)
    scale = easel.box[2]
    easel.page.mouse.move(x, y)
    easel.page.mouse.wheel(0, -600)
    easel.page.wait_for_function(
        "s => document.querySelector('#mask').getBoundingClientRect().width / 160 > s * 2", arg=scale
    )
    assert easel.in_window(40, 30) == pytest.approx((x, y), abs=1)

    easel.page.mouse.down(button="middle")
    easel.page.mouse.move(x + 50, y + 20, steps=3)
    easel.page.mouse.up(button="middle")
    assert easel.in_window(40, 30) == pytest.approx((x + 50, y + 20), abs=1)
    easel.brush(14)
    easel.drag((35, 30), (60, 35))
    assert_alike(easel.send(), line((35, 30), (60, 35), width=14))


def test_the_move_tool_moves_and_paints_nothing(easel: Easel) -> None:
    easel.open(mask=ellipse())
    easel.button("Zoom in").click(click_count=2)
    easel.button("Move").click()
    left, top, _ = easel.box
    easel.drag((80, 60), (60, 50))
    assert easel.box[0] < left
    assert easel.box[1] < top
    easel.button("Show the whole picture").click()
    assert ImageChops.difference(easel.send(), ellipse()).getbbox() is None


def test_the_feather_is_shown_and_sent(easel: Easel) -> None:
    easel.open(mask=ellipse())
    blur = "getComputedStyle(document.querySelector('#mask')).filter"
    assert easel.page.evaluate(blur) == "none"
    easel.page.get_by_label("Soft edge").fill("20")
    assert easel.page.evaluate(blur) == "blur(10px)"
    assert ImageChops.difference(easel.send(), ellipse()).getbbox() is None
    assert easel.served.desk.taken[0][1] == 20


def test_an_empty_region_is_refused_and_painting_goes_on(easel: Easel) -> None:
    easel.open()
    easel.button("Use this region").click()
    expect(easel.page.locator("#message")).to_contain_text("Nothing is painted yet")
    assert easel.served.desk.taken == []
    easel.brush(16)
    easel.drag(*DOWN)
    assert_alike(easel.send(), line(*DOWN, width=16))


def test_what_is_refused_is_told_and_painting_goes_on(easel: Easel) -> None:
    easel.open(mask=ellipse())
    easel.served.desk.refusal = MaskError("That draft is being painted; wait a moment.")
    easel.button("Use this region").click()
    expect(easel.page.locator("#message")).to_have_text("That draft is being painted; wait a moment.")
    easel.served.desk.refusal = None
    easel.button("Invert").click()
    assert_alike(easel.send(), ImageChops.invert(ellipse()))


def test_a_large_picture_is_painted_on_at_display_size(easel: Easel) -> None:
    easel.open(picture=meadow(3000, 1500))
    easel.brush(200)
    easel.drag((500, 300), (1500, 800))
    scale = 3000 / 2048
    points = [(500 * scale, 300 * scale), (1500 * scale, 800 * scale)]
    assert_alike(easel.send(), line(*points, width=200 * scale, size=(3000, 1500)))


def test_a_script_in_the_prompt_does_nothing(easel: Easel) -> None:
    script = "<img src=x onerror=\"document.title='owned'\"></p><script>document.title='owned'</script>"
    easel.open(prompt=script)
    expect(easel.page.locator("#prompt")).to_have_text(script)
    expect(easel.page).to_have_title("Paint the region · Atelier")
    assert easel.complaints == []


def test_inline_script_is_blocked(easel: Easel) -> None:
    easel.open()
    with easel.page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        easel.page.evaluate(
            "() => { const script = document.createElement('script'); script.textContent = \"document.title='owned'\";"
            " document.body.append(script); }"
        )
    expect(easel.page).to_have_title("Paint the region · Atelier")


def test_a_finger_paints(phone: Easel) -> None:
    phone.open()
    phone.brush(16)
    Fingers(phone.page).drag(*(phone.in_window(*point) for point in ACROSS))
    assert_alike(phone.send(), line(*ACROSS, width=16))
    assert phone.complaints == []


def test_fingers_lasso_and_fill(phone: Easel) -> None:
    phone.open()
    fingers = Fingers(phone.page)
    corners = [(20.0, 20.0), (120.0, 30.0), (90.0, 100.0)]
    phone.button("Lasso").tap()
    fingers.drag(*(phone.in_window(*point) for point in corners))
    phone.button("Invert").tap()
    phone.button("Fill").tap()
    fingers.drag(phone.in_window(80, 50))
    assert_alike(phone.send(), Image.new("L", (160, 120), 255))


def test_two_fingers_zoom_and_leave_no_paint(phone: Easel) -> None:
    phone.open(mask=ellipse())
    fingers = Fingers(phone.page)
    (x, y), scale = phone.in_window(80, 60), phone.box[2]
    fingers.put((x - 40, y))
    fingers.slide((x - 45, y))
    fingers.put((x - 45, y), (x + 45, y))
    for spread in (60, 75, 90):
        fingers.slide((x - spread, y), (x + spread, y))
    fingers.lift()
    assert phone.box[2] == pytest.approx(2 * scale, rel=0.05)
    assert phone.in_window(80, 60) == pytest.approx((x, y), abs=4)
    assert phone.page.evaluate("visualViewport.scale") == 1

    phone.button("Clear").tap()
    phone.brush(14)
    fingers.drag(phone.in_window(70, 50), phone.in_window(100, 70))
    assert_alike(phone.send(), line((70, 50), (100, 70), width=14))


def test_a_pinch_that_began_as_a_stroke_changes_nothing(phone: Easel) -> None:
    phone.open(mask=ellipse())
    fingers = Fingers(phone.page)
    x, y = phone.in_window(20, 60)
    fingers.put((x, y))
    fingers.slide((x + 20, y + 10))
    fingers.put((x + 20, y + 10), (x + 120, y))
    fingers.slide((x + 25, y + 10), (x + 130, y))
    fingers.lift()
    expect(phone.button("Undo")).to_be_disabled()

    phone.button("Show the whole picture").tap()
    phone.brush(16)
    fingers.drag(*(phone.in_window(*point) for point in DOWN))
    assert_alike(phone.send(), joined(ellipse(), line(*DOWN, width=16)))


def test_a_pen_paints_though_the_hand_touches_too(phone: Easel) -> None:
    phone.open()
    phone.brush(16)
    pen, hand = Pen(phone.page), Fingers(phone.page)
    left, right = (phone.in_window(*point) for point in ACROSS)
    palm = phone.in_window(60, 110)
    hand.put(palm)
    pen.put(left)
    hand.slide((palm[0] + 40, palm[1]))
    hand.lift()
    hand.put(palm)
    pen.slide(right)
    hand.slide((palm[0] + 40, palm[1]))
    hand.lift()
    pen.lift(right)
    assert_alike(phone.send(), line(*ACROSS, width=16))


@pytest.mark.parametrize("size", [(390, 760), (320, 560), (760, 360)])
def test_all_is_in_reach_on_a_phone(phone: Easel, size: tuple[int, int]) -> None:
    phone.page.set_viewport_size({"width": size[0], "height": size[1]})
    phone.open(picture=meadow(400, 300), prompt="a very long prompt " * 40)
    root = "document.scrollingElement"
    assert phone.page.evaluate(f"[{root}.scrollWidth, {root}.scrollHeight]") == list(size)
    for button in phone.page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
        assert 0 <= box["x"] <= box["x"] + box["width"] <= size[0]
        assert 0 <= box["y"] <= box["y"] + box["height"] <= size[1]
    stage = phone.page.locator("#stage").bounding_box()
    assert stage is not None
    assert min(stage["width"], stage["height"]) >= 140
