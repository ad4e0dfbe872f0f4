"""From votes to places."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from random import Random

from bot.challenges.models import Ballot, Entry, Standing, Vote

ROUNDS = 200
# Each entry is as if it had won and lost so much against a middling one, so that few votes decide nothing for ever.
PRIOR = 0.5


def standings(entries: Sequence[Entry], votes: Iterable[Vote], ballot: Ballot) -> list[Standing]:
    """Return who came where, the best in front; equal votes share a place."""
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
    """Return how strong each id is, 1 for a middling one, from who won against whom.

    The chance that one wins against another is its part of both strengths. Source: Bradley and Terry 1952; fitted as in
    Hunter 2004, "MM algorithms for generalized Bradley-Terry models", with a middling rival as prior.
    """
    won = Counter(winner for winner, _ in wins)
    met: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for winner, loser in wins:
        met[winner][loser] += 1
        met[loser][winner] += 1
    strengths = dict.fromkeys(ids, 1.0)
    for _ in range(ROUNDS):
        strengths = {
            each: (won[each] + PRIOR)
            / (
                2 * PRIOR / (strengths[each] + 1)
                + sum(times / (strengths[each] + strengths[rival]) for rival, times in met[each].items())
            )
            for each in ids
        }
    return {each: round(strength, 6) for each, strength in strengths.items()}


def ballot_order(entries: Sequence[Entry], user_id: int) -> list[Entry]:
    """Return what a member may vote on, in an order of their own: nothing of theirs."""
    others = [entry for entry in entries if entry.user_id != user_id]
    Random(f"{user_id}:{others[0].challenge_id}" if others else "").shuffle(others)
    return others


def next_pair(entries: Sequence[Entry], votes: Iterable[Vote], user_id: int) -> tuple[Entry, Entry] | None:
    """Return two entries that a member has not compared yet, of those seen least by all; None where all are compared.

    None of the two is their own, and no pair is of one maker's.
    """
    seen: Counter[int] = Counter()
    compared: set[frozenset[int]] = set()
    for vote in votes:
        seen.update((vote.chosen_id, vote.other_id))
        if vote.user_id == user_id:
            compared.add(frozenset((vote.chosen_id, vote.other_id)))
    pairs = [
        (first, second)
        for first, second in combinations(ballot_order(entries, user_id), 2)
        if frozenset((first.id, second.id)) not in compared and first.user_id != second.user_id
    ]
    return min(pairs, key=lambda pair: seen[pair[0].id] + seen[pair[1].id], default=None)
