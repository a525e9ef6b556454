"""Where to draw the parties of a picture: stress majorization that leaves what was drawn before where it is.

The stress of positions x is sum over pairs of (|x_i - x_j| - d_ij)^2 / d_ij^2, where d_ij is the distance of the two in
links. It is minimised by majorization (SMACOF): each step solves one linear system and never raises the stress.

Parties with a position are pinned, but for those at most one link from what changed: these may move and are held near
their position by a spring. New ones start beside their neighbours, in the largest gap. What is near in the picture
stays near, so a reader keeps the map that they have in their mind. Where nobody may move, new ones are not drawn into
the crowd by stress: each lies as near its neighbours as it can without coming between a party and those around it.

Source: Gansner, Koren, North, Graph Drawing by Stress Majorization, 2004; de Leeuw, 1988, for the majorization.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from graph.cancellation import check_cancelled
from graph.errors import UsageError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SWEEPS: Final = 40  # majorization steps at most
SETTLED: Final = 1e-3  # relative fall of the stress below which it has settled
ANCHOR: Final = 1.5  # the spring that holds a party where it was, as a multiple of all that pulls it
FAR: Final = 6.0  # links: how far apart parties that are farther apart, or not tied at all, are wanted
UNTIED: Final = 0.2  # of the weight of such a pair
GAP: Final = 0.35  # edge lengths: parties are at least so far apart, where there is room
NAMED: Final = 60  # parties; up to so many stand with their names below them, which are wider than they are high
NARROW: Final = 0.5  # how far apart side by side counts for these, beside one above the other
PUSHES: Final = 60  # rounds of parting them
POWERS: Final = 12  # steps of subspace iteration for the start of a whole layout
CLOSE: Final = 1e-9
GOLDEN_ANGLE: Final = 2.399963  # radians
DIRECTIONS: Final = 24  # in which a place beside a neighbour is tried
RADII: Final = (0.5, 1.0, 1.6, 2.4)  # edge lengths at which a place beside neighbours is tried
HELD_RADII: Final = (*RADII, 3.2, 4.2, 5.5)  # where nobody makes room
SPACE: Final = 0.7  # edge lengths that are free around a good place
NEAREST: Final = 8  # parties that a reader remembers around one
FARTHEST: Final = 1.5  # edge lengths: how far from a party that may reach
INSIDE: Final = 1.5  # what an edge length inside that counts, beside one too long a link
DIGITS: Final = 6  # of positions, so that the last bits of a sum do not show


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions float64[n, 2] in edge lengths, and which parties moved: those that had a position and have another."""

    positions: F64
    moved: Flags


def layout(n: int, source: I64, target: I64, drawn: F64, changed: Flags, seed: int = 0, held: bool = False) -> Layout:
    """Positions of n parties, tied by links from source[k] to target[k].

    drawn: float64[n, 2] in edge lengths, NaN for a party that has none yet. changed: bool[n]; parties that have no
    position count as changed too. Old parties more than one link from what changed keep their positions to the bit;
    held: those nearer do too, so that new ones lie where they fit among them.

    Raises UsageError for an infinite position.
    """
    if np.isinf(drawn).any():
        raise UsageError("a position is two finite numbers")
    old: Flags = np.logical_not(np.isnan(drawn).any(1))
    adjacent = _adjacency(n, source, target)
    if not old.any():
        return Layout(_whole(adjacent, seed), np.zeros(n, bool))
    if held:
        beside = _apart(_placed(drawn, old, adjacent, HELD_RADII, _kept_apart(drawn, old)), ~old)
        return Layout(np.where(old[:, None], drawn, beside.round(DIGITS)), np.zeros(n, bool))
    near = changed | ~old
    near |= adjacent[near].any(0)
    free = near | ~old
    positions = _placed(drawn, old, adjacent, RADII, _in_a_gap)
    positions = _majorized(positions, _distances(adjacent), free, np.where(old, ANCHOR, 0.0))
    positions = _apart(positions, free & ~old)
    positions[free] = positions[free].round(DIGITS)
    return Layout(positions, old & (positions != drawn).any(1))


def _adjacency(n: int, source: I64, target: I64) -> Flags:
    adjacent = np.zeros((n, n), bool)
    adjacent[source, target] = adjacent[target, source] = True
    np.fill_diagonal(adjacent, False)
    return adjacent


