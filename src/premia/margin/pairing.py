"""The cheapest way to pair what offsets each other, found exactly and always the same way.

Short calls may be covered by long calls or shares, or stand opposite short puts; short puts by long puts
or shares sold short. With short calls, long puts and short shares on one side and the rest on the other,
every recognised pair joins the two sides, so the best pairing is a bipartite flow of greatest saving, and
successive best paths find it exactly. Ties go to the positions that were named first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

_NONE = Decimal(0)

Pair = tuple[int, int]
"""Positions in the two lists that are joined."""


def best_pairs(left: Sequence[int], right: Sequence[int], savings: Mapping[Pair, Decimal]) -> dict[Pair, int]:
    """How many units of each pair save the most in all.

    Args:
        left: Units available of each left item.
        right: Units available of each right item.
        savings: What one unit of a pair saves; pairs that save nothing are not used.

    Returns:
        Units of each pair that is used.
    """
    edges = {pair: saving for pair, saving in sorted(savings.items()) if saving > _NONE}
    flow: dict[Pair, int] = {}
    free_left, free_right = list(left), list(right)
    while path := _best_path(free_left, free_right, edges, flow):
        units = min(free_left[path[0][0]], free_right[path[-1][1]], *(flow[back] for back in path[1::2]))
        for i, pair in enumerate(path):
            flow[pair] = flow.get(pair, 0) + (units if i % 2 == 0 else -units)
        free_left[path[0][0]] -= units
        free_right[path[-1][1]] -= units
    return {pair: units for pair, units in flow.items() if units > 0}


def _best_path(
    free_left: Sequence[int],
    free_right: Sequence[int],
    edges: Mapping[Pair, Decimal],
    flow: Mapping[Pair, int],
) -> list[Pair]:
    """The path of greatest saving from a free left item to a free right one.

    Every second pair of it is given up.
    """
    reached_left: dict[int, tuple[Decimal, list[Pair]]] = {
        i: (_NONE, []) for i, n in enumerate(free_left) if n > 0
    }
    reached_right: dict[int, tuple[Decimal, list[Pair]]] = {}
    changed = True
    while changed:
        changed = False
        for (i, j), saving in edges.items():
            if i in reached_left:
                total = reached_left[i][0] + saving
                if j not in reached_right or total > reached_right[j][0]:
                    reached_right[j] = (total, [*reached_left[i][1], (i, j)])
                    changed = True
        for (i, j), units in flow.items():
            if units > 0 and j in reached_right:
                total = reached_right[j][0] - edges[(i, j)]
                if i not in reached_left or total > reached_left[i][0]:
                    reached_left[i] = (total, [*reached_right[j][1], (i, j)])
                    changed = True
    ends = [
        (total, -j, path) for j, (total, path) in reached_right.items() if free_right[j] > 0 and total > _NONE
    ]
    return max(ends)[2] if ends else []
