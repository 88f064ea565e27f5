"""How a language model answers: a prompt in, text out, one token at a time.

The state is carried from token to token, so each costs one step through the network, however long the text; the steps
after the prompt go through packed weights (decoder.py).

White space at the end of a prompt is healed. A subword begins with the space before its word, so a prompt that ends in
a space has split one, and the model would go on in the middle of a word ("were " -> "s"). The white space is cut off
before the prompt is read, the first token must begin with a space, and comes without it: the text continues from the
prompt as typed. A line break stays where the model expects one with MIN_BREAK_PROB or more; elsewhere it is a line
wrapped in the middle of a sentence, and so a space.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from itertools import islice, takewhile
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from rnn_demo.cells import State
from rnn_demo.checks import require_integer, require_string
from rnn_demo.domains import DOMAINS, prefix_domains
from rnn_demo.errors import CheckpointError, InputError, unknown_name
from rnn_demo.language.clamping import Clamp, read_clamped
from rnn_demo.language.decoder import Decoder, prepare
from rnn_demo.language.growing_text import GrowingText
from rnn_demo.language.lookahead import and_next
from rnn_demo.language.model import LanguageModel
from rnn_demo.language.sampling import SamplingOptions, next_token_probs, noise_generator, penalise
from rnn_demo.language.sentence_end import CHARACTERS_PER_TOKEN, SENTENCE_TOKENS, up_to_sentence_end
from rnn_demo.predictor import ForwardPredictor
from rnn_demo.results import Candidate, GeneratedText, GeneratedToken, TokenProbability
from rnn_demo.rewriting import with_line_feeds
from rnn_demo.tokenizer import PREFIX_SIZE, EncodedText

MAX_NEW_TOKENS = 2000
DOMAIN_TOKENS = 40
"""Tokens of a text that decide in which domain it is read."""
STORY_NATS = 3.5
"""What a story has over the other domains: most prompts that people type are everyday sentences. With more,
"My favourite film is" would begin one (see docs/experiments.md)."""
MIN_BREAK_PROB = 0.01


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
        """Return what the network reads: the prefix of a domain, then the text.

        Without a domain it ends in `<s>`, so that two texts that are compared start alike, or in the only domain that
        the model has read.
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
        """Return the domain, of those in the training data, in which a text is likeliest.

        An empty text is a story if the model knows stories, else of no domain (None).
        """
        domains = prefix_domains(self.checkpoint.data)
        token_ids = [token.token_id for token in self.encode(text.rstrip()).tokens[:DOMAIN_TOKENS]]
        if not token_ids:
            return "story" if "story" in domains else None
        rows = torch.tensor([[*self.tokenizer.prefix_ids(domain), *token_ids] for domain in domains])
        logits, _ = self.model.predict(rows[:, :-1], None)
        log_probs = logits[:, PREFIX_SIZE - 1 :].float().log_softmax(2)  # (domain, token, vocab)
        nats = log_probs.gather(2, rows[:, PREFIX_SIZE:, None]).sum((1, 2))
        nats += STORY_NATS * torch.tensor([domain == "story" for domain in domains])
        return domains[int(nats.argmax())]

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
        repetition_penalty: float | None = None,
        finish_sentence: bool = False,
    ) -> GeneratedText:
        """Continue a prompt; arguments and errors as in `stream`."""
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
                repetition_penalty=repetition_penalty,
                finish_sentence=finish_sentence,
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
        repetition_penalty: float | None = None,
        finish_sentence: bool = False,
        forced: Sequence[int] = (),
        num_candidates: int = 0,
    ) -> Iterator[GeneratedToken]:
        """Continue a prompt, one token at a time, until the model ends the text or the length is reached.

        Args:
            prompt: the text to continue; may be empty.
            max_new_tokens: the largest number of tokens, 1..2000.
            temperature: 0 (greedy) to 2.
            top_k: candidates to keep; 0 = all.
            top_p: keep the likeliest that reach this probability together; 1 = all.
            seed: the same seed, model and prompt write the same text.
            domain: a name in DOMAINS; None takes the one that suits the prompt (see `likeliest_domain`).
            clamp: what to clamp in one layer, from the last token of the prompt on; None for nothing.
            repetition_penalty: 1 (off) to 2; None = 1.2 at temperatures below 0.3, else 1.
            finish_sentence: whether to go on beyond max_new_tokens until a sentence ends, for at most SENTENCE_TOKENS
                more tokens (CHARACTERS_PER_TOKEN times as many for a model of characters). The tokens up to
                max_new_tokens are the same as without.

            forced: token ids that the continuation begins with, instead of drawn ones; the last of them is the first
                token that is yielded. Forcing what would have been drawn changes nothing.
            num_candidates: of the likeliest tokens to list at each step. If above 0, the step after the text is yielded
                too: its token is what was drawn or ended the text, and is not written.

        Raises:
            InputError: a setting is out of range, or the network has no such layer or unit; raised at the call, before
                the first token.
        """
        options = SamplingOptions(
            temperature=temperature, top_k=top_k, top_p=top_p, repetition_penalty=repetition_penalty
        )
        require_integer("max_new_tokens", max_new_tokens, 1, MAX_NEW_TOKENS)
        seed = require_integer("seed", seed)
        encoded, starts_word = self._encode_healed(prompt, domain)
        if clamp is not None:
            clamp.check(self.model.config)
            clamp = None if clamp.is_empty else clamp
        generator = noise_generator(seed, self.model.bias, [token.token_id for token in encoded.tokens])
        forced = self._checked_ids(forced)
        tokens = self._stream(
            encoded,
            options,
            generator,
            starts_word=starts_word,
            clamp=clamp,
            forced=forced,
            num_candidates=require_integer("num_candidates", num_candidates, 0, self.tokenizer.vocab_size),
        )
        before = prompt + self.tokenizer.decode(forced[:-1])
        cut = partial(self._cut, prompt=before, max_new_tokens=int(max_new_tokens), finish_sentence=finish_sentence)
        return and_next(tokens, cut) if num_candidates else cut(tokens)

    def _cut(
        self, tokens: Iterator[GeneratedToken], *, prompt: str, max_new_tokens: int, finish_sentence: bool
    ) -> Iterator[GeneratedToken]:
        """End a text where the model ends it, or at its length."""
        written = takewhile(lambda token: token.token_id != self.tokenizer.eos_id, tokens)
        if not finish_sentence:
            return islice(written, max_new_tokens)
        size = CHARACTERS_PER_TOKEN if self.tokenizer.has_only_characters else 1
        return up_to_sentence_end(prompt, written, max_new_tokens, SENTENCE_TOKENS * size)

    def _checked_ids(self, token_ids: Sequence[int]) -> list[int]:
        """Refuse what no text can begin with."""
        if len(token_ids) > MAX_NEW_TOKENS:
            raise InputError(f"{len(token_ids):,} tokens are forced; at most {MAX_NEW_TOKENS:,} are")
        checked = [require_integer("a forced token id", each, 0, self.tokenizer.vocab_size - 1) for each in token_ids]
        if unwanted := set(checked) & set(self.tokenizer.suppressed_ids):
            raise InputError(f"token {min(unwanted)} has no text; force another")
        return checked

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
        encoded, starts_word = self._encode_healed(prompt, domain)
        logits, _ = self._read(encoded.token_ids, None)
        if starts_word:
            logits = self._only_word_starts(logits)
        candidates = self._candidates(logits, next_token_probs(logits, options), int(k), starts_word=starts_word)
        return [TokenProbability(candidate.token, candidate.probability) for candidate in candidates]

    def _candidates(
        self, logits: Tensor, probs: Tensor, k: int, *, starts_word: bool, drawn: int | None = None
    ) -> tuple[Candidate, ...]:
        """Return the k likeliest tokens, and the drawn one where it is another."""
        token_ids = logits.topk(k).indices.tolist()  # of the logits: at temperature 0 all probabilities but one are 0
        if drawn is not None and drawn not in token_ids:
            token_ids.append(drawn)
        subwords = ((token_id, self.tokenizer.subword(token_id)) for token_id in token_ids)
        return tuple(
            Candidate(subword.removeprefix(" ") if starts_word else subword, token_id, probability)
            for (token_id, subword), probability in zip(subwords, probs[token_ids].tolist(), strict=True)
        )

    def _encode_healed(self, prompt: str, domain: str | None) -> tuple[EncodedText, bool]:
        """Return what is read of a prompt, and whether the next token must start a word."""
        body = require_string("prompt", prompt).rstrip()
        domain = domain or self.likeliest_domain(body)
        encoded, space = self.encode(body, domain), with_line_feeds(prompt[len(body) :]).text
        if not (body and space):
            return encoded, False
        if breaks := space.count("\n"):
            with_breaks = self.encode(body + "\n" * min(breaks, 2), domain)
            logits, _ = self._read(encoded.token_ids, None)
            if logits.softmax(0)[with_breaks.token_ids[len(encoded.token_ids)]] >= MIN_BREAK_PROB:
                return with_breaks, False
        if self.tokenizer.has_only_characters:  # a space is a token, and nothing is split
            return self.encode(body + " ", domain), False
        return encoded, True

    @cached_property
    def _decoder(self) -> Decoder | None:
        """Packed when the first text is written; None where the plain network must write."""
        return prepare(self.model)

    @cached_property
    def _suppressed_ids(self) -> Tensor:
        return torch.tensor(self.tokenizer.suppressed_ids)

    def _only_word_starts(self, logits: Tensor) -> Tensor:
        ids = list(self.tokenizer.word_start_ids)
        return torch.full_like(logits, -torch.inf).index_copy(0, torch.tensor(ids), logits[ids])

    @torch.inference_mode()
    def _read(self, token_ids: list[int], state: State | None, clamp: Clamp | None = None) -> tuple[Tensor, State]:
        """Read tokens; return the logits (vocab,) of the next one, and the state."""
        if self._decoder and state is not None and len(token_ids) == 1:
            change = None if clamp is None else partial(clamp.change, self.model.config.num_layers)
            [logits], state = self._decoder.step(token_ids, state, change)
        else:
            encoded = read_clamped(self.model.encoder, torch.tensor([token_ids]), state, clamp)
            logits, state = self.model.logits(encoded.outputs[0, -1]), encoded.final_state
        return logits.index_fill_(0, self._suppressed_ids, -torch.inf), state

    def _stream(
        self,
        encoded: EncodedText,
        options: SamplingOptions,
        generator: torch.Generator,
        *,
        starts_word: bool,
        clamp: Clamp | None,
        forced: Sequence[int],
        num_candidates: int,
    ) -> Iterator[GeneratedToken]:
        """The generator behind `stream`, which ends with the token that ends the text.

        Gradients are off in `_read` alone: steps may run on different threads.
        """
        text, state = GrowingText(self.tokenizer, starts_word=starts_word), None
        for token_id in forced[:-1]:
            text.add(token_id)
            torch.multinomial(torch.ones(self.tokenizer.vocab_size), 1, generator=generator)  # its noise, unused
        token_ids, choices = [*encoded.token_ids, *forced[:-1]], list(forced[-1:])
        while True:
            logits, state = self._read(token_ids, state, clamp)
            starts_word = starts_word and not text.token_ids
            if starts_word:
                logits = self._only_word_starts(logits)
            if options.penalty != 1:
                logits = penalise(logits, text.token_ids, options.penalty)
            probs = next_token_probs(logits, options)
            token_id = int(torch.multinomial(probs, 1, generator=generator))
            token_id = choices.pop() if choices else token_id
            candidates: tuple[Candidate, ...] = ()
            if num_candidates:
                candidates = self._candidates(logits, probs, num_candidates, starts_word=starts_word, drawn=token_id)
            yield GeneratedToken(text.add(token_id), token_id, float(probs[token_id]), candidates)
            if token_id == self.tokenizer.eos_id:
                return
            token_ids = [token_id]
