"""A table: one environment and its seats, and all that can be asked of it."""

from dataclasses import replace

from universe.errors import UniverseError
from universe.service.chairs import Chair
from universe.service.contracts import GUEST, OPEN, Claim, KeptAnswer, Play
from universe.service.moving import Moving
from universe.service.problems import Refusal, faulty, stale
from universe.service.reading import accept, read_answer, says_again
from universe.service.wire import Accepted, AnswerBody, EndBody, PlayBody
from universe.text_env import Turn


class Table(Moving):
    """One environment and its seats.

    Its methods are called one after the other, always in the same thread. What they change is in the journal before it
    happens, and it has happened before they return: who is told that an answer counts can rely on it.
    """

    def claim(self, claim: Claim) -> None:
        """Gives an open seat to a guest.

        Raises:
            Refusal: The seat is not open.
        """
        chair = self.chairs[claim.seat]
        if self.over or not chair.is_open:
            raise Refusal(409, "taken", f"The seat {claim.seat} is not open.")
        self.journal.claim(self.table_id, claim)
        chair.claim = claim
        self.change()
        if not any(other.is_open for other in self.chairs.values()):
            self.arrive()
            self.go_on()

    def renew(self, claim: Claim) -> None:
        """Replaces the token of a seat."""
        self.journal.claim(self.table_id, claim)
        self.chairs[claim.seat].claim = claim

    def leave(self, seat: str) -> None:
        """Gives a seat up: it is open again where nothing was played yet, else its rule decides for it from then on."""
        chair = self.chairs[seat]
        claim = chair.claim
        if self.over or chair.left or claim is None:
            return
        left = replace(claim, left=True)
        self.journal.claim(self.table_id, left)
        chair.claim = None if self.status == "waiting" and chair.who == OPEN else left
        self.change()
        if self.status != "running":
            return
        if self.rule == "forfeit":
            self.end_by(lambda episode: episode.forfeit(seat))
        elif all(other.left for other in self.chairs.values() if other.is_guest):
            self.end_by(lambda episode: episode.stop("silent"))
        else:
            self.go_on()

    def answer(self, seat: str, body: AnswerBody) -> Accepted:
        """Takes an answer of a seat; the same one again changes nothing and is told the same.

        Raises:
            Refusal: It does not count, or comes when the seat is not due.
        """
        chair = self.chairs[seat]
        for play in (chair.pending, chair.last):
            if play is not None and says_again(play, body):
                self.go_on()
                return accept(play)
        turn = self._find_due(chair, body.turn)
        try:
            answer = read_answer(turn, body, len(chair.answers))
        except UniverseError as error:
            self.fail(error)
            raise faulty() from error
        if answer.outcome != "ok":
            raise self._refuse(chair, answer)
        play = Play(turn=turn, action=answer.action, source=GUEST, answers=(*chair.answers, answer))
        accepted = accept(play)
        if any(self.chairs[other.seat].pending is None for other in self.turns if other.seat != seat):
            self.journal.keep_answer(self.table_id, answer)
        chair.answers.append(answer)
        chair.pending, chair.misses = play, 0
        self.change()
        self.go_on()
        self.check_sound()
        return accepted

    def play(self, body: PlayBody) -> None:
        """Plays every seat that must act, for who plays all of them; the same again changes nothing.

        Raises:
            Refusal: It is another turn, other seats act, or an action is not legal; nothing was played.
        """
        self.check_sound()
        spot = self.get_episode().spot
        if body.turn == spot.turn - 1 and body.actions == self.played:
            return
        if self.over or body.turn != spot.turn:
            raise stale(f"The table stands at turn {spot.turn}{', and has ended' if self.over else ''}.")
        due = [turn.seat for turn in self.turns]
        if set(body.actions) != set(due):
            raise Refusal(422, "bad_seat", f"Expected an action for {', '.join(due)}.")
        answers = [
            read_answer(turn, AnswerBody(turn=turn.number, action=body.actions[turn.seat]), 0) for turn in self.turns
        ]
        for turn, answer in zip(self.turns, answers, strict=True):
            pending = self.chairs[turn.seat].pending
            if answer.outcome != "ok":
                raise Refusal(422, "illegal", f"{turn.seat}: {answer.problem}")
            if pending is not None and pending.action != answer.action:
                raise stale(f"{turn.seat} has already answered in turn {body.turn}.")
        for turn, answer in zip(self.turns, answers, strict=True):
            chair = self.chairs[turn.seat]
            play = Play(turn=turn, action=answer.action, source=GUEST, answers=(answer,))
            chair.pending, chair.misses = chair.pending or play, 0
        self.go_on()
        self.check_sound()

    def end(self, body: EndBody) -> None:
        """Ends the table for who made it; the same again changes nothing.

        Raises:
            Refusal: It has ended otherwise, or the seat that is to forfeit is not one of theirs.
        """
        self.check_sound()
        if self.over:
            if {end.reason for end in self.outcome.values()} != {body.reason}:
                raise stale("The table has ended.")
            return
        if body.reason != "forfeit":
            reason = body.reason
            self.end_by(lambda episode: episode.stop(reason))
        else:
            chair = self.chairs.get(body.seat or "")
            if chair is None or chair.who != GUEST:
                raise Refusal(422, "bad_seat", "Only a seat of who made the table can forfeit so.")
            self.end_by(lambda episode: episode.forfeit(chair.seat))
        self.check_sound()

    def tick(self, now: float) -> None:
        """Looks after time: seats that let theirs pass, seats that nobody takes, and what could not be kept before."""
        if self.over or self.episode is None:
            return
        if self.status == "waiting":
            if now >= self.idle_at:
                self.end_by(lambda episode: episode.stop("silent"))
            return
        chairs = [self.chairs[turn.seat] for turn in self.turns]
        late = [chair for chair in chairs if chair.pending is None and now >= chair.deadline]
        for chair in late:
            chair.late = True
            chair.misses += 1
        guests = [chair for chair in self.chairs.values() if chair.is_guest]
        if late and guests and all(chair.gone for chair in guests):
            self.end_by(lambda episode: episode.stop("silent"))
        elif late or all(chair.pending is not None for chair in chairs):
            self.go_on()

    def _refuse(self, chair: Chair, answer: KeptAnswer) -> Refusal:
        """Keeps an answer that does not count and returns what to say to it; after the last one the rule decides."""
        self.journal.keep_answer(self.table_id, answer)
        chair.answers.append(answer)
        left = chair.attempts_left
        self.change()
        self.go_on()
        return Refusal(422, answer.outcome, answer.problem or "", attempts_left=left)

    def _find_due(self, chair: Chair, number: int) -> Turn:
        """Returns the turn that a seat must act in."""
        self.check_sound()
        if self.over:
            raise stale("The table has ended.")
        if self.status == "waiting":
            raise stale("The table waits until every seat is taken.")
        if chair.left:
            raise stale("The seat was given up.")
        turn = next((turn for turn in self.turns if turn.seat == chair.seat), None)
        if turn is None or turn.number != number or chair.pending is not None:
            raise stale(f"{chair.seat} does not act in turn {number}, or not any more.")
        return turn