def _distances(adjacent: Flags) -> F64:
    """Distances in links, float64[n, n]; FAR for those farther apart or not tied."""
    n = len(adjacent)
    distances = np.full((n, n), FAR)
    np.fill_diagonal(distances, 0.0)
    reached = np.eye(n, dtype=bool)
    step = adjacent.astype(np.float32)
    frontier = reached
    for hops in range(1, int(FAR)):
        frontier = (frontier.astype(np.float32) @ step > 0) & ~reached
        if not frontier.any():
            break
        distances[frontier] = hops
        reached |= frontier
    return distances


def _whole(adjacent: Flags, seed: int) -> F64:
    """A layout from nothing: each connected part by itself, from a seeded start, then packed side by side."""
    positions = np.zeros((len(adjacent), 2))
    parts = _parts(adjacent)
    for part in parts:
        inner = adjacent[np.ix_(part, part)]
        distances, everyone = _distances(inner), np.ones(len(part), bool)
        placed = _majorized(_spread(distances, seed), distances, everyone, np.zeros(len(part)))
        positions[part] = _apart(placed - placed.mean(0), everyone)
    return _packed(positions, parts).round(DIGITS)


def _spread(distances: F64, seed: int) -> F64:
    """A start by classical scaling: the two leading eigenvectors of the centred squared distances, a little shaken."""
    n = len(distances)
    random = np.random.default_rng((seed, n))
    squared = -0.5 * distances**2
    centred = squared - squared.mean(0) - squared.mean(1)[:, None] + squared.mean()
    basis = random.normal(size=(n, 2))
    for _ in range(POWERS if n > 2 else 0):
        basis = np.linalg.qr(centred @ basis)[0]
    scale = np.sqrt(np.abs((basis * (centred @ basis)).sum(0)))
    return np.asarray(basis * scale + random.normal(scale=0.1, size=(n, 2)))


def _parts(adjacent: Flags) -> list[I64]:
    """The connected parts, the largest first, then by their smallest party."""
    left = np.ones(len(adjacent), bool)
    parts = []
    while left.any():
        part = np.zeros(len(adjacent), bool)
        part[np.argmax(left)] = True
        frontier = part
        while frontier.any():
            frontier = adjacent[frontier].any(0) & ~part
            part |= frontier
        left &= ~part
        parts.append(np.flatnonzero(part))
    return sorted(parts, key=lambda part: (-len(part), int(part[0])))


def _packed(positions: F64, parts: list[I64]) -> F64:
    """The parts in rows, none over another, about as wide as high together."""
    boxes = [np.ptp(positions[part], axis=0) + 1.0 for part in parts]
    width = max(float(np.sqrt(sum(float(box.prod()) for box in boxes)) * 1.3), float(boxes[0][0]))
    x = y = height = 0.0
    for part, box in zip(parts, boxes, strict=True):
        if x and x + box[0] > width:
            x, y, height = 0.0, y + height, 0.0
        positions[part] += np.array([x, y]) - positions[part].min(0)
        x, height = x + float(box[0]), max(height, float(box[1]))
    return np.asarray(positions - positions.mean(0))


Crowding = Callable[[F64, Flags], F64]


def _in_a_gap(distances: F64, placed: Flags) -> F64:
    """How much less than SPACE is free around some places, float64[k]."""
    return np.asarray(2.0 * np.maximum(0.0, SPACE - distances.min(1)))


def _kept_apart(drawn: F64, old: Flags) -> Crowding:
    """How far places lie inside the surroundings of old parties: nearer to one than its eighth nearest."""
    room = np.full(len(drawn), GAP)
    apart = np.sort(_lengths(drawn[old], drawn[old]), axis=1)
    room[old] = np.minimum(apart[:, min(NEAREST, len(apart) - 1)], FARTHEST)
    return lambda distances, placed: np.asarray(INSIDE * np.maximum(0.0, room[placed] - distances).sum(1))


