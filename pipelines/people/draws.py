"""Other ways the people of an area may be spread over its homes, as likely as the one that was chosen.

Within every block, the homes whose number of people together is told, people are dealt out anew by chance: a
Dirichlet-multinomial around what each home was given. A block's chance comes from its own name and a seed, so that a
draw can be repeated without being kept, and does not change when another block does.
"""

import zlib
from collections.abc import Sequence

import numpy as np

from pipelines.arrays import Floats, Ints


def draw_persons(persons: Floats, block: Ints, names: Sequence[str], n_draws: int, seed: int) -> Floats:
    """Deal out the people of every block anew.

    Parameters
    ----------
    persons
        Persons at each home, shape (n,), 0 or more.
    block
        Number of the block each home lies in, shape (n,).
    names
        Name of each block; homes keep their own draws as long as its name and its homes stay the same.
    n_draws
        How many draws to make.
    seed
        Of all blocks together.

    Returns
    -------
    numpy.ndarray
        Shape (n, n_draws), float64, 0 or more. In every draw a block holds as many people as before; a home without
        people stays empty.
    """
    drawn = np.zeros((len(persons), n_draws))
    lived_in = np.flatnonzero(persons > 0)
    order = lived_in[np.argsort(block[lived_in], kind="stable")]
    starts = np.flatnonzero(np.diff(block[order], prepend=-1))
    for homes in np.split(order, starts[1:]) if len(order) else ():
        random = np.random.default_rng([seed, zlib.crc32(names[block[homes[0]]].encode())])
        drawn[homes] = _dealt(persons[homes], n_draws, random)
    return drawn


def _dealt(persons: Floats, n_draws: int, random: np.random.Generator) -> Floats:
    """The people of one block, shape (k,), dealt out so many times; shape (k, n_draws)."""
    total = float(persons.sum())
    whole = max(1, round(total))
    shares = random.gamma(persons, size=(n_draws, len(persons)))
    # So few people that chance gives nobody a share: then all homes are as likely as they were.
    sums = shares.sum(axis=1, keepdims=True)
    shares = np.where(sums > 0, shares / np.where(sums > 0, sums, 1), persons / total)
    return np.asarray(random.multinomial(whole, shares).T * (total / whole), dtype=np.float64)
