"""How many graphs a second, beside networkx on the same chances?

    python benchmarks/graphs.py

One core, the best of some tries, everything in one run; read the ratios. networkx makes one snapshot after another by its
`stochastic_block_model`, whose sparse loops are the quickest that it has.
"""

from __future__ import annotations

import numpy as np
from timing import seconds

import factorhub
from factorhub.testing import sample

ROWS = 256


def ours(name: str, **options: object) -> float:
    """Graphs a second."""
    made = factorhub.generator(name, **options)
    values = sample(made.space, ROWS)
    made.render(values[:8])
    return ROWS / seconds(lambda: made.render(values, check=False))


def networkx_blocks(nodes: int, steps: int) -> float:
    """Graphs a second of networkx: `steps` block models of six blocks, one for each pair of community and interest."""
    import networkx

    chances = np.full((6, 6), 0.05) + 0.35 * np.kron(np.eye(2), np.ones((3, 3))) + 0.2 * np.kron(np.ones((2, 2)), np.eye(3))
    sizes = [nodes // 6 + (i < nodes % 6) for i in range(6)]

    def work() -> None:
        for step in range(steps):
            networkx.stochastic_block_model(sizes, chances.tolist(), seed=step)

    return 1 / seconds(work, 3)


def networkx_bipartite(users: int, items: int, choices: int) -> float:
    """Graphs a second of networkx: a random bipartite graph with as many edges, without intents."""
    import networkx

    return 1 / seconds(lambda: networkx.bipartite.gnmk_random_graph(users, items, users * choices, seed=1), 3)


def main() -> None:
    rate = ours("drifting_graphs")
    print(f"drifting_graphs, 100 nodes, 10 steps     {rate:9,.0f} graphs/s   {rate / networkx_blocks(100, 10):7,.0f} × networkx")
    rate = ours("drifting_graphs", nodes=1000, edges=True, density=0.02, steps=1)
    print(f"drifting_graphs, 1,000 nodes, as edges   {rate:9,.0f} graphs/s   {rate / networkx_blocks(1000, 1):7,.0f} × networkx")
    print(f"concept_graphs, 50 nodes                 {ours('concept_graphs'):9,.0f} graphs/s")
    rate = ours("intents")
    print(
        f"intents, 64 users, 96 items              {rate:9,.0f} graphs/s   {rate / networkx_bipartite(64, 96, 12):7,.0f} × networkx"
    )


if __name__ == "__main__":
    main()
