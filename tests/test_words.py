"""The project speaks the language of the field: words that it once used for itself must not come back.

CONTRIBUTING.md has the table of what to write instead.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "rnn_demo").rglob("*.py"))
TEXTS = [
    *SOURCES,
    *sorted((ROOT / "rnn_demo").rglob("*.jinja")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "README.md",
    *sorted((ROOT / "checkpoints").glob("*/README.md")),
]
RETIRED = {
    r"ReaderShelf|\bReader\b": "Predictor, ModelStore",
    r"\bshel(f|ves)\b": "store",
    r"\bAnswers\b": "Service",
    r"(?<![._])\bpieces?\b(?!_)": "subword",
    r"\bstart_ids\b|\bopening (piece|subword|token)s?\b|\bopenings\b": "prefix, control token",
    r"\bunwritable": "suppressed",
    r"\bleave_out\b|\bleaving out\b": "leave-one-out, occlusion",
    r"\bshare_out\b|\bshare[sd]? out\b|\bsharing out\b": "attribute",
    r"\b(comes?|came|coming) to rest\b|\brests? at\b|\bat rest\b|\bspeed q\b": "fixed point, zero-input step",
    r"\bhold(s|ing)? (a|the|its|one|some|no|units?|what|direction)\b.{0,30}\b(unit|direction|memory)": "clamp",
    r"\bHolding\b|\bheld (unit|text|one|layer|direction)": "Clamp, clamped",
    r"\bsettles? together\b|\bsettled together\b|(?<!-)\bagreement\b": "label-consistency smoothing, alpha",
    r"\bplaces of (a|the|each|its) name|\bname's places|\bits (other )?places\b": "occurrences",
    r"\btwins?\b": "random-init baseline",
    r"\bpeers?\b": "baselines",
    r"\bverdicts\b": "soft labels",
    r"\bhardest_push\b|\bpushed\b": "adversarial perturbation",
    r"\binit_share\b|\bfrozen_share\b|\bhide_prob\b|\blower_prob\b|\bpassage_sentences\b": "today's field names",
    r"\bsayings\b|\bnotices\b": "captions, problems",
    r"\braise_ticket\b|\bticket\b|\bin_turn\b": "request counter, request token",
    r"\bstudies\b|\bstudied in advance\b": "precomputed analyses",
    r"\bhow sure\b": "confidence",
    r"\bgoes on from\b|\bso many\b": "plain English",
}
"""Pattern -> what to write instead."""
OLD_NAMES = {
    r"\bsettles? together\b|\bsettled together\b|(?<!-)\bagreement\b": ("config.py", "model_card.py"),
    r"\binit_share\b|\bfrozen_share\b|\bhide_prob\b|\blower_prob\b|\bpassage_sentences\b": ("config.py",),
}
"""Files that read a shipped checkpoint's old keys and flags."""
GENERIC = {"found", "given", "told", "one", "whole", "asked", "shown", "said", "news"}
"""Names that hide what they hold."""


@pytest.mark.parametrize("pattern", RETIRED)
def test_a_retired_word_is_gone(pattern: str) -> None:
    flags = 0 if re.search("[A-Z]", pattern) else re.IGNORECASE
    lines = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in TEXTS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(pattern, line, flags) and path.name not in OLD_NAMES.get(pattern, ())
    ]
    assert not lines, f"write {RETIRED[pattern]}:\n" + "\n".join(lines)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_say_what_they_hold(path: Path) -> None:
    bound = {
        node.id if isinstance(node, ast.Name) else node.arg
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)) or isinstance(node, ast.arg)
    }
    assert not bound & GENERIC
