"""Edges of graphs whose nodes keep their community and change their interest."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.coordinates import unit
from factorhub.numerics.philox import philox_columns


@compiled
def fill_nodes(words: Array, communities: Array, interests: Array, drift: Array, community: Array, interest: Array) -> None:
    """Fill `community` (n, nodes) and `interest` (n, T, nodes) from `words` (n, nodes, 2 + 2 T).

    A node has a community, and an interest at first. At each later step it takes another interest with the chance `drift` (n,),
    each of the others equally often.
    """
    for r in range(community.shape[0]):
        for i in range(community.shape[1]):
            word = words[r, i]
            community[r, i] = np.int64(unit(word[0]) * communities[r])
            now = np.int64(unit(word[1]) * interests[r])
            for t in range(interest.shape[1]):
                if t > 0 and unit(word[2 * t]) < drift[r]:
                    now = (now + 1 + np.int64(unit(word[2 * t + 1]) * (interests[r] - 1))) % interests[r]
                interest[r, t, i] = now


@compiled
def _chances(same: Array, within: float, between: float, pull: float, weights: Array, other: Array, equal: Array) -> None:
    """Fill `other` and `equal` (pairs,) with the 32-bit numbers below which a pair is joined (chances are below 1).

    `equal` holds for pairs of one interest. Pairs stand as (0, 1), (0, 2), …, (1, 2), ….
    """
    at = 0
    for i in range(same.size):
        own = weights[i] * 4294967296.0
        for j in range(i + 1, same.size):
            chance = within if same[j] == same[i] else between
            other[at] = np.uint32(chance * own * weights[j])
            equal[at] = np.uint32((chance + pull) * own * weights[j])
            at += 1


@compiled
def _numbers(key: Array, row: int, step: int, counters: Array, drawn: Array) -> None:
    """Fill `drawn` (4, m) with the words of one step of one graph."""
    for i in range(counters.size):
        counters[i] = np.uint64(row) * np.uint64(16777216) + np.uint64(i)
    philox_columns(key, counters, 1 + step, drawn)


@compiled
def fill_adjacency(
    key: Array, seeds: Array, chances: Array, weights: Array, community: Array, interest: Array, adjacency: Array
) -> None:
    """Fill `adjacency` (n, T, nodes, nodes): nodes i and j are joined at step t with the chance
    weights[i] weights[j] (within or between + pull of an equal interest), independently.

    Args:
        key: of the random numbers; each graph's are those of its seed (n,).
        chances: within, between and pull (n, 3).
        weights: of nodes (n, nodes), at most 1.
    """
    nodes = community.shape[1]
    pairs = nodes * (nodes - 1) // 2
    counters, other = np.empty((pairs + 7) // 8, dtype=np.uint64), np.empty(pairs, dtype=np.uint32)
    equal = np.empty(pairs, dtype=np.uint32)
    drawn = np.empty((4, counters.size), dtype=np.uint64)
    halves = drawn.reshape(-1).view(np.uint32)
    for r in range(adjacency.shape[0]):
        _chances(community[r], chances[r, 0], chances[r, 1], chances[r, 2], weights[r], other, equal)
        for t in range(adjacency.shape[1]):
            graph, now = adjacency[r, t], interest[r, t]
            _numbers(key, seeds[r], t, counters, drawn)
            at = -1
            for i in range(nodes):
                graph[i, i] = 0
                line, like = graph[i], now[i]
                for j in range(i + 1, nodes):
                    far, near = other[at + j - i], equal[at + j - i]
                    line[j] = halves[at + j - i] < (near if now[j] == like else far)
                for j in range(i + 1, nodes):
                    graph[j, i] = line[j]
                at += nodes - 1 - i


@compiled
def fill_edges(
    key: Array, seeds: Array, chances: Array, weights: Array, community: Array, interest: Array, edges: Array, counts: Array
) -> None:
    """Fill `edges` (n, T, most, 2) with the edges that `fill_adjacency` has, and `counts` (n, T); -1 after the last.

    A count above `most` says that some had no place.
    """
    nodes, most = community.shape[1], edges.shape[2]
    pairs = nodes * (nodes - 1) // 2
    counters, other = np.empty((pairs + 7) // 8, dtype=np.uint64), np.empty(pairs, dtype=np.uint32)
    equal = np.empty(pairs, dtype=np.uint32)
    drawn = np.empty((4, counters.size), dtype=np.uint64)
    halves = drawn.reshape(-1).view(np.uint32)
    for r in range(edges.shape[0]):
        _chances(community[r], chances[r, 0], chances[r, 1], chances[r, 2], weights[r], other, equal)
        for t in range(edges.shape[1]):
            listed, now, count = edges[r, t], interest[r, t], 0
            _numbers(key, seeds[r], t, counters, drawn)
            at = -1
            for i in range(nodes):
                for j in range(i + 1, nodes):
                    if halves[at + j - i] < (equal[at + j - i] if now[j] == now[i] else other[at + j - i]):
                        if count < most:
                            listed[count, 0], listed[count, 1] = i, j
                        count += 1
                at += nodes - 1 - i
            listed[min(count, most) :] = -1
            counts[r, t] = count
