"""The animated picture of "How a cell works" in README.md: `python -m bench.pictures`.

Needs Debian's chromium. Run it after the tab or a sentiment model has changed.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Page, ViewportSize, sync_playwright

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

from rnn_demo.errors import InputError
from rnn_demo.ui import LAUNCH, build_app

TAB = "how-a-cell-works"
PICTURE = Path(__file__).parent.parent / "docs" / "figures" / f"{TAB}.gif"
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", OFFLINE]
WINDOW: ViewportSize = {"width": 1040, "height": 1100}
FRAME_MS, SETTLED_MS = 110, 900
"""How long a frame of the motion lasts, and one at rest."""
MOVING = (150, 300, 450, 650)
"""Milliseconds after a step at which its motion is recorded."""
COLOURS = 128


def main() -> None:
    """Serve the page, record the tab while its steps are taken, and write the picture."""
    demo = build_app()
    _, url, _ = demo.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **LAUNCH)
    try:
        frames, durations = zip(*record(url), strict=True)
    finally:
        demo.close(verbose=False)
    write(frames, durations)
    print(f"{PICTURE}: {len(frames)} frames, {PICTURE.stat().st_size / 1e6:.2f} MB")


def record(url: str) -> Iterator[tuple[Image.Image, int]]:
    """Yield frames, each with the milliseconds that it lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport=WINDOW, color_scheme="light")
        page.goto(f"{url}?tab={TAB}", timeout=120_000)
        page.locator(".board svg").wait_for(timeout=120_000)
        page.wait_for_timeout(4000)  # fonts, and the answer to the link
        yield picture(page), SETTLED_MS
        for _ in range(page.locator(".words .token").count() - 1):
            yield from record_step(page)
        page.locator(".term").first.focus()  # the forget gate is lit
        page.wait_for_timeout(500)
        yield picture(page), 2 * SETTLED_MS
        browser.close()


def record_step(page: Page) -> Iterator[tuple[Image.Image, int]]:
    """Yield the frames of one step: its animations are paused at each moment, however slow the machine is."""
    page.locator(".player .next").click()
    page.evaluate("window.moving = document.getAnimations().map((each) => { each.pause(); return each; })")
    for moment in MOVING:
        page.evaluate("(ms) => window.moving.forEach((each) => { each.currentTime = ms; })", moment)
        yield picture(page), FRAME_MS
    page.evaluate("window.moving.forEach((each) => each.play())")
    page.wait_for_timeout(800)
    yield picture(page), SETTLED_MS


def picture(page: Page) -> Image.Image:
    """Return the tab from its controls down to the end of the drawing."""
    top, bottom = page.locator(".controls").bounding_box(), page.locator(".stage").bounding_box()
    if top is None or bottom is None:
        raise InputError("the tab is not on the page")
    height = bottom["y"] + bottom["height"] - top["y"] + 8
    area: FloatRect = {"x": 0, "y": top["y"] - 8, "width": WINDOW["width"], "height": height}
    return Image.open(BytesIO(page.screenshot(clip=area))).convert("RGB")


def write(frames: Sequence[Image.Image], durations: Sequence[int]) -> None:
    """Write an animated picture that goes on for ever; its frames share their colours, so that only changes cost."""
    samples = frames[:: max(1, len(frames) // 4)]
    mosaic = Image.new("RGB", (frames[0].width, sum(sample.height for sample in samples)))
    for i, sample in enumerate(samples):
        mosaic.paste(sample, (0, i * sample.height))
    palette = mosaic.quantize(COLOURS)
    first, *others = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    first.save(PICTURE, save_all=True, append_images=others, duration=list(durations), loop=0)


if __name__ == "__main__":
    main()
