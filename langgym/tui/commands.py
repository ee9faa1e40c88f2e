"""The command palette: every screen, agent and setting by a few letters."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Provider
from textual.types import IgnoreReturnCallbackType

from langgym.tui.gym import Gym
from langgym.tui.keymap import KEYS
from langgym.tui.opening import MODES


class LangGymCommands(Provider):
    """What can be done from anywhere."""

    def _list(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        app, gym = self.app, cast(Gym, self.app)
        for mode in MODES:
            yield f"Open {KEYS[mode].words}", f"key {KEYS[mode].keys}", partial(gym.action_mode, mode)
        yield "Go to an episode, a memory, an agent", "key :", gym.action_goto
        yield "Help", "keys of what has the focus, and the same on the command line", gym.action_help
        yield "Jump to a part of the screen", "key ctrl+o", gym.action_jump
        for theme in sorted(app.available_themes):
            yield (
                f"Theme {theme}",
                "until the end; `tui.theme` in config.toml keeps it",
                partial(setattr, app, "theme", theme),
            )
        yield "Quit", "key q", partial(app.exit, None)

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """Yields everything, before anything is typed."""
        for name, words, run in self._list():
            yield DiscoveryHit(name, run, help=words)

    async def search(self, query: str) -> AsyncIterator[Hit]:
        """Yields what fits what is typed."""
        matcher = self.matcher(query)
        for name, words, run in self._list():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), run, help=words)
