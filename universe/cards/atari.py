"""What the cards of Atari games share."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from universe.card import Baseline, EnvCard, Kwarg, Skill

REQUIRES = "langgym[atari]"
NEEDS = ("multi_agent_ale_py", "ale_py")
"""Modules of the extra `atari`."""

SEATS = ("first_0", "second_0", "third_0", "fourth_0")

SCREEN = "Places are in pixels: x from the left edge (the screen is 160 wide), y from the top (210 high)."
"""How texts give places."""

ALL_STICKS = (
    *("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT"),
    *("UPFIRE", "RIGHTFIRE", "LEFTFIRE", "DOWNFIRE", "UPRIGHTFIRE", "UPLEFTFIRE", "DOWNRIGHTFIRE", "DOWNLEFTFIRE"),
)
"""Every action of the emulator by its own name."""

EIGHT_WAYS = ALL_STICKS[:1] + ALL_STICKS[2:10]
"""Standing still and the eight directions."""


def atari_card(
    *,
    env_id: str,
    title: str,
    summary: str,
    rules: str,
    reward: str,
    renderer: str,
    sticks: Sequence[str],
    frames: int,
    baseline: Mapping[str, Baseline],
    typical_turns: int,
    trains: tuple[Skill, ...],
    n_seats: int = 2,
    most_seats: int | None = None,
    max_turns: int = 300,
    horizon: str = "",
    start: int = 0,
    fire_frames: int | None = None,
    warm_up: int = 60,
    warm_sticks: bool = True,
    seeded: bool = True,
    in_turns: bool = False,
    controls: str | None = None,
    cartridge: str | None = None,
    variants: tuple[Kwarg, ...] = (),
    teams: Mapping[str, str] | None = None,
    wins: bool = True,
    plans: bool = True,
    timed: bool = True,
    text_version: int = 1,
    situation_version: int = 1,
) -> EnvCard:
    """Returns the card of an Atari game.

    Args:
        env_id: Its id.
        title: Its name.
        summary: One sentence.
        rules: What the cartridge does; how decisions become frames is added here.
        reward: What is paid.
        renderer: Its words.
        sticks: The emulator's actions on offer, by the emulator's names: those that differ in what they do.
        frames: For how many frames a decision holds its stick, unless the variant says otherwise.
        baseline: Random play by role.
        typical_turns: Decisions of a seat in an episode of random play (median).
        trains: What it trains.
        n_seats: Seats of the default variant.
        most_seats: Seats of the largest variant.
        max_turns: Decisions after which an episode ends as capped.
        horizon: When the game ends by itself, as a sentence.
        start: Frames before anybody has control.
        fire_frames: After how many frames of a decision the button is let go; `None` for never.
        warm_up: At most so many frames are played before the first decision, unless the variant says otherwise.
        warm_sticks: Whether sticks are moved at random in them.
        seeded: Whether the emulator's seed changes anything; the warm-up always differs by seed.
        in_turns: Whether one seat decides at a time.
        controls: What makes the controls, where sticks alone are not what is decided.
        cartridge: For games of one player, the cartridge's name.
        variants: Keywords of PettingZoo's constructor.
        teams: Team by role.
        wins: Whether the sign of the return says who has won.
        plans: Whether plans can be played.
        timed: Whether a decision takes `frames`; controls of a game's own may take as long as they need.
        text_version: Raised when a text changes.
        situation_version: Raised when situations or facts change.
    """
    fixed: dict[str, JsonValue] = {
        "game": cartridge or env_id.split("/")[1],
        "sticks": list(sticks),
        "start": start,
        "warm_sticks": warm_sticks,
        "fire_frames": fire_frames,
        "seeded": seeded,
    }
    fixed |= {"solo": True} if cartridge else {}
    fixed |= {"controls": controls} if controls else {}
    kwargs: list[Kwarg] = []
    if timed:
        how = "Frames for which a decision holds its stick."
        kwargs.append(Kwarg(name="frames", default=frames, meaning=how, minimum=1, maximum=60))
    else:
        fixed["frames"] = frames
    kwargs.append(
        Kwarg(
            name="warm_up",
            default=warm_up,
            meaning="At most so many frames, drawn from the seed, are played before the first decision.",
            minimum=0,
            maximum=600,
        )
    )
    if plans:
        kwargs.append(
            Kwarg(
                name="plans",
                default=False,
                meaning="Whether a decision is a plan: a stick, how often it is held, and a stick after it.",
            )
        )
    return EnvCard(
        env_id=env_id,
        title=title,
        summary=summary,
        rules=f"{rules} {_tell_frames(frames, in_turns=in_turns, held=controls is None)} {SCREEN}",
        seats=SEATS[:n_seats],
        min_seats=min(n_seats, most_seats or n_seats),
        max_seats=max(n_seats, most_seats or n_seats),
        simultaneous=not in_turns,
        horizon=f"{horizon} After {max_turns} decisions it ends in any case.".strip(),
        typical_turns=typical_turns,
        max_turns=max_turns,
        kwargs=(*kwargs, *variants),
        reward=reward,
        trains=trains,
        teams=teams or {},
        results="sign" if wins and n_seats > 1 else None,
        baseline=baseline,
        text_version=text_version,
        situation_version=situation_version,
        module="universe.atari.in_turns" if in_turns else "universe.atari.together",
        fixed=fixed,
        options={"frames": "given", "warm_up": "drawn"},
        needs=NEEDS,
        renderer=renderer,
        requires=REQUIRES,
    )


def _tell_frames(frames: int, *, in_turns: bool, held: bool) -> str:
    """Returns how decisions become frames of a sixtieth of a second."""
    if not held:
        return "The game waits for a decision; your hand is moved for you until it is carried out."
    alone = "A decision" if in_turns else "All decide at once; a decision"
    return (
        f"{alone} holds a stick for {frames} frames of 1/60 second (or what `frames` says), points made in them are "
        "added up, and it is cut short when somebody is out. Up to `warm_up` frames are played before the first "
        "decision; they pay nothing."
    )
