"""Fetching: how a part of the interface reads the store without ever waiting for it."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from textual.message_pump import MessagePump

from langgym.tui.gym import Gym
from langgym.tui.messages import Arrived
from langgym.tui.trouble import Trouble, explain

if TYPE_CHECKING:
    from agents_db.store import AgentsDB

T = TypeVar("T")


class Fetching(MessagePump):
    """A screen or a part of one that reads in worker threads; of each group only the last answer is shown."""

    def __init__(self, *arguments: object, **keywords: object) -> None:
        super().__init__(*arguments, **keywords)  # pyright: ignore[reportArgumentType]
        self._generations: Counter[str] = Counter()

    @property
    def gym(self) -> Gym:
        """The app."""
        return cast(Gym, self.app)

    def fetch(
        self,
        group: str,
        query: "Callable[[AgentsDB], T]",
        show: Callable[[T], None],
        *,
        failed: Callable[[Trouble], None] | None = None,
    ) -> None:
        """Reads in a worker; calls `show` with the answer, in the thread of the interface.

        Args:
            group: what is asked for: a later question of the same group overtakes an earlier one.
            query: gets the store.
            show: gets the answer.
            failed: gets what went wrong; without it a line says so.
        """
        self.work(group, partial(self.gym.source.read, query), show, failed=failed)

    def change(self, change: "Callable[[AgentsDB], T]", show: Callable[[T], None], *, group: str = "change") -> None:
        """Changes the store in a worker, through its own API."""
        self.work(group, partial(self.gym.source.write, change), show)

    def work(
        self,
        group: str,
        task: Callable[[], T],
        show: Callable[[T], None],
        *,
        failed: Callable[[Trouble], None] | None = None,
    ) -> None:
        """Does a task in a worker, as `fetch` does."""
        self._generations[group] += 1
        generation = self._generations[group]

        def run() -> None:
            try:
                done = partial(show, task())
            except Exception as error:
                done = partial(failed or self.report, explain(error))
            self.post_message(Arrived(group, generation, done))

        self.gym.run_worker(run, thread=True, group=f"{id(self)} {group}", exclusive=True, exit_on_error=False)

    def report(self, trouble: Trouble) -> None:
        """Says in a line that something went wrong."""
        self.gym.tell(trouble.text, warning=True)

    def on_arrived(self, arrived: Arrived) -> None:
        """Shows what has arrived, unless something newer is on its way."""
        arrived.stop()
        if arrived.generation == self._generations[arrived.group] and self.is_attached:
            arrived.show()
