"""Write docs/what-we-found.md and its figures: `python -m bench.findings`.

Needs no data: everything comes from the checkpoints, their precomputed analyses and the held-out text beside them.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import tyro
from playwright.sync_api import sync_playwright

import rnn_demo
from bench.findings import SECTIONS
from bench.findings.report import Material, Section, Subject
from rnn_demo.checkpoint import CHECKPOINTS_DIR, reads_backward, shipped_checkpoints
from rnn_demo.microscope.held_out_corpus import HELD_OUT_NAME, read_chunks
from rnn_demo.plots import Figure
from rnn_demo.precomputed import read_precomputed

DOCS = Path(__file__).parents[2] / "docs"
REPORT = "what-we-found.md"
NUM_CHUNKS, CHUNK_CHARS = 20, 800
"""Some 200 tokens each."""
INTRO = [
    "`python -m bench.findings` writes this file from the shipped checkpoints; our numbers stand beside those of",
    "the papers, whether or not they agree. Our networks are small and were trained for hours on a CPU.",
]
TERMS = [
    "*h* is a cell's output and *c* an LSTM's memory; a *unit* is one number of h; the *logit* is a score before",
    "it becomes a probability; the *readout* is the direction in h along which a score is read.",
]


def read_material(checkpoints_dir: Path = CHECKPOINTS_DIR) -> Material:
    """Load the shipped models that answer, with their precomputed analyses, and cut the held-out text."""
    names = [name for name in shipped_checkpoints() if not reads_backward(checkpoints_dir / name)]
    subjects = {name: Subject(rnn_demo.load(name), read_precomputed(checkpoints_dir / name)) for name in names}
    return Material(subjects, spread(read_chunks(checkpoints_dir / HELD_OUT_NAME)))


def spread(texts: tuple[str, ...]) -> list[str]:
    """Choose NUM_CHUNKS chunks of at most CHUNK_CHARS characters, evenly over the texts."""
    chunks = [text[:CHUNK_CHARS] for text in texts if len(text) > CHUNK_CHARS // 2]
    return chunks[:: max(1, len(chunks) // NUM_CHUNKS)][:NUM_CHUNKS]


def report(sections: Mapping[str, Section]) -> str:
    """Write the document, title -> section."""
    claims = [claim for section in sections.values() for claim in section.claims]
    hold = sum(claim.holds for claim in claims)
    headline = f"Of {len(claims)} published claims we checked, {hold} hold in our models."
    lines = ["# What we found", "", *INTRO, "", headline, "", *TERMS]
    for number, (title, section) in enumerate(sections.items(), start=1):
        lines += ["", f"## {number}. {title}", *section.lines]
    return "\n".join(lines) + "\n"


def save_pictures(figures: Mapping[str, Figure], folder: Path) -> None:
    """Let the browser draw the figures: transparent, so that they suit a light and a dark page."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 860, "height": 560})
        for name, figure in figures.items():
            drawn = figure.to_html(include_plotlyjs=True, full_html=False)
            page.set_content(f"<style>body {{margin: 0}}</style>{drawn}")
            page.locator(".main-svg").first.wait_for()
            page.wait_for_timeout(500)
            page.locator(".plotly-graph-div").screenshot(path=folder / f"{name}.png", omit_background=True)
        browser.close()


def main() -> None:
    """Measure all sections and write the report."""
    material, sections = read_material(), dict[str, Section]()
    for title, write in SECTIONS.items():
        sections[title] = write(material)
        print("\n".join([f"\n## {title}", *sections[title].lines]), flush=True)
    figures = {name: figure for section in sections.values() for name, (_, figure) in section.figures.items()}
    save_pictures(figures, DOCS / "figures")
    (DOCS / REPORT).write_text(report(sections), encoding="utf-8")


if __name__ == "__main__":
    tyro.cli(main)
