"""Ranking of entries by votes, and the order in which members see the entries."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from random import Random

from bot.challenges.models import Ballot, Entry, Standing, Vote

ROUNDS = 200
# Virtual wins and losses of each entry against a rival of strength 1, so that a few votes do not fix the order.
PRIOR = 0.5


def standings(entries: Sequence[Entry], votes: Iterable[Vote], ballot: Ballot) -> list[Standing]:
    """Return the standings of entries, best first; equal results share a place.

    Votes for or against other entries, such as removed ones, are ignored.
    """
    ids = {entry.id for entry in entries}
    counted = [vote for vote in votes if vote.chosen_id in ids and (not vote.other_id or vote.other_id in ids)]
    if ballot is Ballot.STARS:
        stars = Counter(vote.chosen_id for vote in counted)
        strengths = {each: float(stars[each]) for each in ids}
    else:
        strengths = bradley_terry(ids, [(vote.chosen_id, vote.other_id) for vote in counted])
    return [
        Standing(entry, 1 + sum(other > strengths[entry.id] for other in strengths.values()), strengths[entry.id])
        for entry in sorted(entries, key=lambda entry: (-strengths[entry.id], entry.id))
    ]


def bradley_terry(ids: Collection[int], wins: Sequence[tuple[int, int]]) -> dict[int, float]:
    """Return the Bradley-Terry strength of each id, 1 for an average one, from pairs of winner and loser.

    The probability that a wins against b is strength(a) / (strength(a) + strength(b)). Source: Bradley and Terry 1952;
    fitted by ROUNDS iterations as in Hunter 2004, "MM algorithms for generalized Bradley-Terry models", with a rival of
    strength 1 as the prior.
    """
    won = Counter(winner for winner, _ in wins)
    meetings: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for winner, loser in wins:
        meetings[winner][loser] += 1
        meetings[loser][winner] += 1
    strengths = dict.fromkeys(ids, 1.0)
    for _ in range(ROUNDS):
        strengths = {
            each: (won[each] + PRIOR)
            / (
                2 * PRIOR / (strengths[each] + 1)
                + sum(times / (strengths[each] + strengths[rival]) for rival, times in meetings[each].items())
            )
            for each in ids
        }
    return {each: round(strength, 6) for each, strength in strengths.items()}


def ballot_order(entries: Sequence[Entry], user_id: int) -> list[Entry]:
    """Return the entries of other members, in an order that is fixed for each member and challenge."""
    others = [entry for entry in entries if entry.user_id != user_id]
    Random(f"{user_id}:{others[0].challenge_id}" if others else "").shuffle(others)
    return others


def next_pair(entries: Sequence[Entry], votes: Iterable[Vote], user_id: int) -> tuple[Entry, Entry] | None:
    """Return two entries that a member has not compared yet, or None if all pairs are compared.

    Prefers entries with the fewest comparisons by all members. Neither entry is the member's own, and the two are by
    different makers.
    """
    comparisons: Counter[int] = Counter()
    compared: set[frozenset[int]] = set()
    for vote in votes:
        comparisons.update((vote.chosen_id, vote.other_id))
        if vote.user_id == user_id:
            compared.add(frozenset((vote.chosen_id, vote.other_id)))
    pairs = [
        (first, second)
        for first, second in combinations(ballot_order(entries, user_id), 2)
        if frozenset((first.id, second.id)) not in compared and first.user_id != second.user_id
    ]
    return min(pairs, key=lambda pair: comparisons[pair[0].id] + comparisons[pair[1].id], default=None)
