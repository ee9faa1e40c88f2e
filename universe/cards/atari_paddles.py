"""Cards of the Atari games: paddles and balls."""

from universe.card import Baseline, EnvCard
from universe.cards.atari import atari_card

_KNOB = ("NOOP", "FIRE", "RIGHT", "LEFT")
_KNOB_AND_BUTTON = (*_KNOB, "RIGHTFIRE", "LEFTFIRE")

PONG = atari_card(
    env_id="atari/pong_v3",
    title="Pong",
    summary="Two paddles knock a ball to and fro; who misses it gives the other a point.",
    rules="",
    reward="",
    renderer="universe.renderers.atari.pong:PongRenderer",
    sticks=_KNOB_AND_BUTTON,
    frames=4,
    max_turns=500,
    baseline={"first": Baseline(mean=0, sd=1, episodes=1), "second": Baseline(mean=0, sd=1, episodes=1)},
    typical_turns=500,
    trains=("prediction", "tactics"),
)


def _t(name, cls, frames, n, sticks=_KNOB_AND_BUTTON, mod=None, **kw):
    return atari_card(env_id=f"atari/{name}", title=name, summary="x", rules="", reward="", renderer=f"universe.renderers.atari.{mod}:{cls}", sticks=sticks, frames=frames, max_turns=500, baseline={r: Baseline(mean=0, sd=1, episodes=1) for r in ("first","second","third","fourth")[:n]}, typical_turns=500, trains=("prediction","tactics"), n_seats=n, **kw)
ATARI_PADDLES: tuple[EnvCard, ...] = (PONG, _t("basketball_pong_v3","BasketballPongRenderer",6,2,mod="court_pong"),_t("volleyball_pong_v3","VolleyballPongRenderer",6,4,mod="court_pong"),_t("foozpong_v3","FoozpongRenderer",6,4,_KNOB,mod="foozpong"),_t("quadrapong_v4","QuadrapongRenderer",4,4,_KNOB,mod="pong"))
