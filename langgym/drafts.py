"""What is stored of an episode, made from what is played."""

from collections.abc import Mapping, Sequence

from agents_db.knowledge import RecallDraft
from agents_db.records import EpisodeDraft, EpisodeEnd, JsonObject, PlayerDraft, PositionDraft, SeatOutcome, StepDraft
from langgym import __version__
from langgym.memory.life import pack_facts
from langgym.prompts import templates_hash
from langgym.provenance import find_commit, find_packages
from langgym.replay import Position
from langgym.runner import Act
from universe.text_env import SeatEnd
from universe.universe import Env


def draft_episode(
    env: Env,
    *,
    seed: int,
    options: JsonObject,
    run_id: int,
    number: int,
    players: Sequence[PlayerDraft],
    choice_id: int | None = None,
    packages: Mapping[str, str] | None = None,
) -> EpisodeDraft:
    """Returns an episode that begins, with everything that decides how it goes.

    Args:
        env: Its environment.
        seed: Of the environment.
        options: What its reset is given.
        run_id: Of the run.
        number: Of the episode in the run.
        players: Who sits where.
        choice_id: By which the environment was chosen.
        packages: Versions where its engine runs; `None` for those that are installed here.
    """
    return EpisodeDraft(
        run_id=run_id,
        number=number,
        choice_id=choice_id,
        env_id=env.card.env_id,
        kwargs=dict(env.variant),
        text_version=env.card.text_version,
        situation_version=env.card.situation_version,
        seed=seed,
        options=options,
        max_turns=env.max_turns,
        templates=templates_hash(),
        packages=dict(packages or find_packages()),
        langgym_version=__version__,
        commit=find_commit(),
        players=tuple(players),
    )


def draft_position(position: Position) -> PositionDraft:
    """Returns a position as it is stored; seats that earned nothing are left out."""
    paid = {seat: amount for seat, amount in position.payments.items() if amount}
    return PositionDraft(turn=position.turn, digest=position.digest, payments=paid)


def draft_step(position: Position, act: Act, *, texts: bool, situation: bool, facts: bool) -> StepDraft | None:
    """Returns a decision as it is stored; `None` where the seat forfeits.

    Args:
        position: Before the turn.
        act: What the seat did.
        texts: Whether what it saw is kept.
        situation: Whether its situation is.
        facts: Whether the facts of it are.
    """
    if act.action is None:
        return None
    turn, decision = act.turn, act.decision
    return StepDraft(
        turn=position.turn,
        seat=turn.seat,
        action=act.action,
        name=turn.menu.name(act.action),
        source=decision.source,
        text=turn.text if texts else None,
        situation=turn.situation if situation else None,
        thought=decision.thought,
        n_attempts=len(decision.attempts),
        first_try_legal=decision.first_try_legal,
        recalled=tuple(
            RecallDraft(memory_id=memory.memory_id, rank=memory.rank, score=memory.score, parts=memory.parts)
            for memory in act.recalled
        ),
        facts=pack_facts(turn.facts) if facts else None,
        advice=decision.advice.pack(turn.menu.name) if decision.advice is not None else None,
    )


def draft_end(episode_id: int, position: Position, outcome: Mapping[str, SeatEnd]) -> EpisodeEnd:
    """Returns the end of an episode of which nobody remembers anything."""
    reason = next(iter(outcome.values())).reason
    return EpisodeEnd(
        episode_id=episode_id,
        status="finished",
        reason=reason,
        fault=None,
        position=draft_position(position) if reason != "forfeit" else None,
        outcomes=tuple(
            SeatOutcome(seat=seat, total=end.total, result=end.result, reason=end.reason)
            for seat, end in outcome.items()
        ),
        memories=(),
    )


def draft_fault(episode_id: int, fault: str) -> EpisodeEnd:
    """Returns the end of an episode whose environment, or a program that plays in it, failed: nothing is remembered."""
    return EpisodeEnd(
        episode_id=episode_id,
        status="failed",
        reason="fault",
        fault=fault,
        position=None,
        outcomes=(),
        memories=(),
    )
