"""The rules: every way in which a reverse pass is known to go wrong, as makers of plans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from grader.diagnosis import (
    endings,
    functions,
    gates,
    normalisation,
    paths,
    products,
    regularisers,
    sharing,
    units,
)
from grader.diagnosis.ground import Layout
from grader.diagnosis.plan import Plan

Maker: TypeAlias = Callable[[Layout], Iterator[Plan]]

AT_NODES: tuple[Maker, ...] = (
    functions.row_mistakes,
    functions.function_mistakes,
    functions.softmax_mistakes,
    gates.gate_mistakes,
    gates.threshold_mistakes,
    functions.upstream_mistakes,
    products.matmul_mistakes,
    products.unit_mistakes,
    products.factor_mistakes,
    products.divisor_mistakes,
    paths.fork_mistakes,
    paths.stretch_mistakes,
    normalisation.statistic_mistakes,
    endings.shortcut_mistakes,
    endings.logit_mistakes,
    endings.norm_mistakes,
)
ELSEWHERE: tuple[Maker, ...] = (
    products.layer_mistakes,
    products.own_output_mistakes,
    products.entry_mistakes,
    products.entry_product_mistakes,
    paths.join_mistakes,
    paths.local_mistakes,
    gates.final_mask_mistakes,
    regularisers.regulariser_mistakes,
    units.one_unit_mistakes,
    sharing.step_mistakes,
    sharing.position_mistakes,
    endings.label_mistakes,
    endings.loss_mistakes,
    endings.mask_mistakes,
    endings.other_variables,
    endings.other_entries,
)


def mistakes_at_nodes(layout: Layout) -> Iterator[Plan]:
    """Passes with one mistake at one node: what pairs are made of."""
    for maker in AT_NODES:
        yield from maker(layout)


def mistakes_elsewhere(layout: Layout) -> Iterator[Plan]:
    """All other passes with one mistake in them."""
    for maker in ELSEWHERE:
        yield from maker(layout)
