from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents_db.jobs import MOST_TRIES
from agents_db.records import EpisodeEnd
from agents_db.store import AgentsDB
from tests.agents_db.conftest import World


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    with AgentsDB.open(tmp_path / "store.db", clock=clock) as db:
        yield World(db)


def end(world: World, number: int = 0) -> EpisodeEnd:
    episode = world.start(number)
    memory = world.draft_memory(episode, seed=None)
    ended = replace(world.draft_end(episode, memory), embed_for=(world.ada.agent_id,))
    world.db.end_episode(ended)
    return ended


def claim(world: World, owner: str = "one", seconds: float = 10.0) -> list[int]:
    return [job.job_id for job in world.db.claim_jobs(world.ada.agent_id, owner=owner, lease_seconds=seconds)]


def test_an_episode_leaves_its_job_in_the_transaction_that_ends_it(world: World) -> None:
    ended = end(world)
    [job] = world.db.jobs(world.ada.agent_id)
    assert (job.kind, job.state, job.episode_id, job.n_tries) == ("embed", "waiting", ended.episode_id, 0)
    world.db.end_episode(ended)
    assert len(world.db.jobs()) == 1


def test_a_leased_job_is_nobody_elses_until_its_lease_runs_out(world: World, clock: Clock) -> None:
    end(world)
    first = claim(world)
    assert len(first) == 1
    clock.now = 9_999_999
    assert claim(world, "two") == []
    clock.now = 10_000_000
    assert claim(world, "two") == first
    [job] = world.db.jobs()
    assert (job.owner, job.n_tries) == ("two", 2)


def test_a_done_job_is_never_leased_again(world: World, clock: Clock) -> None:
    end(world)
    world.db.end_jobs(claim(world))
    clock.now = 10**12
    assert claim(world) == []
    assert world.db.jobs() == []
    [job] = world.db.jobs(is_open=False)
    assert (job.state, job.owner, job.error) == ("done", None, None)


def test_a_job_that_failed_is_tried_again_and_given_up_in_the_end(world: World) -> None:
    end(world)
    for _ in range(MOST_TRIES):
        world.db.end_jobs(claim(world), error="no weights")
    assert claim(world) == []
    [job] = world.db.jobs(is_open=False)
    assert (job.state, job.n_tries, job.error) == ("failed", MOST_TRIES, "no weights")


def test_a_job_that_kills_its_process_is_given_up_in_the_end(world: World, clock: Clock) -> None:
    end(world)
    for number in range(MOST_TRIES):
        clock.now = number * 10**9
        assert len(claim(world)) == 1
    clock.now = 10**12
    assert claim(world) == []
    assert world.db.jobs(is_open=False)[0].state == "failed"


def test_who_holds_the_agent_ends_the_leases_of_those_before(world: World) -> None:
    end(world)
    claim(world, "dead", 10**6)
    world.db.release_jobs(world.ada.agent_id)
    assert len(claim(world, "alive")) == 1


def test_jobs_come_oldest_first_and_only_so_many(world: World) -> None:
    for number in range(5):
        end(world, number)
    some = world.db.claim_jobs(world.ada.agent_id, owner="one", lease_seconds=1, limit=3)
    assert [job.job_id for job in some] == [1, 2, 3]


def test_a_deleted_agent_leaves_no_jobs(world: World) -> None:
    end(world)
    world.db.delete_agent("ada")
    assert world.db.jobs(is_open=False) == []
