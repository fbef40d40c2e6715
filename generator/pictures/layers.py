"""Where the nodes of a layered graph stand: igraph orders each layer so that few edges cross; the
nodes are then moved as near to their neighbours as their widths allow.

An edge over several layers passes through a bend in each layer between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

import igraph

SWEEPS = 12
CROSSING_ROUNDS = 100
BEND = 8.0  # room for an edge that passes a layer


@dataclass(frozen=True)
class Layered:
    """Nodes by number, with the layer, the width and the weight of each, and edges to later layers.

    The heavier a node, the more its neighbours make way for it.
    """

    layers: tuple[int, ...]
    widths: tuple[float, ...]
    weights: tuple[float, ...]
    edges: tuple[tuple[int, int], ...]
    gap: float


@dataclass(frozen=True)
class Placed:
    """The middle of every node, and the bends of every edge as (layer, middle)."""

    middles: tuple[float, ...]
    bends: tuple[tuple[tuple[int, float], ...], ...]
    width: float


def place(graph: Layered) -> Placed:
    """The places of a graph's nodes, from 0 on; the same for the same graph."""
    fine, chains = _split(graph)
    middles = _relaxed(fine, _ordered(fine))
    left = min(middle - wide / 2 for middle, wide in zip(middles, fine.widths, strict=True))
    right = max(middle + wide / 2 for middle, wide in zip(middles, fine.widths, strict=True))
    shifted = [middle - left for middle in middles]
    bends = tuple(tuple((fine.layers[node], shifted[node]) for node in chain) for chain in chains)
    return Placed(tuple(shifted[: len(graph.layers)]), bends, right - left)


def _split(graph: Layered) -> tuple[Layered, list[list[int]]]:
    """The graph with a bend for every layer that an edge passes, and the bends of each edge."""
    layers, edges = list(graph.layers), []
    chains = []
    for start, end in graph.edges:
        passed = range(graph.layers[start] + 1, graph.layers[end])
        chain = list(range(len(layers), len(layers) + len(passed)))
        layers += passed
        edges += list(pairwise([start, *chain, end]))
        chains.append(chain)
    widths = (*graph.widths, *[BEND] * (len(layers) - len(graph.widths)))
    weights = (*graph.weights, *[1.0] * (len(layers) - len(graph.weights)))
    return Layered(tuple(layers), widths, weights, tuple(edges), graph.gap), chains


def _ordered(graph: Layered) -> list[list[int]]:
    """The nodes of every layer from left to right."""
    drawn = igraph.Graph(n=len(graph.layers), edges=list(graph.edges), directed=True)
    layout = drawn.layout_sugiyama(layers=list(graph.layers), maxiter=CROSSING_ROUNDS)
    across = [float(point[0]) for point in layout.coords]
    nodes = sorted(range(len(graph.layers)), key=lambda node: (graph.layers[node], across[node]))
    return [list(row) for _, row in groupby(nodes, key=lambda node: graph.layers[node])]


def _relaxed(graph: Layered, rows: list[list[int]]) -> list[float]:
    """The middles of the nodes, each near the mean of its neighbours."""
    near: list[list[int]] = [[] for _ in graph.layers]
    for start, end in graph.edges:
        near[start].append(end)
        near[end].append(start)
    middles = [0.0] * len(graph.layers)
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 else reversed(rows):
            wanted = [_middle(graph, near[node], middles) for node in row]
            for node, middle in zip(row, _apart(graph, row, wanted), strict=True):
                middles[node] = middle
    return middles


def _middle(graph: Layered, near: Sequence[int], middles: Sequence[float]) -> float:
    """The mean of the heaviest neighbours, so that a chain of heavy nodes is straight."""
    most = max((graph.weights[node] for node in near), default=0.0)
    heavy = [middles[node] for node in near if graph.weights[node] == most]
    return sum(heavy) / len(heavy) if heavy else 0.0


def _apart(graph: Layered, row: list[int], wanted: list[float]) -> list[float]:
    """The places nearest to the wanted ones at which the nodes of a row stand apart."""
    steps = [
        (graph.widths[left] + graph.widths[right]) / 2 + graph.gap for left, right in pairwise(row)
    ]
    return spread(wanted, [graph.weights[node] for node in row], steps)


def spread(
    wanted: Sequence[float], weights: Sequence[float], steps: Sequence[float]
) -> list[float]:
    """The places nearest to the wanted ones, in weighted squares, at least `steps` apart.

    Without the steps this is isotonic regression: neighbours out of order share their mean.
    """
    offsets = list(accumulate(steps, initial=0.0))
    pools: list[Pool] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        pool = Pool(want - offset, weight, 1)
        while pools and pools[-1].mean > pool.mean:
            pool = pools.pop().joined(pool)
        pools.append(pool)
    means = [pool.mean for pool in pools for _ in range(pool.count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


@dataclass(frozen=True)
class Pool:
    """Neighbours that stand as near to each other as they may."""

    mean: float
    weight: float
    count: int

    def joined(self, right: Pool) -> Pool:
        """Two pools as one."""
        weight = self.weight + right.weight
        mean = (self.mean * self.weight + right.mean * right.weight) / weight
        return Pool(mean, weight, self.count + right.count)
