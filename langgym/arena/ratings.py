"""Strengths from games: Bradley-Terry with intervals that hold, beside OpenSkill's running estimate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POINTS = 400 / np.log(10)
"""Points of a unit of Bradley-Terry's logarithmic strength: 400 of them are odds of ten to one (Elo 1978)."""
PRIOR = 4.0
"""Standard deviation of strengths before any game; wide, so that it decides only what no game does."""
SMOOTHING = 1.0
"""Games added to each pair where its games are drawn anew: who won all of them need not always win."""
LEAST_SCALE = 0.5
"""Of the weights of a pair that has played too few bouts to say how much they vary."""
N_DRAWS = 1000
LEVEL = 0.95
REACH = 1.96
"""Standard errors to either side that an interval of `LEVEL` takes."""
_MOST_STEPS = 60
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Game:
    """A game between two players, as it counts."""

    env_id: str
    unit: int
    """Games of a unit share their seed with the seats swapped, so that they are drawn together."""
    first: str
    second: str
    score: float
    """Of the first: 1 for a win, 0.5 for a draw, 0 for a loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How strong a player is."""

    player: str
    n_games: int
    score: float
    """Points won, a draw being half of one."""
    points: float
    """Bradley-Terry's estimate; the mean over the players is 0, and 400 more are odds of ten to one."""
    low: float
    high: float
    """The bounds of its interval (95 %): the bootstrap's, or Bradley-Terry's own where that reaches further."""
    mu: float
    sigma: float
    """OpenSkill's estimate and its uncertainty (Plackett-Luce), games in the order in which they were played."""


def rate(games: Sequence[Game], *, seed: int = 0, n_draws: int = N_DRAWS) -> list[Strength]:
    """Returns the strength of everybody who has played, the strongest first.

    Args:
        games: In the order in which they were played; OpenSkill depends on it, the rest does not.
        seed: Of the draws of the bootstrap.
        n_draws: How many there are.
    """
    players = sorted({player for game in games for player in (game.first, game.second)})
    if not players:
        return []
    wins = _count_wins(games, players)
    strengths = fit_strengths(wins[None])[0]
    points, reach = POINTS * strengths, POINTS * REACH * find_errors(wins, strengths)
    drawn = POINTS * fit_strengths(_draw_wins(games, players, strengths, seed=seed, n_draws=n_draws))
    low, high = np.quantile(drawn, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=0)
    skills = rate_openskill(games)
    found = [
        Strength(
            player=player,
            n_games=round(wins[at].sum() + wins[:, at].sum()),
            score=float(wins[at].sum()),
            points=float(points[at]),
            low=float(min(low[at], points[at] - reach[at])),
            high=float(max(high[at], points[at] + reach[at])),
            mu=skills[player][0],
            sigma=skills[player][1],
        )
        for at, player in enumerate(players)
    ]
    return sorted(found, key=lambda each: (-each.points, each.player))


