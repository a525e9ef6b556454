"""R-MAT graphs: seeded random networks with hubs and communities, as large as one asks.

Chakrabarti, Zhan and Faloutsos, R-MAT: A Recursive Model for Graph Mining, SDM 2004; the shares are those of Graph500.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

SHARES: Final = (0.57, 0.19, 0.19)  # of the quadrants (0, 0), (0, 1), (1, 0); the rest falls to (1, 1)
CHUNK: Final = 1 << 18  # links drawn at a time, so that the draws stay in the cache

Ints = npt.NDArray[np.int32]


def rmat(scale: int, links: int, seed: int) -> tuple[Ints, Ints]:
    """Source and target of each link, int32[links] each, among 2**scale parties whose numbers are shuffled.

    A link picks one quadrant of the adjacency matrix for each bit of its ends. Parallel links and self-links occur.
    """
    random = np.random.default_rng(seed)
    number = random.permutation(1 << scale).astype(np.int32)
    source, target = np.zeros(links, np.int32), np.zeros(links, np.int32)
    a, ab, abc = np.cumsum(SHARES).astype(np.float32)
    for start in range(0, links, CHUNK):
        s, t = source[start : start + CHUNK], target[start : start + CHUNK]
        for _ in range(scale):
            draw = random.random(len(s), np.float32)
            low = draw >= ab
            s += s + low
            t += t + ((draw >= a) ^ low ^ (draw >= abc))
    return number[source], number[target]
