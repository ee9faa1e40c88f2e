"""A transcript: everything that a finished life must have in common with one that was never interrupted.

Ids that depend on which of several episodes began first are left out; those of memories are in, since memories are
committed in the order of episodes.
"""

from agents_db.records import AttemptRecord, EpisodeRecord, Json
from agents_db.store import AgentsDB


def read_transcript(db: AgentsDB) -> list[Json]:
    """Returns what was chosen, played, asked, recalled and remembered in a store, in an order of its own."""
    found: list[Json] = []
    for run_id in range(1, 1 + max((episode.run_id for episode in db.episodes(limit=1_000_000)), default=0)):
        number = 0
        while (episode := db.find_episode(run_id, number)) is not None:
            found += _read_episode(db, episode)
            number += 1
    for agent in db.agents():
        found.append([agent.name, agent.n_participations, agent.n_decisions, agent.n_fallbacks, agent.n_memories])
        found.extend(
            [memory.memory_id, memory.text, memory.clock, memory.seat, memory.outcome, memory.n_recalled]
            for memory in reversed(db.memories(agent.agent_id, limit=1_000_000))
        )
    return found


def _read_episode(db: AgentsDB, episode: EpisodeRecord) -> list[Json]:
    episode_id = episode.episode_id
    found: list[Json] = [["episode", episode.run_id, episode.number, episode.env_id, episode.seed]]
    found.append([episode.status, episode.reason, episode.n_turns, episode.drifted])
    choice = db.find_choice(episode.run_id, episode.number)
    if choice is not None:
        found.append([choice.env_id, choice.reason, choice.source])
        found += [_read_attempt(attempt) for attempt in db.attempts(choice_id=choice.choice_id)]
    for part in episode.participations:
        found.append([part.seat, part.player, part.total, part.result, part.reason, part.settings.get("clock")])
        found.append([part.n_decisions, part.n_fallbacks, part.n_first_try_legal])
    for place in db.positions(episode_id):
        found.append([place.turn, place.digest.hex(), dict(place.payments)])
    for step in db.steps(episode_id):
        found.append([step.turn, step.seat, step.action, step.name, step.source, step.text, step.situation])
        found.append([step.thought, step.n_attempts, step.first_try_legal])
    attempts = db.attempts(episode_id=episode_id)
    found += [_read_attempt(attempt) for attempt in sorted(attempts, key=_find_place)]
    for shown in db.recalls(episode_id):
        found.append([shown.turn, shown.seat, shown.rank, shown.memory_id, shown.score, dict(shown.parts)])
    return found


def _find_place(attempt: AttemptRecord) -> tuple[int, str, int]:
    return attempt.turn or 0, attempt.seat or "", attempt.ordinal


def _read_attempt(attempt: AttemptRecord) -> Json:
    prompt: list[Json] = [[message.role, message.section, message.text] for message in attempt.prompt]
    said: list[Json] = [attempt.outcome, attempt.reply, attempt.problem, attempt.tokens_in, attempt.tokens_out]
    return [attempt.turn, attempt.seat, attempt.ordinal, prompt, said]
