"""The animated picture is written with its frames and their times."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from bench import pictures


def test_a_picture_has_its_frames_times_and_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PICTURE", tmp_path / "cell.gif")
    frames = [Image.new("RGB", (40, 20), "white") for _ in range(5)]
    for i, frame in enumerate(frames):
        ImageDraw.Draw(frame).rectangle((8 * i, 0, 8 * i + 7, 19), fill="#f97316" if i % 2 else "#6366f1")
    pictures.write(frames, [900, 110, 110, 110, 1800])
    with Image.open(pictures.PICTURE) as picture:
        assert (picture.n_frames, picture.info["loop"]) == (5, 0)
        for i, duration in enumerate((900, 110, 110, 110, 1800)):
            picture.seek(i)
            assert picture.info["duration"] == duration
            assert picture.convert("RGB").getpixel((8 * i + 3, 10)) == frames[i].getpixel((8 * i + 3, 10))


def test_the_shipped_picture_is_small_and_moves() -> None:
    assert pictures.PICTURE.stat().st_size < 2_000_000
    with Image.open(pictures.PICTURE) as picture:
        assert picture.n_frames > 40