def _placed(drawn: F64, old: Flags, adjacent: Flags, radii: tuple[float, ...], crowding: Crowding) -> F64:
    """Positions with a place for each new party: about an edge length from its placed neighbours, in no crowd.

    Those with most placed neighbours come first; one that is tied to nobody goes below the picture. radii: how far from
    the middle of its neighbours a place is tried. crowding: what lies against a place, of float64[k, m] distances.
    """
    positions, placed = drawn.copy(), old.copy()
    angles = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
    around = np.stack([np.cos(angles), np.sin(angles)], 1)
    while not placed.all():
        ties = (adjacent & placed).sum(1)
        ties[placed] = -1
        one = int(np.argmax(ties))
        others = positions[placed]
        if ties[one] > 0:
            neighbours = positions[adjacent[one] & placed]
            centre = neighbours.mean(0)
            tried = np.concatenate([centre + around * radius for radius in radii])
            reach = np.abs(_lengths(tried, neighbours) - 1.0).mean(1)
        else:
            low, high = others.min(0), others.max(0)
            columns = max(1, int(high[0] - low[0]) + 1)
            tried = np.array([low[0], high[1] + 1.5]) + np.array(
                [[k % columns, k // columns] for k in range(DIRECTIONS)]
            )
            reach = np.arange(len(tried)) / DIRECTIONS
        positions[one] = tried[int(np.argmin(reach + crowding(_lengths(tried, others), placed)))]
        placed[one] = True
    return positions


def _majorized(positions: F64, distances: F64, free: Flags, anchor: F64) -> F64:
    """Positions of least stress, where only the free ones move.

    anchor: weight of the spring that holds each of them where it starts, as a multiple of all its other weights.
    """
    moving, pinned = np.flatnonzero(free), np.flatnonzero(~free)
    if not len(moving) or len(positions) < 2:
        return positions
    weights = np.divide(1.0, distances**2, out=np.zeros_like(distances), where=distances > 0)
    weights[distances >= FAR] *= UNTIED
    laplacian = np.diag(weights.sum(1)) - weights
    held = anchor[moving] * weights[moving].sum(1)
    system = laplacian[np.ix_(moving, moving)] + np.diag(held)
    if not len(pinned) and not held.any():
        system += 1.0 / len(moving)  # nothing holds the whole in its place: keep its middle
    constant = held[:, None] * positions[moving] - laplacian[np.ix_(moving, pinned)] @ positions[pinned]
    inverse = np.linalg.inv(system)
    wanted, weights = distances[moving], weights[moving]
    pull = weights * wanted
    positions, before = positions.copy(), np.inf
    for _ in range(SWEEPS):
        check_cancelled()
        length = _lengths(positions[moving], positions)
        stress = float((weights * (length - wanted) ** 2).sum())
        if before - stress < SETTLED * stress:
            break
        before = stress
        ratio = np.divide(pull, length, out=np.zeros_like(pull), where=length > CLOSE)
        positions[moving] = inverse @ (ratio.sum(1)[:, None] * positions[moving] - ratio @ positions + constant)
    return positions


def _apart(positions: F64, free: Flags) -> F64:
    """The positions after the free ones were pushed off those that they lie upon, by half the way or all of it."""
    moving = np.flatnonzero(free)
    scale = np.array([NARROW if len(positions) <= NAMED else 1.0, 1.0])
    positions, share = positions * scale, np.where(free, 0.5, 1.0)
    for _ in range(PUSHES):
        length = _lengths(positions[moving], positions)
        length[np.arange(len(moving)), moving] = np.inf
        one, other = np.nonzero(length < GAP)
        if not len(one):
            break
        apart, distance = positions[moving[one]] - positions[other], length[one, other]
        same = distance < CLOSE  # exactly upon one another: part them along a direction of their own
        angle = moving[one[same]] * GOLDEN_ANGLE
        apart[same], distance[same] = np.stack([np.cos(angle), np.sin(angle)], 1), 1.0
        push = apart * ((GAP - np.minimum(distance, GAP) * ~same) * share[other] / distance)[:, None]
        for axis in range(2):
            positions[moving, axis] += np.bincount(one, push[:, axis], len(moving)).clip(-GAP, GAP)
    return np.asarray(positions / scale)


def _lengths(some: F64, all_: F64) -> F64:
    """Distances in the picture, float64[k, n]."""
    squared = some[:, :1] - all_[:, 0]
    squared *= squared
    across = some[:, 1:] - all_[:, 1]
    squared += across * across
    return np.asarray(np.sqrt(squared, out=squared))
