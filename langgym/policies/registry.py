"""Policies by name: the built-in ones, and those that other packages add by entry points."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Literal

from langgym.asking import AskSettings
from langgym.errors import UsageError
from langgym.memory.advisor import Advisor, find_blank
from langgym.models.chat import ChatModel
from langgym.policies.policy import Policy
from langgym.rivals.programs import PROTOCOLS, read_program
from universe.card import EnvCard
from universe.streams import Stream

if TYPE_CHECKING:
    from langgym.policies.advised import AdvisedPolicy
    from langgym.policies.model import ModelPolicy

HEURISTIC = "heuristic"
LEARNERS = ("experience",)
"""Policies that are of use only to an agent: without its memory they play at random."""
ENTRY_POINTS = "langgym.policies"
"""The group of entry points through which other packages add policies: `name = module:function`.

The function takes a `PolicyPlace` and returns a `Policy`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPlace:
    """Where a policy is to decide: one seat of one episode."""

    agent: str
    """The name of the player."""
    seat: str
    card: EnvCard
    stream: Stream
    asking: AskSettings
    model: ChatModel | None
    """The language model, where the player's name for its policy is a model's."""
    decide: Literal["model", "advised"] = "model"
    """Whether the model decides, or its likelihoods and experience together."""
    advisor: Advisor | None = None
    """What the agent's experience says; `None` where it has no memory."""


MakePolicy = Callable[[PolicyPlace], Policy]


def find_policy(name: str) -> MakePolicy | None:
    """Returns the maker of a policy that is not a language model, or `None`.

    Raises:
        UsageError: The name is a program's, with options that there are not.
    """
    if name == "random":
        from langgym.policies.random import RandomPolicy

        return lambda place: RandomPolicy(place.stream)
    if name == "experience":
        from langgym.policies.experience import ExperiencePolicy

        return lambda place: ExperiencePolicy(place.stream, place.advisor)
    if name == "human":
        from langgym.policies.human import HumanPolicy

        return lambda place: HumanPolicy.at_terminal(place.card.rules)
    if name == HEURISTIC:
        from langgym.policies.heuristic import HeuristicPolicy

        return lambda place: HeuristicPolicy(place.card, place.stream)
    program = read_program(name)
    if program is not None:
        from langgym.policies.engine import ProgramPolicy

        return lambda place: ProgramPolicy(program, place.card, place.stream)
    point = _find_points(tuple(sys.path)).get(name)
    return None if point is None else point.load()


def check_fit(name: str, card: EnvCard | None, *, remote: bool = False) -> None:
    """Raises `UsageError` where a player's name is that of a policy that cannot play a card.

    Args:
        name: As `--rival`, `--mate` and `--model` take it; a name that is no policy's is not looked at.
        card: What is to be played; `None` where the agent chooses.
        remote: Whether the engine runs elsewhere, so that nobody here can look into it.
    """
    program = read_program(name)
    if name != HEURISTIC and program is None:
        return
    if card is None:
        raise UsageError(f"{name!r} does not play everything: say with --env what is played.")
    if program is not None:
        from langgym.policies.engine import check_program

        check_program(program, card)
        inside = PROTOCOLS[program.protocol].looks_inside
    else:
        from langgym.policies.heuristic import check_chooser, looks_inside

        check_chooser(card)
        inside = looks_inside(card)
    if remote and inside:
        raise UsageError(
            f"{name!r} reads the position of {card.env_id} from the engine, which runs elsewhere with --universe: "
            "let another sit down."
        )


def is_fixed(name: str) -> bool:
    """Returns whether a policy decides the same whatever it has lived through, so that it need remember nothing."""
    return name in ("random", HEURISTIC) or read_program(name) is not None


@cache
def _find_points(path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Returns the policies of other packages by name; looked for once on a path, since it reads every package there."""
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def make_policy(name: str, place: PolicyPlace) -> Policy:
    """Returns the policy of a player: by its name, else the one that asks the place's model.

    Raises:
        UsageError: The name is no policy's, and the place has no model.
    """
    maker = find_policy(name)
    if maker is not None:
        return maker(place)
    if place.model is None:
        raise UsageError(f"{name!r} cannot sit down at {place.seat!r}: use random, heuristic, self or agent:NAME.")
    if place.decide == "advised":
        return _make_advised(place, place.model)
    return _make_teller(place, place.model)


def _make_teller(place: PolicyPlace, model: ChatModel) -> "ModelPolicy":
    from langgym.policies.model import ModelPolicy

    settings, advisor = place.asking, place.advisor
    return ModelPolicy(model, place.card, agent=place.agent, stream=place.stream, settings=settings, advisor=advisor)


def _make_advised(place: PolicyPlace, model: ChatModel) -> "AdvisedPolicy":
    """Returns the policy that joins likelihoods with experience; without memory it goes by likelihoods alone."""
    from langgym.models.chat import can_rate
    from langgym.policies.advised import AdvisedPolicy

    if not can_rate(model):
        raise UsageError(
            f"--decide advised needs a model that tells likelihoods, such as local:smollm2; {place.agent!r} asks "
            f"{model.name!r}: use --decide model."
        )
    advisor = place.advisor or find_blank(place.card, place.card.role(place.seat))
    return AdvisedPolicy(model, _make_teller(place, model), advisor, stream=place.stream)
