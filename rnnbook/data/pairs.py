"""Pairs of sentences that differ in one thing and in what they think of a film, made by code."""

from itertools import product

PRAISE = ("good", "great", "funny", "moving", "charming", "entertaining", "smart", "beautiful")
BLAME = ("bad", "dull", "boring", "awful", "stupid", "predictable", "silly", "lame")


def minimal_pairs() -> dict[str, list[tuple[str, str]]]:
    """Sentences in pairs, the first in praise of a film, the second not.

    Returns
    -------
    dict of str to list of tuple
        ``"order"``: both sentences have the same words, in another order. ``"negation"``: one of
        them has a *not* more, with a word of praise in half of the pairs and with one of blame
        in the others. ``"scope"``: both have the same *not*, and it does not deny the word that
        matters.

    Examples
    --------
    >>> for kind, pairs in minimal_pairs().items():
    ...     print(kind, len(pairs), pairs[0])
    order 64 ('the film is good , not bad .', 'the film is bad , not good .')
    negation 16 ('the film is good .', 'the film is not good .')
    scope 64 ('it is not the music that makes the film so good .', 'it is not the music that makes the film so bad .')
    """
    both = list(product(PRAISE, BLAME))
    return {
        "order": [(f"the film is {good} , not {bad} .", f"the film is {bad} , not {good} .") for good, bad in both],
        "negation": [(f"the film is {good} .", f"the film is not {good} .") for good in PRAISE]
        + [(f"the film is not {bad} .", f"the film is {bad} .") for bad in BLAME],
        "scope": [
            (
                f"it is not the music that makes the film so {good} .",
                f"it is not the music that makes the film so {bad} .",
            )
            for good, bad in both
        ],
    }
