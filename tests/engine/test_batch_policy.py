"""Who comes next, and that nobody waits for ever."""

from dataclasses import dataclass

from engine.policy import choose, in_turn


@dataclass
class Request:
    name: str
    member: int
    work_left: int
    waited: int = 0


@dataclass
class Seat:
    name: str
    rows: int
    bucket: str = "128"


def names(requests: list[Request]) -> list[str]:
    return [request.name for request in in_turn(requests)]


def test_the_shortest_comes_first() -> None:
    assert names([Request("long", 1, 100), Request("short", 2, 8)]) == ["short", "long"]


def test_many_of_one_member_do_not_come_before_one_of_another() -> None:
    flood = [Request(f"flood {n}", 1, 20) for n in range(5)]
    assert names([*flood, Request("one", 2, 30)])[:3] == ["flood 0", "one", "flood 1"]


def test_a_long_job_is_done_however_many_short_ones_come() -> None:
    """Simulated: a short job of a new member comes at every step, and one row fits."""
    long = Request("long", 0, 50)
    waiting = [long]
    for step in range(1, 500):
        waiting.append(Request(f"short {step}", step, 1))
        [served, *others] = in_turn(waiting)
        served.work_left -= 1
        for other in others:
            other.waited += 1
        waiting = [request for request in waiting if request.work_left]
        if long not in waiting:
            break
    assert long.work_left == 0


def test_a_batch_takes_what_fits_beside_the_first() -> None:
    seats = [Seat("a", 2), Seat("other size", 2, "256"), Seat("wide", 4), Seat("b", 2)]
    assert [seat.name for seat in choose(seats, 4)] == ["a", "b"]
    assert [seat.name for seat in choose(seats, 8)] == ["a", "wide", "b"]


def test_one_that_is_wider_than_a_batch_goes_alone() -> None:
    assert [seat.name for seat in choose([Seat("wide", 7), Seat("a", 1)], 4)] == ["wide"]
    assert choose([], 4) == []
