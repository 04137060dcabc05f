"""How many sentences and captions a second, beside Python's own formatting of the same texts?

    python benchmarks/language.py

One core, the best of some tries, everything in one run; read the ratios.
"""

from __future__ import annotations

import numpy as np
from timing import seconds

import factorhub
from factorhub.language import grammar as g
from factorhub.testing import sample

ROWS = 200_000


def formatted(values: np.ndarray) -> list[str]:
    """Reports in the active voice by f-strings: less than what `sentences` makes."""
    topics, rows = list(g.TOPICS.values()), values.astype(int).tolist()
    verbs = list(g.VERBS.values())
    texts = []
    for topic, polarity, intensity, target, _, tense, number, person, _, template, _ in rows:
        kind = 3 if polarity == 1 else intensity - 1 if polarity == 0 else 3 + intensity
        words = g.verb(verbs[kind][0], tense, 0, number, person)
        reason = g.REASONS[template % 3].format(noun=topics[topic][0])
        texts.append(f"{g.OPENINGS[template // 3]} {g.SUBJECTS[number][person]} {words} the {g.TARGETS[target]} {reason}.")
    return texts


def main() -> None:
    made = factorhub.generator("sentences")
    values = sample(made.space, ROWS)
    made.render(values[:10])
    ours, theirs = ROWS / seconds(lambda: made.render(values, check=False)), 20_000 / seconds(lambda: formatted(values[:20_000]))
    print(f"sentences                     {ours / 1e6:6.2f} M/s   {ours / theirs:5.1f} × Python's formatting")
    tokens = made.render(values)["tokens"]
    print(f"sentences read back           {ROWS / seconds(lambda: factorhub.read_factors(tokens, made), 3) / 1e6:6.2f} M/s")
    scene = factorhub.generator("captioned", of="dmelodies")
    values = sample(scene.space, ROWS)
    scene.render(values[:10])
    melodies = factorhub.generator("dmelodies")
    both, alone = (seconds(lambda: item.render(rows, check=False)) for item, rows in ((scene, values), (melodies, values[:, :-1])))
    rate = ROWS / (both - alone)
    codes = [[str(label) for label in factor.labels or factor.grid] for factor in melodies.space]

    def by_python() -> list[str]:
        return [
            "here "
            + ", ".join(
                f"the {name} is {labels[int(v)]}" for name, labels, v in zip(melodies.space.names[:6], codes, row, strict=False)
            )
            for row in (values[:20_000] - np.eye(10)[1] * 4).tolist()
        ]

    print(
        f"captions of six factors       {rate / 1e6:6.2f} M/s   {rate / (20_000 / seconds(by_python)):5.1f} × Python's formatting"
    )


if __name__ == "__main__":
    main()
