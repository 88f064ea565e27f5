"""A 5-gram language model with modified Kneser-Ney smoothing, unpruned, over the subwords that the networks read.

KenLM makes and asks it (Heafield et al. 2013, "Scalable modified Kneser-Ney language model estimation"). Its programs
are built from its sources, those of the `kenlm` package or of https://github.com/kpu/kenlm, with Debian's
libboost-program-options-dev, libboost-system-dev, libboost-thread-dev and zlib1g-dev:

    cmake -B build -DCMAKE_BUILD_TYPE=Release && make -C build lmplz query        # they lie in build/bin
"""

import math
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from rnn_demo.errors import InputError
from rnn_demo.tokenizer import Tokenizer

MEMORY = "4G"
PROGRAMS = ("lmplz", "query")


def subword_lines(texts: list[str], tokenizer: Tokenizer) -> str:
    """Write texts as subword ids with spaces between, line by line; the end of a line stands for its newline."""
    (newline_id,) = tokenizer.encode("\n")[-1:]
    lines: list[list[str]] = []
    for text in texts:
        lines.append([])
        for token_id in tokenizer.encode(text):
            if token_id == newline_id:
                lines.append([])
            else:
                lines[-1].append(str(token_id))
    return "".join(" ".join(line) + "\n" for line in lines)


def five_gram_losses(training: list[str], texts: list[str], tokenizer: Tokenizer, kenlm: Path) -> np.ndarray:
    """Learn from texts, and read others.

    Args:
        training: to learn from.
        texts: to measure.
        tokenizer: cuts both into subwords.
        kenlm: the folder with KenLM's programs lmplz and query.

    Returns:
        float64 (line, 2): nats of each line of the texts, its end included, and 1 for each subword and for the end.

    Raises:
        InputError: the programs are not there.
        CalledProcessError: one of them failed.
    """
    missing = [program for program in PROGRAMS if not (kenlm / program).is_file()]
    if missing:
        raise InputError(f"{kenlm} lacks {', '.join(missing)}; see the head of bench/five_gram.py")
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch) / "model.arpa"
        command = [str(kenlm / "lmplz"), "-o", "5", "-S", MEMORY, "-T", scratch, "--discount_fallback"]
        with model.open("wb") as arpa:
            subprocess.run(command, input=subword_lines(training, tokenizer).encode(), stdout=arpa, check=True)
        lines = subword_lines(texts, tokenizer)
        answer = subprocess.run(
            [kenlm / "query", "-v", "sentence", model], input=lines.encode(), capture_output=True, check=True
        ).stdout.decode()
    log10 = [float(number) for number in re.findall(r"^Total: (\S+) OOV: \d+$", answer, re.MULTILINE)]
    counts = [len(line.split()) + 1 for line in lines.splitlines()]
    return np.array([(-total * math.log(10), count) for total, count in zip(log10, counts, strict=True)])
