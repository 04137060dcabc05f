"""Sentences: somebody says something of an invented group, on a topic, for or against, in the style of a platform."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array, categorical, ordinal
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.language import grammar as g
from factorhub.language.pieces import Pieces
from factorhub.language.plots import pages
from factorhub.space import FactorSpace, Ignored

NOUNS, SAME, FILLERS = 8, 3, len(g.FILLERS)  # choices of a noun, of a verb and of a filler, which the synonyms draw
SPACE = FactorSpace(
    (
        categorical("topic", tuple(g.TOPICS), description="of the noun"),
        categorical("polarity", g.POLARITIES, description="of the verb"),
        ordinal("intensity", (1, 2, 3), description="of the verb, mild to strong"),
        categorical("target", g.TARGETS, description="an invented group"),
        categorical("platform", g.PLATFORMS, description="style: casing, signs, greetings, length"),
        categorical("tense", g.TENSES),
        categorical("number", g.NUMBERS, description="of who speaks"),
        categorical("person", g.PERSONS, description="of who speaks"),
        categorical("voice", g.VOICES),
        ordinal("template", range(12), description="one of four openings, one of three ways to give the reason"),
        ordinal("synonyms", range(2**32), nuisance=True, description="seed of the noun, the verb and the filler among their like"),
    ),
    (Ignored(("intensity",), by="polarity", codes=(1,)),),
    groups={"content": ("topic", "polarity", "intensity", "target"), "form": ("tense", "number", "person", "voice", "template")},
)
K = len(SPACE.factors)


class Parts:
    """The pieces of all sentences, in tables by what they follow from."""

    def __init__(self) -> None:
        made = self.pieces = Pieces()
        styles = (str, str.lower, str.lower, str)  # of words in the middle of a sentence, by platform
        verbs = [form for forms in g.VERBS.values() for form in forms]

        def first(text: str, platform: int) -> str:
            """A piece that the text begins with, but for what greets: in a report, with a capital."""
            return text[:1].upper() + text[1:] if platform == 0 else styles[platform](f" {text}" if platform > 1 else text)

        def later(text: str, platform: int) -> str:
            return styles[platform](f" {text}")

        self.greeting = made.table(["", "", *(f"{word}," for word in g.FILLERS), g.GREETING])  # report, post, chat (3), letter
        self.opening = np.array([[made.add(first(text, p)) for text in g.OPENINGS] for p in range(4)])
        self.subject = np.array([
            [[[made.add(place(text, p)) for text in line] for line in g.SUBJECTS] for p in range(4)] for place in (later, first)
        ])  # fmt: skip
        self.target = np.array([
            [[made.add(place(f"the {name}", p)) for name in g.TARGETS] for p in range(4)] for place in (later, first)
        ])  # fmt: skip
        self.agent = np.array([[[made.add(later(f"by {text}", p)) for text in line] for line in g.AGENTS] for p in range(4)])
        shape = (len(verbs), 3, 2, 2, 3)
        self.verb = np.array(
            [made.add(f" {g.verb(verbs[v], *rest)}") for v, *rest in product(*map(range, shape))]
        ).reshape(shape)  # fmt: skip
        nouns = [list(words) for words in g.TOPICS.values()]
        self.reason = np.array([[[made.add(f" {way.format(noun=noun)}") for noun in line] for line in nouns] for way in g.REASONS])
        tags = [f" #{topic}" for topic in g.TOPICS]
        self.ending = np.array([[made.add(text) for text in line] for line in (["."] * 6, tags, [""] * 6, [g.FAREWELL] * 6)])
        self.empty = made.add("")
        slots = (self.greeting, self.opening, self.target, self.verb, self.agent, self.reason, self.ending)
        self.most = made.longest(slots)

    def chosen(self, codes: Array, picks: Array) -> Array:
        """The pieces (n, 7) of sentences with codes (n, 10) of all factors but the last, and `picks` (n, 3) among synonyms."""
        topic, polarity, intensity, target, platform, tense, number, person, voice, template = codes.T
        noun, same, filler = picks.T
        kind = np.where(polarity == 1, g.FIRST_NEUTRAL, np.where(polarity == 0, intensity, g.FIRST_NEUTRAL + 1 + intensity))
        opening, way = template // 3, template % 3
        begins = ((opening == 0) & (platform < 2)).astype(np.int64)
        passive = voice == 1
        subject, object_ = self.subject[begins, platform, number, person], self.target[0, platform, target]
        return np.stack(
            [
                self.greeting[np.select([platform == 2, platform == 3], [2 + filler, 2 + FILLERS], 0)],
                self.opening[platform, opening],
                np.where(passive, self.target[begins, platform, target], subject),
                self.verb[SAME * kind + same, tense, voice, number, person],
                np.where(passive, self.agent[platform, number, person], object_),
                self.reason[way, topic, noun],
                self.ending[platform, topic],
            ],
            axis=1,
        )


@cache
def parts() -> Parts:
    """The pieces, made once."""
    return Parts()


def sentences() -> Generator:
    """The generator of sentences: ten factors and a seed of synonyms, as tokens with a vocabulary.

    >>> from factorhub import generator
    >>> made = generator("sentences")
    >>> made.texts(made.render(topic="music", polarity="positive", target="Kesseli", tense="present", person="third"))
    'She appreciates the Kesseli for their drums.'
    """
    own = parts()

    def draw(values: Array) -> Batch:
        u = randomness.uniforms(0, "sentences/synonyms", values[:, -1].astype(np.uint64), 3)
        codes = SPACE.factors[2].nearest(values[:, 2])
        whole = values[:, :-1].astype(np.int64)
        whole[:, 2] = codes
        return own.pieces.compose(own.chosen(whole, (u * (NOUNS, SAME, FILLERS)).astype(np.int64)), own.most)

    return Generator(
        name="sentences",
        summary="sentences on a topic, for or against an invented group, in the style of a platform, as tokens",
        space=SPACE,
        fields=own.pieces.fields(own.most, "the sentence"),
        draw=draw,
        source="own grammar of this project; the groups are invented",
        picture=pages(own.pieces.fields(own.most, "")[0].meta),
        reader=read_factors,
    )


@cache
def _evidence() -> Array:
    """What each token tells (vocabulary, 14): the codes of the ten factors and the three picks, -1 where it tells nothing."""
    made = parts().pieces
    told = np.full((len(made.vocabulary), 13), -1, dtype=np.int64)

    def tell(words: str, column: int, code: int) -> None:
        for word in words.split():
            told[made.has(word), column] = code

    for code, nouns in enumerate(g.TOPICS.values()):
        for place, noun in enumerate(nouns):
            tell(noun, 0, code)
            tell(noun, 10, place)
    for (polarity, intensity), forms in g.VERBS.items():
        for place, words in enumerate(forms):
            tell(words, 1, polarity)
            tell(words, 2, intensity - 1)
            tell(words, 11, place)
            base, third, past, participle = words.split()
            tell(f"{base} {third}", 5, 1)
            tell(past, 5, 0)
            tell(participle if participle != past else "", 5, -1)
    for code, name in enumerate(g.TARGETS):
        tell(name, 3, code)
    for code, words in enumerate(("", "#", " ".join(g.FILLERS), "dear")):
        tell(words, 4, code)
    for place, word in enumerate(g.FILLERS):
        tell(word, 12, place)
    for code, words in enumerate(("", "are", "will")):
        tell(words, 5, code)
    for line in (g.SUBJECTS, g.AGENTS):
        for number, row in enumerate(line):
            for person, word in enumerate(row):
                tell(word, 7, person)
                tell(word if word not in ("you", "you all") else "", 6, number)
    tell("all", 6, 1)
    tell("by", 8, 1)
    return told


def read_factors(tokens: npt.ArrayLike) -> tuple[Array, Array]:
    """The codes (…, 11) of sentences in `tokens` (…, L), -1 where nothing tells one, and which (…) are sentences of the grid.

    Each factor is read off words that tell it, wherever they stand; a row is valid where the sentence of what was read is these
    very tokens. The seed of synonyms is not read: its code is -1. The intensity of neutral sentences is read as the first.

    Raises:
        InputError: not integers, or longer than sentences are.
    """
    own, found = parts(), np.asarray(tokens)
    if found.dtype.kind not in "iu" or found.ndim == 0 or found.shape[-1] > own.most:
        raise InputError(f"sentences are up to {own.most} integers on the last axis; got {found.dtype} {found.shape}")
    flat = np.zeros((int(np.prod(found.shape[:-1])), own.most), dtype=np.int64)
    flat[:, : found.shape[-1]] = found.reshape(len(flat), found.shape[-1])
    known = (flat >= 0) & (flat < len(own.pieces.vocabulary))
    told = _evidence()[np.where(known, flat, 0)].max(axis=1)
    words = {
        name: np.isin(flat, own.pieces.has(name)).any(axis=1)
        for name in ("whole", "these", "honest", "because", "comes", "you", "will")
    }
    told[:, 4] = np.maximum(told[:, 4], 0)
    told[:, 8] = np.maximum(told[:, 8], 0)
    be = np.isin(flat, own.pieces.has("were")).any(axis=1)
    are = np.isin(flat, own.pieces.has("are")).any(axis=1)
    told[:, 5] = np.select([words["will"], be, are], [2, 0, 1], told[:, 5])
    told[:, 6] = np.where(words["you"] & (told[:, 6] < 0), 0, told[:, 6])
    opening = np.select([words["whole"], words["these"], words["honest"]], [1, 2, 3], 0)
    told[:, 9] = 3 * opening + np.select([words["because"], words["comes"]], [1, 2], 0)
    told[:, 12] = np.maximum(told[:, 12], 0)
    whole = (told >= 0).all(axis=1)
    again = own.pieces.compose(
        own.chosen(np.where(whole[:, None], told, 0)[:, :10], np.where(whole[:, None], told, 0)[:, 10:]), own.most
    )
    valid = whole & (again["tokens"] == flat).all(axis=1)
    codes = np.concatenate([told[:, :10], np.full((len(flat), 1), -1)], axis=1)
    return codes.reshape(*found.shape[:-1], K), valid.reshape(found.shape[:-1])
