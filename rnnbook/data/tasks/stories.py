"""Stories with a question, in the manner of bAbI's (Weston et al. 2015)."""

from typing import NamedTuple

import numpy as np

from rnnbook import check

PEOPLE = ("mary", "john", "sandra", "daniel")
PLACES = ("kitchen", "garden", "office", "bathroom", "hallway", "bedroom")
THINGS = ("apple", "ball", "milk")
#: All words of stories and questions.
STORY_WORDS = (*PEOPLE, *PLACES, *THINGS, "went", "took", "where", "is", "was", "before")


class Story(NamedTuple):
    """Sentences, a question about them, and its answer."""

    sentences: list[tuple[str, str, str]]  #: who, went or took, where or what
    question: tuple[str, ...]
    answer: str  #: a place
    facts: tuple[int, ...]  #: places in `sentences` of what has to be known

    @property
    def distance(self) -> int:
        """Sentences from the earliest of the facts to the question: 1 if it is the last sentence."""
        return len(self.sentences) - min(self.facts)


def story(rng: np.random.Generator, facts: int) -> Story:
    """A story whose question takes one, two or three facts to answer.

    One: where somebody is. Two: where a thing is, that somebody took and may have carried elsewhere.
    Three: where a thing was before it came to where it is.

    Parameters
    ----------
    rng : numpy.random.Generator
    facts : {1, 2, 3}

    Returns
    -------
    Story

    Raises
    ------
    ValueError
        For another number of facts.

    Examples
    --------
    >>> import numpy as np
    >>> told = story(np.random.default_rng(1), 1)
    >>> [" ".join(sentence) for sentence in told.sentences[2:]]
    ['mary went hallway', 'daniel went office', 'john went bedroom', 'john went garden']
    >>> told.question, told.answer, told.distance
    (('where', 'is', 'daniel'), 'office', 3)
    """
    check.generator("rng", rng)
    check.choice("facts", facts, (1, 2, 3))
    while True:  # a story that leaves nothing to ask is thrown away
        told = _told(rng, facts)
        if told is not None:
            return told


def _told(rng, facts):
    sentences: list[tuple[str, str, str]] = []
    moves: dict[str, list[tuple[str, int]]] = {who: [] for who in PEOPLE}  # places, and in which sentence
    holder: dict[str, str] = {}
    taken: dict[str, int] = {}
    for k in range(int(rng.integers(facts + 3, 2 * facts + 7))):
        who = PEOPLE[rng.integers(len(PEOPLE))]
        free = [thing for thing in THINGS if thing not in holder]
        if facts > 1 and free and moves[who] and rng.random() < 0.4:
            thing = free[rng.integers(len(free))]
            holder[thing], taken[thing] = who, k
            sentences.append((who, "took", thing))
        else:
            here = moves[who][-1][0] if moves[who] else None
            elsewhere = [place for place in PLACES if place != here]
            place = elsewhere[rng.integers(len(elsewhere))]
            moves[who].append((place, k))
            sentences.append((who, "went", place))
    if facts == 1:
        asked = [who for who in PEOPLE if moves[who]]
        who = asked[rng.integers(len(asked))]
        place, k = moves[who][-1]
        return Story(sentences, ("where", "is", who), place, (k,))
    asked = [thing for thing, who in holder.items() if facts == 2 or moves[who][-1][1] > taken[thing]]
    if not asked:
        return None
    thing = asked[rng.integers(len(asked))]
    who = holder[thing]
    place, k = moves[who][-1]
    if facts == 2:
        return Story(sentences, ("where", "is", thing), place, (taken[thing], k))
    before, j = moves[who][-2]
    return Story(sentences, ("where", "was", thing, "before", place), before, (taken[thing], j, k))
