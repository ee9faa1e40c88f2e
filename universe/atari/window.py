"""What both kinds of PettingZoo environment are to whom looks at an Atari game."""

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from universe.atari.remote import AnySession
from universe.atari.shot import Shot

RAM = spaces.Box(low=0, high=255, dtype=np.uint8, shape=(128,))
"""The bounds of the console's memory, which is what is observed."""


class Window:
    """A session with its spaces and what there is to see of it."""

    session: AnySession
    render_mode: str | None
    action_spaces: dict[str, spaces.Space[Any]]
    observation_spaces: dict[str, spaces.Space[Any]]
    _shot: Shot | None = None

    @property
    def shot(self) -> Shot:
        """What there is to see; fetched when it is first asked for."""
        if self._shot is None:
            self._shot = self.session.shoot()
        return self._shot

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Returns the bounds of what a seat observes."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """Returns every action that may ever be legal."""
        return self.action_spaces[agent]

    def render(self) -> NDArray[np.uint8] | None:
        """Returns the last frame in red, green and blue."""
        return self.session.picture() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Gives the emulator back."""
        self.session.close()


def draw_seed() -> int:
    """Returns a seed by chance."""
    return int(np.random.default_rng().integers(2**31))
