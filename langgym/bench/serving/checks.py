"""What clients were told, compared with what is stored."""

from pathlib import Path

from agents_db.store import AgentsDB
from langgym.bench.serving.clients import Book
from langgym.home import store_path


def compare(home: Path, book: Book) -> list[str]:
    """Returns every move that was acknowledged and is not stored, stored and not acknowledged, or otherwise stored.

    All clients must have come to rest: each answer was sent until it was acknowledged.
    """
    problems: list[str] = []
    with AgentsDB.open_reader(store_path(home)) as db:
        episodes = db.served_episodes()
        for table in book.acknowledged.keys() - episodes.keys():
            problems.append(f"table {table} was made and is not stored")
        for table, episode_id in episodes.items():
            problems += _compare_table(db, episode_id, table, book)
        problems += [f"the store: {found.what}" for found in db.check() if found.severity == "problem"]
    return problems


def _compare_table(db: AgentsDB, episode_id: int, table: str, book: Book) -> list[str]:
    told = book.acknowledged.get(table, {})
    moves = db.moves(episode_id)
    stored = {(move.turn, move.seat): move.action for move in moves}
    n_turns = db.episode(episode_id).n_turns
    waiting = {place for place in told if place[0] >= n_turns}  # half of a simultaneous turn: kept as attempts
    answered = {(attempt.turn, attempt.seat) for attempt in db.attempts(episode_id=episode_id, turn=n_turns)}
    problems = [f"table {table} stores {len(moves)} moves for {len(stored)} places"] * (len(moves) != len(stored))
    for place, action in told.items():
        if place in waiting:
            if place not in answered:
                problems.append(f"table {table} lost the answer of {place[1]} in turn {place[0]}")
        elif stored.get(place) != action:
            problems.append(f"table {table} stores {stored.get(place)} and acknowledged {action} at {place}")
    for place in stored.keys() - told.keys():
        problems.append(f"table {table} stores a move at {place} that nobody was told of")
    if table in book.ended and db.episode(episode_id).status != "finished":
        problems.append(f"table {table} has ended for its client, and not in the store")
    return problems