def fit_strengths(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns Bradley-Terry's strengths (logarithmic, mean 0) that are likeliest, given a normal prior.

    Bradley and Terry 1952; draws count as half a win for both. By Newton's method, all fits at once.

    Args:
        wins: fits x players x players: points that the row won from the column.
    """
    n_players = wins.shape[1]
    games = wins + wins.transpose(0, 2, 1)
    strengths: NDArray[np.float64] = np.zeros(wins.shape[:2])
    for _ in range(_MOST_STEPS):
        chance = 1 / (1 + np.exp(strengths[:, None, :] - strengths[:, :, None]))
        slope: NDArray[np.float64] = (wins - games * chance).sum(axis=2) - strengths / PRIOR**2
        bend: NDArray[np.float64] = -games * chance * (1 - chance)
        bend -= np.eye(n_players) * (bend.sum(axis=2) - 1 / PRIOR**2)[:, :, None]
        step = np.linalg.solve(bend, slope[:, :, None])[:, :, 0].astype(np.float64)
        size = float(np.abs(step).max())
        strengths = strengths + step / max(1.0, size)
        if size < _CLOSE:
            break
    centred: NDArray[np.float64] = strengths - strengths.mean(axis=1, keepdims=True)
    return centred


def find_errors(wins: NDArray[np.float64], strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the standard errors of Bradley-Terry's strengths, from the curvature of their likelihood.

    They take games for independent, which the bootstrap does not; where one player has won everything the bootstrap
    knows nothing of how much stronger it may be, and these do.

    Args:
        wins: players x players: points that the row won from the column.
        strengths: Of the players.
    """
    games = wins + wins.T
    chance = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    bend = -games * chance * (1 - chance)
    bend -= np.diag(bend.sum(axis=1))
    centre = np.eye(len(wins)) - 1 / len(wins)
    spread = centre @ np.linalg.inv(bend + np.eye(len(wins)) / PRIOR**2) @ centre
    return np.sqrt(np.diag(spread))


def rate_openskill(games: Sequence[Game]) -> Mapping[str, tuple[float, float]]:
    """Returns OpenSkill's mean and uncertainty of each player after all games, in their order."""
    from openskill.models import PlackettLuce

    model = PlackettLuce()
    skills = {player: model.rating() for game in games for player in (game.first, game.second)}
    for game in games:
        ranks = [1 - game.score, game.score]
        [[first], [second]] = model.rate([[skills[game.first]], [skills[game.second]]], ranks=ranks)
        skills[game.first], skills[game.second] = first, second
    return {player: (float(skill.mu), float(skill.sigma)) for player, skill in skills.items()}


def _count_wins(games: Sequence[Game], players: Sequence[str]) -> NDArray[np.float64]:
    place = {player: at for at, player in enumerate(players)}
    wins = np.zeros((len(players), len(players)))
    for game in games:
        one, other = place[game.first], place[game.second]
        wins[one, other] += game.score
        wins[other, one] += 1 - game.score
    return wins


def _draw_wins(
    games: Sequence[Game], players: Sequence[str], strengths: NDArray[np.float64], *, seed: int, n_draws: int
) -> NDArray[np.float64]:
    """Returns points as they might have been: the units of each pair in each environment, weighted anew.

    Weights are those of the Bayesian bootstrap (Rubin 1981). Beside the units stands one game that came out as the
    strengths say, so that a pair of which one has won every game is not taken for certain.
    """
    random = np.random.default_rng(seed)
    place = {player: at for at, player in enumerate(players)}
    wins = np.zeros((n_draws, len(players), len(players)))
    for (_, one, other), units in _group_units(games).items():
        n_games = sum(n for _, n in units)
        size = n_games / len(units)
        chance = 1 / (1 + np.exp(strengths[place[other]] - strengths[place[one]]))
        shares = np.array([1.0, 0.0, *(points / n for points, n in units)])
        sizes = np.array([chance * SMOOTHING / size, (1 - chance) * SMOOTHING / size, *(n / size for _, n in units)])
        sizes *= max(LEAST_SCALE, (len(units) - 2) / sizes.sum())
        weights = random.gamma(sizes, size=(n_draws, len(sizes)))
        share = (weights @ shares) / weights.sum(axis=1)
        wins[:, place[one], place[other]] += n_games * share
        wins[:, place[other], place[one]] += n_games * (1 - share)
    return wins


def _group_units(games: Sequence[Game]) -> dict[tuple[str, str, str], list[tuple[float, int]]]:
    """Returns what the first by name won in each unit of a pair in an environment, and of how many games."""
    units: dict[tuple[str, str, str], dict[int, tuple[float, int]]] = {}
    for game in games:
        one, other = sorted((game.first, game.second))
        score = game.score if game.first == one else 1 - game.score
        points, n = units.setdefault((game.env_id, one, other), {}).get(game.unit, (0.0, 0))
        units[game.env_id, one, other][game.unit] = (points + score, n + 1)
    return {pair: list(each.values()) for pair, each in units.items()}
