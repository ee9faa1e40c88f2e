"""How good is an agent at everything? One number over all cards: 0 is random play, 1 the reference.

It plays in a home of its own, with a copy of the agent: nothing that is measured is changed by it.
"""

import argparse
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from agents_db.records import EpisodeRecord, Json, RunRecord
from agents_db.store import AgentsDB
from langgym.agent import is_embedded
from langgym.arena.entrants import Entrant, Entry
from langgym.arena.scores import Place, Returns, Scale, Score, Scores, score_difference, score_returns
from langgym.arena.table import Table
from langgym.bench.learning.playing import find_seats, find_sides
from langgym.bench.report import make_table, write_report
from langgym.config import CONFIG_FILE, Settings
from langgym.errors import UsageError
from langgym.home import find_home, store_path
from langgym.hosting import Host, find_or_create, stored_settings
from langgym.plan import Plan
from langgym.play import start_run
from langgym.prices import PRICES_FILE, find_endpoint, load_prices
from langgym.prompts import templates_hash
from langgym.references import reference
from langgym.seating import EMBEDDED_TURNS
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.streams import Stream

MEMORY, NONE = "memory", "none"
"""The arms: the agent as it is, and the same one without any memory."""
RIVAL = "random"
EPISODES = 12
SHARED = ("models", CONFIG_FILE, PRICES_FILE)
"""What the home of a measurement has of the agent's own."""
DESCRIPTION = "Plays every installed card and prints one number: 0 is random play, 1 the reference."


