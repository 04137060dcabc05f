"""Users who choose items by intents."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import unit
from factorhub.numerics.normal import exp, log

TRIES = 8  # of a choice, until it is an item that the user has not chosen
BY_CHANCE = 255


@compiled
def _pick(ends: Array, first: int, count: int, u: float) -> int:
    """The place in ends[first : first + count], running sums, that u times their last falls into."""
    aim, low, high = u * ends[first + count - 1], first, first + count - 1
    while low < high:
        middle = (low + high) // 2
        if ends[middle] > aim:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def fill_interactions(
    intents: Array,
    sharpness: Array,
    share: Array,
    popularity: Array,
    scores: Array,
    belongs: Array,
    words: Array,
    taste: Array,
    item_intent: Array,
    intent: Array,
) -> None:
    """Fill `taste` (n, users, most), `item_intent` (n, items) from 1, and `intent` (n, users, items), 0 where nothing was chosen.

    A user's taste for intent k is in proportion to exp(sharpness · score). Each choice is, with the chance `share`, any item
    (255), else an item of an intent by the taste, of which the m-th has the weight m^-popularity.

    Args:
        intents: (n,) how many there are.
        scores: (n, users, most) standard normal.
        belongs: (n, items) words that give items their intent, after one item of each.
        words: (n, users, choices, TRIES, 3).
    """
    items, most = item_intent.shape[1], taste.shape[2]
    listed, ends = np.empty(items, dtype=np.int64), np.empty(items)
    first, count = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    sums = np.empty(most)
    for r in range(intent.shape[0]):
        k = intents[r]
        for m in range(items):
            item_intent[r, m] = 1 + (m if m < k else np.int64(unit(belongs[r, m]) * k))
        at = 0
        for group in range(k):
            first[group], total = at, 0.0
            for m in range(items):
                if item_intent[r, m] == group + 1:
                    total += exp(-popularity[r] * log(at - first[group] + 1.0))
                    listed[at], ends[at] = m, total
                    at += 1
            count[group] = at - first[group]
        for user in range(intent.shape[1]):
            total = 0.0
            for group in range(k):
                total += exp(sharpness[r] * scores[r, user, group])
                sums[group] = total
            before = 0.0
            for group in range(most):
                taste[r, user, group] = (sums[group] - before) / total if group < k else 0.0
                before = sums[group] if group < k else before
            line = intent[r, user]
            line[:] = 0
            for choice in range(words.shape[2]):
                for attempt in range(words.shape[3]):
                    word = words[r, user, choice, attempt]
                    if unit(word[0]) < share[r]:
                        item, mark = np.int64(unit(word[1]) * items), BY_CHANCE
                    else:
                        group = _pick(sums, 0, k, unit(word[1]))
                        item, mark = listed[_pick(ends, first[group], count[group], unit(word[2]))], group + 1
                    if line[item] == 0:
                        line[item] = mark
                        break
