"""Sentences as they stand in headlines and chats, made from those of a tagged corpus.

What a newswire writes with care is typed otherwise: a Headline Has Capitals Everywhere, so that these tell nothing; a
chat has emoji and interjections, some in capitals, which look like names to who has never seen one, and no stop. Each
word that is added is no name.
"""

import numpy as np

SMALL_WORDS = "a an and as at but by for from in into is of on or over the to with"
EMOJI = """😂 ❤️ 🔥 😍 😭 🎉 🙏 👍 😊 💕 🤔 😩 💯 ✨ 🥺 😅 🙌 👀 💀 🤣 ☀️ 🍕 🎂 ⚽ 🏆 📷 🌊 🎶
    ! !! !!! ... ?! :) :-) :( :D ;) <3 xx"""
INTERJECTIONS = """lol Lol LOL omg Omg OMG lmao LMAO smh SMH ugh Ugh wow Wow WOW tbh btw Btw BTW idk IDK fyi FYI RT
    yay Yay haha Haha hahaha hey Hey yes Yes YES no No NO ok Ok OK thx Thx pls Please PLEASE yep nope Nope hmm Hmm oh Oh
    well Well so So rn imo IMO ikr RIP TGIF PSA WTF wtf bruh Bruh dude Dude guys Guys Congrats Thanks"""
ADDED = -1
"""The place of a word that is added."""


def as_headline(words: list[str], rng: np.random.Generator) -> tuple[list[str], list[int]]:
    """Write a sentence as a headline, in half of the cases with small words left small.

    Returns:
        words, and for each its place in the sentence.

    >>> as_headline(["Rain", "floods", "the", "streets", "of", "Rome", "."], np.random.default_rng(0))[0]
    ['Rain', 'Floods', 'the', 'Streets', 'of', 'Rome']
    """
    num_words = len(words) - 1 if len(words) > 1 and words[-1] == "." else len(words)
    all_words = rng.random() < 0.5 or num_words == 1

    small_words = SMALL_WORDS.split()

    def retyped(place: int, word: str) -> str:
        is_small = word.lower() in small_words and place > 0 and not all_words
        return word.lower() if is_small else word[:1].upper() + word[1:] if word[:1].isalpha() else word

    return [retyped(place, word) for place, word in enumerate(words[:num_words])], list(range(num_words))


def as_chat(words: list[str], rng: np.random.Generator) -> tuple[list[str], list[int]]:
    """Write a sentence as people chat; otherwise as `as_headline`.

    >>> as_chat(["I", "like", "Rome", "."], np.random.default_rng(1))
    (['I', 'like', 'Rome', 'BTW'], [0, 1, 2, -1])
    """
    places = list(range(len(words)))
    if len(words) > 1 and words[-1] == "." and rng.random() < 0.7:
        places.pop()
    variant = [words[place] for place in places]
    if rng.random() < 0.3:
        variant = [word.lower() for word in variant]

    def add(words: str, at_start: bool) -> None:
        choices, place = words.split(), 0 if at_start else len(variant)
        variant.insert(place, choices[rng.integers(len(choices))])
        places.insert(place, ADDED)

    kind = rng.random()
    if kind < 0.6:
        add(INTERJECTIONS, rng.random() < 0.7)
    if kind > 0.4:
        for _ in range(rng.integers(1, 4)):
            add(EMOJI, rng.random() < 0.3)
    return variant, places