@dataclass(slots=True)
class CardResult:
    """What came of the episodes of a card."""

    returns: dict[str, dict[int, float]] = field(default_factory=dict[str, dict[int, float]])
    """By role and number of the episode: the mean over the agent's seats of that role."""
    n_episodes: int = 0
    n_failed: int = 0
    n_decisions: int = 0
    n_fallbacks: int = 0
    n_first_try_legal: int = 0
    n_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Arm:
    """What came of an arm."""

    settings: Mapping[str, Json]
    """Everything that decided its play."""
    cards: Mapping[str, CardResult]

    @property
    def returns(self) -> Returns:
        """Its returns by environment and role."""
        return {(env_id, role): each for env_id, card in self.cards.items() for role, each in card.returns.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What came of a measurement."""

    arms: Mapping[str, Arm]
    cost: Mapping[str, float | None]
    """In US dollars; `None` where no price is known."""
    scores: Mapping[str, Scores]
    gain: Scores
    """What memory adds."""


def main(arguments: list[str]) -> int:
    """Prints the universe score of an agent beside that of the same agent without memory."""
    options = _read_options(arguments)
    warnings.simplefilter("ignore")
    cards = _find_cards(options)
    scales, left_out = find_scales(cards)
    if not scales:
        raise UsageError("None of these environments has a reference, so there is no scale to score by.")
    cards = [card for card in cards if any(env_id == card.env_id for env_id, _ in scales)]
    with ExitStack() as stack:
        home = Path(options.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="langgym-universe-")))
        source = find_home(options.home)
        _furnish(home, source, options.agent)
        arms = {name: _play_arm(home, options, cards, name) for name in (NONE, MEMORY)}
        cost = {name: _find_cost(home, arm) for name, arm in arms.items()}
    found = Findings(
        arms=arms,
        cost=cost,
        scores={name: score_returns(arm.returns, scales) for name, arm in arms.items()},
        gain=score_difference(arms[MEMORY].returns, arms[NONE].returns, scales, paired=True),
    )
    sys.stdout.write(_tell(found, learn=options.learn) + "\n")
    for place, why in left_out.items():
        sys.stdout.write(f"left out: {place}: {why}\n")
    if options.json:
        write_report(options.json, "universe", _describe(options, cards, scales, left_out, found))
    return int(any(card.n_failed for arm in arms.values() for card in arm.cards.values()))


def find_scales(cards: Sequence[EnvCard]) -> tuple[dict[Place, Scale], dict[str, str]]:
    """Returns the scale of each role of some cards, and why roles that have none are left out."""
    scales: dict[Place, Scale] = {}
    left_out: dict[str, str] = {}
    for card in cards:
        for role in dict.fromkeys(card.role(seat) for seat in card.seats):
            found, floor = reference(card, role), card.baseline.get(role)
            if found is None or floor is None or found.mean <= floor.mean:
                left_out[f"{card.env_id} {role}"] = "no reference that is better than random play"
            else:
                scales[card.env_id, role] = Scale(floor=floor.mean, reference=found.mean)
    return scales, left_out


def _find_cards(options: argparse.Namespace) -> list[EnvCard]:
    catalog = default_catalog()
    if options.envs:
        return list({card.env_id: card for name in options.envs.split(",") if (card := catalog.find(name))}.values())
    return [card for card in catalog if card.playable and (options.all or card.suite in ("classic", "mpe"))]


def _furnish(home: Path, source: Path, agent: str) -> None:
    """Makes a home with the weights and settings of another one, and a copy of its agent where it has it."""
    home.mkdir(parents=True, exist_ok=True)
    if store_path(home).exists():
        raise UsageError(f"{str(home)!r} holds a store already; name a new folder for --keep.")
    for name in SHARED:
        if (source / name).exists() and not (home / name).exists():
            (home / name).symlink_to((source / name).absolute())
    if not store_path(source).exists():
        return
    with AgentsDB.open_reader(store_path(source)) as theirs:
        if theirs.find_agent(agent) is None:
            return
        theirs.export_agent(agent, home / "agent.tar")
    with AgentsDB.open(store_path(home)) as ours:
        ours.import_agent(home / "agent.tar")
    (home / "agent.tar").unlink()


def _play_arm(home: Path, options: argparse.Namespace, cards: Sequence[EnvCard], name: str) -> Arm:
    flags: dict[str, Json] = {"model": options.model, "base_url": options.base_url, "max_turns": options.max_turns}
    without = {"memories": 0, "reflector": "none"} if name == NONE else {}
    with AgentsDB.open(store_path(home)) as db:
        record, _ = find_or_create(db, options.agent, home=home, flags=flags)
        settings = stored_settings(home, record, {**flags, **without})
        host = Host(db, home, note=_note, parallel=options.parallel)
        try:
            agent = host.open_agent(record.name, settings)
            clock, event = record.n_participations, db.last_event(record.agent_id)
            learns = options.learn and name == MEMORY
            moment = None if learns else {"clock": clock, "event": event}
            table = Table(
                host,
                {
                    record.name: Entry(entrant=Entrant(record.name, record.name), agent=agent, moment=moment),
                    RIVAL: Entry(entrant=Entrant(RIVAL, None)),
                },
                settings=settings,
                cap=settings.max_turns or (EMBEDDED_TURNS if is_embedded(settings.model) else None),
                learn=learns,
            )
            _note(f"{name}: {len(cards)} environments, {options.episodes} episodes of each")
            played = [_play_card(db, table, options, card, record.name, settings) for card in cards]
            described = {**agent.describe(clock=clock), "agent": record.name, "learn": learns}
        finally:
            host.close()
        results = {card.env_id: _sum_up(db, run, record.name) for card, run in zip(cards, played, strict=True)}
    return Arm(described, results)


def _play_card(
    db: AgentsDB, table: Table, options: argparse.Namespace, card: EnvCard, agent: str, settings: Settings
) -> RunRecord:
    seed = Stream.of(options.seed, "universe", card.env_id).integer()
    plan = Plan(agent=agent, episodes=options.episodes, env_id=card.env_id, settings=settings)
    run = start_run(db, plan, seed=seed)
    play: list[Callable[[], EpisodeRecord]] = [
        partial(table.play, run, number, card, _fill_seats(card, agent, number)) for number in range(options.episodes)
    ]
    if options.parallel == 1:
        for one in play:
            one()
    else:
        with ThreadPoolExecutor(options.parallel) as pool:
            for done in [pool.submit(one) for one in play]:
                done.result()
    db.end_run(run.run_id, "finished")
    return run


def _fill_seats(card: EnvCard, agent: str, number: int) -> dict[str, str]:
    """Returns who sits where: the agent on one side after the other, with the seats of its team; all others random."""
    sides = find_sides(card)
    mine = find_seats(card, sides[number % len(sides)], number // len(sides))
    return {seat: agent if seat in mine else RIVAL for seat in card.seats}


def _sum_up(db: AgentsDB, run: RunRecord, agent: str) -> CardResult:
    result = CardResult()
    for number in db.numbers(run.run_id):
        episode = db.find_episode(run.run_id, number)
        assert episode is not None
        _add_episode(result, episode, agent)
        for attempt in db.attempts(episode_id=episode.episode_id):
            result.n_calls += 1
            result.tokens_in += attempt.tokens_in or attempt.est_in
            result.tokens_out += attempt.tokens_out or 0
            result.cached_tokens += attempt.cached_tokens or 0
    return result


def _add_episode(result: CardResult, episode: EpisodeRecord, agent: str) -> None:
    result.n_episodes += 1
    result.n_failed += episode.status != "finished"
    totals: dict[str, list[float]] = {}
    for part in episode.participations:
        if part.player != agent:
            continue
        result.n_decisions += part.n_decisions
        result.n_fallbacks += part.n_fallbacks
        result.n_first_try_legal += part.n_first_try_legal
        if part.total is not None and episode.status == "finished":
            offended = part.reason == "forfeit" and part.result == "loss"
            totals.setdefault(part.role, []).append(part.total - offended)
    for role, some in totals.items():
        result.returns.setdefault(role, {})[episode.number] = sum(some) / len(some)


def _find_cost(home: Path, arm: Arm) -> float | None:
    """Returns what an arm's calls cost in US dollars; 0 where none was made, `None` where their price is not known."""
    cards = arm.cards.values()
    if not any(card.n_calls for card in cards):
        return 0.0
    settings = Settings.model_validate(arm.settings["settings"])
    price = load_prices(home).find(settings.model, find_endpoint(settings.base_url))
    if price is None:
        return None
    sums = [sum(getattr(card, name) for card in cards) for name in ("tokens_in", "tokens_out", "cached_tokens")]
    return float(price.find_cost(sums[0], sums[1], cached=sums[2]))


def _tell(found: Findings, *, learn: bool) -> str:
    memory, none, gain = found.scores[MEMORY], found.scores[NONE], found.gain
    rows = [["universe", *map(show_score, (memory.universe, none.universe, gain.universe)), ""]]
    for suite in memory.suites:
        rows.append([suite, *(show_score(each.suites[suite]) for each in (memory, none, gain)), ""])
    for env_id in memory.cards:
        card = found.arms[MEMORY].cards[env_id]
        missed = f"{card.n_fallbacks / card.n_decisions:.0%}" if card.n_decisions else "-"
        rows.append([f"  {env_id}", *(show_score(each.cards[env_id]) for each in (memory, none, gain)), missed])
    head = ["", "learning" if learn else "frozen", "no memory", "difference", "fallbacks"]
    spent = [_tell_spent(name, found.arms[name], found.cost[name]) for name in (MEMORY, NONE)]
    return "\n".join([make_table(head, rows), *spent])


def _tell_spent(name: str, arm: Arm, cost: float | None) -> str:
    cards = arm.cards.values()
    tokens_in, tokens_out = sum(card.tokens_in for card in cards), sum(card.tokens_out for card in cards)
    told = "unpriced" if cost is None else f"${cost:.4f}"
    n_failed = sum(card.n_failed for card in cards)
    failed = f", {n_failed} episodes failed" if n_failed else ""
    return (
        f"{name}: {sum(card.n_episodes for card in cards)} episodes{failed}, "
        f"{sum(card.n_calls for card in cards):,} calls, {tokens_in:,} tokens read, {tokens_out:,} written, {told}"
    )


def show_score(score: Score) -> str:
    """Returns a score with its interval."""
    return f"{score.value:+.2f} [{score.low:+.2f}, {score.high:+.2f}]"


def _describe(
    options: argparse.Namespace,
    cards: Sequence[EnvCard],
    scales: Mapping[Place, Scale],
    left_out: Mapping[str, str],
    found: "Findings",
) -> dict[str, object]:
    """Returns the result as it is written; `setting` is what results that are compared must have in common."""
    versions = {card.env_id: [card.text_version, card.situation_version] for card in cards}
    kept: dict[str, dict[str, list[float]]] = {}
    for (env_id, role), scale in scales.items():
        kept.setdefault(env_id, {})[role] = [scale.floor, scale.reference]
    return {
        "setting": {
            "seed": options.seed,
            "episodes": options.episodes,
            "rival": RIVAL,
            "max_turns": options.max_turns,
            "templates": templates_hash(),
            "texts": versions,
            "scales": kept,
        },
        "left_out": dict(left_out),
        "arms": {
            name: {
                "settings": dict(arm.settings),
                "cost": found.cost[name],
                "scores": asdict(found.scores[name]),
                "cards": {env_id: asdict(card) for env_id, card in arm.cards.items()},
            }
            for name, arm in found.arms.items()
        },
        "difference": asdict(found.gain),
    }


def _note(text: str) -> None:
    sys.stderr.write(text + "\n")


def _read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="langgym bench universe", description=DESCRIPTION)
    parser.add_argument("--agent", required=True, help="whose score; one that the home does not have is new")
    parser.add_argument("--model", help="plays with this model instead of its own")
    parser.add_argument("--base-url", help="of an OpenAI-compatible server")
    parser.add_argument("--home", type=Path, help="where the agent lives; it is not changed")
    parser.add_argument("--episodes", type=int, default=EPISODES, help=f"of each card and arm ({EPISODES})")
    parser.add_argument("--envs", help="only these environments, with commas between")
    parser.add_argument("--all", action="store_true", help="Atari too, where it is installed")
    parser.add_argument("--learn", action="store_true", help="the copy of the agent learns from episode to episode")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parallel", type=int, default=1, help="episodes under way at once")
    parser.add_argument("--max-turns", type=int, help="turns after which an episode is capped")
    parser.add_argument("--keep", type=Path, help="keep the home in which it was played in this new folder")
    parser.add_argument("--json", type=Path, help="write the result to this file")
    options = parser.parse_args(arguments)
    if options.episodes < 2 or options.parallel < 1:
        parser.error("--episodes must be 2 or more, and --parallel 1 or more")
    if options.learn and options.parallel > 1:
        parser.error("--learn plays one episode after the other: leave --parallel out")
    return options
