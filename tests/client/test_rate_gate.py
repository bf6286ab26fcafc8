"""The gate's arithmetic, with a clock of the test's own."""

from collections.abc import Callable, Iterable

import httpx
import pytest
from cekura_client.engine.attempts import Reply
from cekura_client.engine.rate_gate import ClosedGateError, RateGate, Ticket

REFUSAL = Reply(429, httpx.Headers({"Retry-After": "3"}), b"{}")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Herd:
    """Calls at one gate, by name; notes who was woken."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.gate = RateGate(100, self.clock)
        self.woken: list[str] = []
        self.tickets: dict[str, Ticket] = {}

    def ticket(self, name: str, *, max_wait: float = 60.0, deadline: float = 600.0) -> Ticket:
        def wake() -> None:
            self.woken.append(name)

        ticket = self.gate.ticket(max_wait=max_wait, deadline=self.clock.now + deadline)
        ticket.wake = wake
        self.tickets[name] = ticket
        return ticket

    def enter(self, name: str) -> float | None:
        return self.gate.enter(self.tickets.get(name) or self.ticket(name))

    def gives_up(self, name: str) -> None:
        with pytest.raises(ClosedGateError):
            self.enter(name)
        self.gate.withdraw(self.tickets[name])

    def inside(self, names: Iterable[str]) -> str:
        return "".join(name for name in names if self.enter(name) is None)

    def refuse(self, name: str, pause: float) -> None:
        self.gate.refuse(self.tickets[name], REFUSAL, pause)

    def leave(self, name: str) -> None:
        self.gate.leave(self.tickets[name])


@pytest.fixture
def herd() -> Herd:
    return Herd()


def test_a_new_client_lets_more_and_more_through(herd: Herd) -> None:
    names = "abcdefghijklmnopqrstuvwxyz"
    assert herd.inside(names) == "abcdefgh"
    assert herd.enter("i") == pytest.approx(0.25)
    herd.clock.now += 0.25
    assert herd.inside(names[8:]) == "ijklmnop"
    herd.clock.now += 0.25
    assert herd.inside(names[16:]) == names[16:]


def test_a_quiet_client_lets_in_as_many_as_there_are_connections(herd: Herd) -> None:
    assert herd.enter("first") is None
    herd.clock.now += 1.0
    assert [herd.enter(str(number)) for number in range(99)] == [None] * 99
    assert herd.enter("late") is not None
    assert herd.enter("later") is not None
    herd.clock.now += 1e6
    assert herd.enter("late") is not None
    herd.leave("5")
    assert herd.woken == ["late"]
    assert herd.enter("later") is not None
    assert herd.enter("late") is None


def test_what_is_believed_opens_no_more_than_there_are_connections(herd: Herd) -> None:
    meet_a_limit(herd, "abcd", "x")
    for _ in range(300):
        assert herd.enter("a") is None
        herd.leave("a")
    meet_a_limit(herd, "b", "y")
    assert [herd.enter(str(number)) for number in range(100)] == [None] * 100
    assert herd.enter("late") is not None


def test_only_the_first_in_the_queue_asks_again_by_itself(herd: Herd) -> None:
    herd.inside("abcdefgh")
    assert herd.enter("first") == pytest.approx(0.25)
    assert herd.enter("second") == pytest.approx(30 * 86400)
    herd.clock.now += 0.6  # two steps of a quarter of a second, and some
    assert herd.inside(["first", "second"]) == "firstsecond"
    for number in range(22):
        assert herd.enter(str(number)) is None
    assert herd.enter("third") == pytest.approx(0.15)


def test_who_leaves_before_having_come_takes_no_place_along(herd: Herd) -> None:
    for name in "abc":
        herd.gate.withdraw(herd.ticket(name))
    assert herd.inside("defghijklm") == "defghijk"


def test_a_crowd_is_woken_one_by_one(herd: Herd) -> None:
    assert herd.enter("first") is None
    herd.clock.now += 1.0
    names = [str(number) for number in range(2000)]
    for name in names:
        herd.enter(name)
    waiting = names[99:]
    inside = ["first", *names[:99]]
    while inside:
        herd.leave(inside.pop(0))
        passed = [name for name in waiting[:1] if herd.enter(name) is None]
        del waiting[: len(passed)]
        inside += passed
    assert waiting == []
    assert herd.woken == names[99:]


def test_a_crowd_that_may_not_wait_is_woken_once(herd: Herd) -> None:
    herd.inside("ab")
    herd.refuse("a", 1.0)
    names = [str(number) for number in range(500)]
    for name in names:
        herd.enter(name)
    herd.woken.clear()
    herd.refuse("b", 3000.0)
    for name in names:
        herd.gives_up(name)
    assert herd.woken == names


def test_one_call_may_try_each_max_wait_when_a_pause_is_longer_than_calls_may_wait(
    herd: Herd,
) -> None:
    herd.inside("a")
    herd.refuse("a", 1_700_000_000.0)
    herd.clock.now += 59.0
    herd.gives_up("b")
    herd.clock.now += 1.5
    assert herd.enter("c") is None
    herd.gives_up("d")  # one at a time
    herd.refuse("c", 1_700_000_000.0)
    herd.clock.now += 59.0
    herd.gives_up("e")
    herd.clock.now += 1.5
    assert herd.enter("f") is None
    herd.leave("f")
    assert herd.gate.pause == 0.0
    assert herd.inside("gh") == "gh"


def test_a_try_without_a_reply_ends_no_pause(herd: Herd) -> None:
    herd.inside("a")
    herd.refuse("a", 3000.0)
    herd.clock.now += 60.0
    assert herd.enter("b") is None
    herd.gate.leave(herd.tickets["b"], answered=False)
    assert herd.gate.pause == pytest.approx(2940.0)


def test_what_a_try_is_told_replaces_what_was_told_before(herd: Herd) -> None:
    herd.inside("a")
    herd.refuse("a", 3000.0)
    patient = herd.ticket("patient", max_wait=5000.0, deadline=5000.0)
    assert herd.gate.enter(patient) == pytest.approx(3000.0)
    herd.clock.now += 60.0
    assert herd.enter("b") is None
    herd.woken.clear()
    herd.refuse("b", 2.0)
    assert herd.gate.pause == pytest.approx(2.0)
    assert herd.woken == ["patient"]
    assert herd.gate.enter(patient) == pytest.approx(2.0)


def test_a_pause_that_calls_may_wait_out_lets_none_try(herd: Herd) -> None:
    herd.inside("a")
    herd.refuse("a", 60.0)
    herd.clock.now += 59.0
    assert herd.enter("b") is not None


def test_who_knows_when_a_place_is_free_learns_of_a_pause(herd: Herd) -> None:
    assert herd.enter("first") is None
    herd.clock.now += 1.0
    for number in range(99):
        herd.enter(str(number))
    assert herd.enter("late") == pytest.approx(30 * 86400)  # until somebody leaves
    herd.refuse("first", 3.0)
    assert herd.woken == ["late"]
    assert herd.enter("late") == pytest.approx(3.0)


def test_a_refusal_keeps_everybody_waiting_and_lets_two_through_afterwards(herd: Herd) -> None:
    assert herd.inside("abcd") == "abcd"
    herd.refuse("a", 3.0)
    assert herd.gate.pause == pytest.approx(3.0)
    assert herd.enter("a") == pytest.approx(3.0)
    assert herd.enter("e") is not None
    herd.leave("b")
    herd.leave("c")
    herd.leave("d")
    herd.clock.now += 2.99
    assert herd.inside("ae") == ""
    herd.clock.now += 0.02
    assert herd.gate.pause == 0.0
    assert herd.inside("aefgh") == "ae"
    herd.leave("a")
    assert herd.inside("fgh") == "f"
    herd.clock.now += 1.0  # a second without a 429
    assert herd.inside("gh") == "gh"


def test_requests_that_are_still_in_flight_count_after_the_pause(herd: Herd) -> None:
    herd.inside("abcd")
    herd.refuse("a", 1.0)
    herd.clock.now += 1.1
    assert herd.enter("a") is not None  # b, c and d are not back yet
    herd.leave("b")
    assert herd.enter("a") is not None
    herd.leave("c")
    assert herd.enter("a") is None


def test_a_later_refusal_lengthens_a_pause_and_never_shortens_it(herd: Herd) -> None:
    herd.inside("abc")
    herd.refuse("a", 5.0)
    herd.refuse("b", 1.0)
    assert herd.gate.pause == pytest.approx(5.0)
    herd.refuse("c", 9.0)
    assert herd.gate.pause == pytest.approx(9.0)
    assert herd.gate.refusals_in_a_row == 1


def test_refusals_in_a_row_are_counted_once_a_pause_until_one_is_taken(herd: Herd) -> None:
    for _ in range(3):
        herd.inside("ab")
        herd.refuse("a", 1.0)
        herd.refuse("b", 1.0)
        herd.clock.now += 1.1
    assert herd.gate.refusals_in_a_row == 3
    herd.inside("a")
    herd.leave("a")
    assert herd.gate.refusals_in_a_row == 0


def test_calls_pass_in_the_order_in_which_they_came(herd: Herd) -> None:
    herd.inside("ab")
    herd.refuse("a", 1.0)
    assert herd.inside("cdefa") == ""
    herd.leave("b")
    herd.clock.now += 1.1
    assert herd.enter("f") is not None
    assert herd.enter("a") is None  # refused, it kept its place
    assert "c" in herd.woken
    assert herd.enter("d") is not None
    assert herd.enter("c") is None


def test_who_waits_is_woken_when_a_place_is_free(herd: Herd) -> None:
    herd.inside("ab")
    herd.refuse("a", 1.0)
    herd.inside("acd")
    herd.leave("b")
    herd.clock.now += 1.1
    herd.enter("a")
    herd.enter("c")
    assert herd.enter("d") is not None
    herd.woken.clear()
    herd.leave("a")
    assert herd.woken == ["d"]
    herd.gate.withdraw(herd.tickets["d"])
    herd.woken.clear()
    herd.leave("c")
    assert herd.woken == []


def test_who_gives_up_wakes_the_next(herd: Herd) -> None:
    herd.inside("ab")
    herd.refuse("a", 1.0)
    herd.leave("b")
    herd.inside("acd")
    herd.clock.now += 1.1
    herd.woken.clear()
    herd.gate.withdraw(herd.tickets["a"])
    assert "c" in herd.woken
    assert herd.inside("cd") == "cd"


def meet_a_limit(herd: Herd, taken: str, refused: str) -> None:
    """Let some be taken and one refused; then the pause passes."""
    for name in taken:
        assert herd.enter(name) is None
        herd.leave(name)
    assert herd.enter(refused) is None
    herd.refuse(refused, 1.0)
    herd.gate.withdraw(herd.tickets[refused])
    herd.clock.now += 1.1


def test_most_of_what_was_taken_between_two_pauses_is_let_in_after_the_next(herd: Herd) -> None:
    meet_a_limit(herd, "abcdefgh", "x")
    # Nothing is known yet of what the server takes between two pauses.
    assert herd.inside("ab") == "ab"
    assert herd.enter("c") is not None
    herd.leave("a")
    herd.leave("b")
    herd.gate.withdraw(herd.tickets["c"])
    meet_a_limit(herd, "cdefgh", "y")  # eight were taken
    assert herd.inside("klmnopqr") == "klmnop"  # six of them may be in flight at once
    for name in "klmnop":
        herd.leave(name)
    assert herd.inside("qrs") == "qr"


def test_what_was_refused_was_not_taken(herd: Herd) -> None:
    meet_a_limit(herd, "ab", "x")
    herd.clock.now += 3.0
    assert herd.inside("cdefghijklmn") == "cdefghijklmn"
    for name in "cdefghij":
        herd.leave(name)
    for name in "klmn":
        herd.refuse(name, 1.0)
        herd.gate.withdraw(herd.tickets[name])
    herd.clock.now += 1.1
    assert herd.inside("opqrstuv") == "opqrst"  # three quarters of eight


def test_a_long_calm_teaches_nothing(herd: Herd) -> None:
    meet_a_limit(herd, "abcd", "x")
    herd.clock.now += 100.0
    meet_a_limit(herd, "efghijkl", "y")
    assert herd.inside("klmnopqr") == "kl"


@pytest.mark.parametrize(
    ("seconds", "now", "outwaits"),
    [
        (5.0, 100.0, True), (5.009, 100.0, True), (5.02, 100.0, False),
        (5.0, 115.0, True), (5.0, 115.009, True), (5.0, 115.02, False), (0.0, 130.0, False),
    ],
)  # fmt: skip
def test_a_hundredth_of_a_second_is_nothing_beside_a_limit(
    herd: Herd, seconds: float, now: float, *, outwaits: bool
) -> None:
    ticket = herd.ticket("a", max_wait=5.0, deadline=20.0)  # which began at 100
    assert ticket.outwaits(seconds, now) is outwaits


def test_a_pause_of_which_the_rest_can_be_waited_out_lets_none_try(herd: Herd) -> None:
    herd.inside("a")
    herd.refuse("a", 10.0)
    herd.clock.now += 5.0
    assert herd.gate.enter(herd.ticket("b", max_wait=5.0)) == pytest.approx(5.0)
    assert herd.gate.enter(herd.ticket("c", max_wait=4.9)) is None


LIMITS: list[Callable[[Herd], Ticket]] = [
    lambda herd: herd.ticket("x", max_wait=5.0),
    lambda herd: herd.ticket("x", deadline=5.0),
    lambda herd: herd.ticket("x", deadline=0.0),
]


@pytest.mark.parametrize("limited", LIMITS)
def test_a_pause_beyond_a_calls_limits_refuses_it_at_once(
    herd: Herd, limited: Callable[[Herd], Ticket]
) -> None:
    herd.inside("a")
    herd.refuse("a", 30.0)
    ticket = limited(herd)
    with pytest.raises(ClosedGateError) as raised:
        herd.gate.enter(ticket)
    assert raised.value.seconds == pytest.approx(30.0)
    assert raised.value.refusal is REFUSAL
    assert herd.enter("b") is not None


def test_who_waits_already_learns_of_a_pause_that_is_too_long(herd: Herd) -> None:
    herd.inside("ab")
    herd.refuse("a", 1.0)
    herd.enter("a")
    patient, hurried = herd.ticket("patient"), herd.ticket("hurried", max_wait=2.0)
    herd.gate.enter(patient)
    herd.gate.enter(hurried)
    herd.woken.clear()
    herd.refuse("b", 30.0)
    assert herd.woken == ["a", "hurried"]
    with pytest.raises(ClosedGateError):
        herd.gate.enter(hurried)


def test_the_deadline_ends_the_wait_for_a_place(herd: Herd) -> None:
    herd.inside("abc")
    herd.refuse("a", 1.0)
    herd.clock.now += 1.1
    late = herd.ticket("late", deadline=0.5)
    assert herd.gate.enter(late) == pytest.approx(0.5)
    herd.clock.now += 0.6
    with pytest.raises(ClosedGateError) as raised:
        herd.gate.enter(late)
    assert raised.value.seconds == 0.0


def test_before_any_refusal_no_deadline_matters(herd: Herd) -> None:
    herd.inside("abcdefgh")
    hurried = herd.ticket("hurried", deadline=0.0, max_wait=0.0)
    assert herd.gate.enter(hurried) == pytest.approx(0.25)
    herd.leave("a")
    assert herd.gate.enter(hurried) is None


def test_a_pause_without_end_can_be_computed_with(herd: Herd) -> None:
    herd.inside("a")
    herd.refuse("a", 1e308)
    assert herd.gate.pause == pytest.approx(30 * 86400)


def test_who_gives_up_at_the_head_of_the_queue_wakes_the_next(herd: Herd) -> None:
    # Only the head knows when the pause ends: without a head nobody would go on.
    herd.inside("xp")
    herd.ticket("older", deadline=12.0)
    herd.ticket("younger")
    herd.refuse("x", 5.0)
    assert herd.enter("older") == pytest.approx(5.0)
    assert herd.enter("younger") is not None
    herd.refuse("p", 20.0)
    herd.woken.clear()
    with pytest.raises(ClosedGateError):
        herd.enter("older")
    herd.gate.withdraw(herd.tickets["older"])
    assert herd.woken == ["younger"]
    assert herd.enter("younger") == pytest.approx(20.0)
