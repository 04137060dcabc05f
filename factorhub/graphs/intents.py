"""Users and items: interactions of known intents, some of them by chance."""

from __future__ import annotations

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array, continuous, ordinal
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.graphs.plots import by_intent
from factorhub.space import FactorSpace

MOST = 8  # intents


def intents(*, users: int = 64, items: int = 96, choices: int = 12) -> Generator:
    """The generator of interactions of users with items, each for an intent that is stored beside it.

    Every item serves one intent. A user's taste is a distribution over intents; each of the user's `choices` is an item of an
    intent by that taste, popular ones more often, or any item at all with the chance `noise`. An item is chosen once.

    Args:
        users: of each graph, 1 to 4096.
        items: of each graph, 8 to 4096.
        choices: of each user, at most half of the items.
    """
    if not 1 <= users <= 4096 or not MOST <= items <= 4096 or not 1 <= choices <= items // 2:
        got = f"{users}, {items} and {choices}"
        raise InputError(f"intents has 1 to 4096 users, {MOST} to 4096 items and up to half as many choices; got {got}")
    factors = (
        ordinal("intents", range(2, MOST + 1), description="how many there are"),
        continuous("sharpness", 0.0, 4.0, grid=5, description="of tastes: 0 is the same taste for every intent"),
        continuous("noise", 0.0, 0.5, grid=6, description="share of choices that follow no intent"),
        continuous("popularity", 0.0, 1.0, grid=3, description="exponent by which items of an intent lose weight with their rank"),
        ordinal("graph_seed", range(2**32), nuisance=True, description="of tastes, items and choices"),
    )
    fields = (
        Field("interactions", "uint8", (users, items), ("user", "item"), "", "1 where one chose the other", {"graph": "bipartite"}),
        Field(
            "intent", "uint8", (users, items), ("user", "item"),
            description="of each interaction: 1 … the number of intents, 255 by chance, 0 where there is none",
        ),
        Field("taste", "float64", (users, MOST), ("user", "intent"), description="each user's distribution over intents"),
        Field("item_intent", "uint8", (items,), ("item",), description="the intent that each item serves, from 1"),
    )  # fmt: skip

    def draw(values: Array) -> Batch:
        from factorhub.graphs.kernels.interactions import TRIES, fill_interactions
        from factorhub.numerics.normal import probits

        n, seeds = len(values), values[:, 4].astype(np.uint64)
        u = randomness.uniforms(0, "intents/tastes", seeds, users * MOST)
        scores = np.empty(u.size)
        probits(np.ascontiguousarray(u).reshape(-1), scores)
        words = randomness.words(0, "intents/choices", seeds, users * choices * TRIES * 3)
        taste, item_intent = np.empty((n, users, MOST)), np.empty((n, items), dtype=np.uint8)
        intent = np.empty((n, users, items), dtype=np.uint8)
        sharpness, noise, popularity = (np.ascontiguousarray(values[:, i]) for i in (1, 2, 3))
        fill_interactions(
            values[:, 0].astype(np.int64), sharpness, noise, popularity, scores.reshape(n, users, MOST),
            randomness.words(0, "intents/items", seeds, items), words.reshape(n, users, choices, TRIES, 3),
            taste, item_intent, intent,
        )  # fmt: skip
        return {"interactions": (intent > 0).astype(np.uint8), "intent": intent, "taste": taste, "item_intent": item_intent}

    return Generator(
        name="intents",
        summary="interactions of users with items, each for a known intent or by chance",
        space=FactorSpace(factors),
        fields=fields,
        draw=draw,
        source="own definition, after intent-disentangled collaborative filtering",
        notes=(
            "taste of a user for intent k ~ exp(sharpness z_k), z normal; the m-th item of an intent has the weight m^-popularity",
            "a choice is any item with the chance noise, else an item of an intent by the taste",
        ),
        picture=by_intent,
    )
