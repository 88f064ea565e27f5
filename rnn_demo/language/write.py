"""How a language model answers: a prompt in, text out, one token at a time.

The state is carried from token to token, so each costs one step through the network, however long the text.
"""

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from rnn_demo.cells import State
from rnn_demo.checks import require_integer, require_string
from rnn_demo.domains import DOMAINS, prefix_domains
from rnn_demo.errors import CheckpointError, unknown_name
from rnn_demo.language.clamping import Clamp, read_clamped
from rnn_demo.language.model import LanguageModel
from rnn_demo.language.sampling import SamplingOptions, next_token_probs
from rnn_demo.predictor import ForwardPredictor
from rnn_demo.results import GeneratedText, GeneratedToken, TokenProbability
from rnn_demo.tokenizer import PREFIX_SIZE, EncodedText

MAX_NEW_TOKENS = 2000
DOMAIN_TOKENS = 40
"""So much of a text decides in which domain it is read."""


class Writer(ForwardPredictor):
    """A language model that writes.

    An empty prompt is allowed: the model then begins a text of its own.
    """

    task = "lm"
    model_class = LanguageModel
    model: LanguageModel

    @classmethod
    def load(cls, folder: Path, name: str | None = None) -> Self:
        """Read a checkpoint folder; as `Predictor.load`, and CheckpointError for a backward model."""
        writer = super().load(folder, name)
        if writer.model.config.backward:
            raise CheckpointError(f"{folder} reads texts from their end: it is half of a tagger's backbone, no writer")
        return writer

    def encode(self, text: str, domain: str | None = None) -> EncodedText:
        """Turn a prompt into what the network reads: the opening of its domain, then the text.

        Without a domain it is `<s>`, so that two texts that are compared begin alike; or the only domain that the model
        has read.
        """
        require_string("prompt", text)
        if domain is not None and domain not in DOMAINS:
            raise unknown_name("domain", domain, DOMAINS)
        read = prefix_domains(self.checkpoint.data)
        domain = read[0] if domain is None and len(read) == 1 else domain
        return EncodedText(text, self.tokenizer.prefix_ids(domain), self.tokenizer.encode_with_spans(text))

    def final_readout(self, token_ids: list[int]) -> tuple[list[int], Callable[[Tensor], Tensor]]:
        """Return all tokens but the last, and the log-probability of the last as a function of the h before it."""
        *before, target = token_ids
        return before, lambda h: self.model.logits(h).log_softmax(-1)[0, target]

    @torch.inference_mode()
    def likeliest_domain(self, text: str) -> str | None:
        """Return the domain, of those in the training data, in which a text is likeliest; None for an empty text."""
        domains = prefix_domains(self.checkpoint.data)
        token_ids = [token.token_id for token in self.encode(text).tokens[:DOMAIN_TOKENS]]
        if not token_ids:
            return None
        rows = torch.tensor([[*self.tokenizer.prefix_ids(domain), *token_ids] for domain in domains])
        logits, _ = self.model.predict(rows[:, :-1], None)
        log_probs = logits[:, PREFIX_SIZE - 1 :].float().log_softmax(2)  # (domain, token, vocab)
        return domains[int(log_probs.gather(2, rows[:, PREFIX_SIZE:, None]).sum((1, 2)).argmax())]

    def generate(
        self,
        prompt: str,
        *,
        max_new_tokens: int = 60,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 0,
        domain: str | None = None,
        clamp: Clamp | None = None,
    ) -> GeneratedText:
        """Write on from a prompt; arguments and errors as in `stream`."""
        tokens = tuple(
            self.stream(
                prompt,
                max_new_tokens=max_new_tokens,
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
                seed=seed,
                domain=domain,
                clamp=clamp,
            )
        )
        return GeneratedText(prompt, "".join(token.token for token in tokens), tokens)

    def stream(
        self,
        prompt: str,
        *,
        max_new_tokens: int = 60,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 0,
        domain: str | None = None,
        clamp: Clamp | None = None,
    ) -> Iterator[GeneratedToken]:
        """Write on from a prompt, one token at a time, until the model ends the text or the length is reached.

        Args:
            prompt: the text to go on from; may be empty.
            max_new_tokens: tokens at most, 1..2000.
            temperature: 0 (greedy) to 2.
            top_k: keep so many candidates; 0 = all.
            top_p: keep the likeliest that reach this probability together; 1 = all.
            seed: the same seed writes the same text.
            domain: novel, review, news or play; None takes the one that suits the prompt (see `likeliest_domain`).
            clamp: what is held of one layer while writing, from the last token of the prompt on; None, or a clamp
                of nothing, writes freely.

        Raises:
            InputError: a setting is out of range, or the network has no such layer or unit; raised at the call, before
                the first token.
        """
        options = SamplingOptions(temperature=temperature, top_k=top_k, top_p=top_p)
        require_integer("max_new_tokens", max_new_tokens, 1, MAX_NEW_TOKENS)
        require_integer("seed", seed)
        encoded = self.encode(prompt, domain or self.likeliest_domain(prompt))
        if clamp is not None:
            clamp.check(self.model.config)
            clamp = None if clamp.is_empty else clamp
        generator = torch.Generator().manual_seed(int(seed))
        return self._stream(encoded, int(max_new_tokens), options, generator, clamp=clamp)

    def next_tokens(
        self,
        prompt: str,
        k: int = 10,
        temperature: float = 1.0,
        domain: str | None = None,
        *,
        top_k: int = 0,
        top_p: float = 1.0,
    ) -> list[TokenProbability]:
        """List the likeliest next tokens, likeliest first, with the probabilities that `stream` would draw from.

        Args:
            prompt: the text so far; may be empty.
            k: how many.
            temperature: 0 (all on one) to 2.
            domain: as in `stream`.
            top_k: as in `stream`; the probability of a token that is left out is 0.
            top_p: the same.

        Raises:
            InputError: a setting is out of range.
        """
        options = SamplingOptions(temperature=temperature, top_k=top_k, top_p=top_p)
        require_integer("k", k, 1, self.tokenizer.vocab_size - len(self.tokenizer.suppressed_ids))
        logits, _ = self._read(self.encode(prompt, domain or self.likeliest_domain(prompt)).token_ids, None)
        top = logits.topk(int(k)).indices  # of the logits: at temperature 0 all probabilities but one are 0
        pairs = zip(top.tolist(), next_token_probs(logits, options)[top].tolist(), strict=True)
        return [TokenProbability(self.tokenizer.subword(token_id), probability) for token_id, probability in pairs]

    @torch.inference_mode()
    def _read(self, token_ids: list[int], state: State | None, clamp: Clamp | None = None) -> tuple[Tensor, State]:
        """Read tokens; give the logits (vocab,) of the next one, and the state."""
        encoded = read_clamped(self.model.encoder, torch.tensor([token_ids]), state, clamp)
        logits = self.model.logits(encoded.outputs[0, -1])
        logits[list(self.tokenizer.suppressed_ids)] = -torch.inf
        return logits, encoded.final_state

    def _stream(
        self,
        encoded: EncodedText,
        max_new_tokens: int,
        options: SamplingOptions,
        generator: torch.Generator,
        *,
        clamp: Clamp | None,
    ) -> Iterator[GeneratedToken]:
        """The generator behind `stream`. Gradients are off in `_read` alone: steps may run on different threads."""
        token_ids, state = encoded.token_ids, None
        pending: list[int] = []  # byte subwords of a character that is not complete yet
        for _ in range(max_new_tokens):
            logits, state = self._read(token_ids, state, clamp)
            probs = next_token_probs(logits, options)
            token_id = int(torch.multinomial(probs, 1, generator=generator))
            if token_id == self.tokenizer.eos_id:
                return
            pending.append(token_id)
            text = ""
            if self._complete(pending):  # a character that is never finished adds no text
                text, pending = self.tokenizer.decode(pending), []
            yield GeneratedToken(text, token_id, float(probs[token_id]))
            token_ids = [token_id]

    def _complete(self, token_ids: list[int]) -> bool:
        """Whether these subwords make whole characters: no byte is waited for."""
        if not self.tokenizer.is_byte(token_ids[-1]):
            return True
        utf8 = getincrementaldecoder("utf-8")("replace")
        utf8.decode(bytes(int(self.tokenizer.subword(token_id)[1:-1], 16) for token_id in token_ids))  # <0xE2>
        waiting, _ = utf8.getstate()
        return not waiting
