"""What the store can do with whole agents: fork them, export them, import them; what that takes is loaded then."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agents_db import agents
from agents_db.memory_store import MemoryStore
from agents_db.records import AgentRecord

if TYPE_CHECKING:
    from agents_db.arrivals import Arrival
    from agents_db.parcels import Parcel


class CopyStore(MemoryStore):
    """The part of the store that copies agents; its methods are those of `AgentsDB`."""

    def fork_agent(self, name: str, fork: str, *, episode_id: int | None = None) -> AgentRecord:
        """Stores an agent that knows what another one knew when an episode had ended, and returns it.

        Nothing of the other one changes, and nothing that either of them learns later reaches the other.

        Args:
            name: whose knowledge it begins with; raises `UnknownAgent`.
            fork: its own name; raises `BadName` or `AgentExists`.
            episode_id: that the other one has played to its end, else `NotStored` is raised; `None` is now.
        """
        from agents_db import forks

        agents.check_name(fork)
        make = partial(forks.fork_agent, fork=fork, episode_id=episode_id, now=self._clock(), entropy=os.urandom(16))
        return self._write(lambda transaction: make(transaction, name))

    def export_agent(self, name: str, target: Path) -> "Parcel":
        """Writes an agent with everything that it rests on to a folder, or to a tar file where the name ends so.

        The same agent gives the same bytes, here and wherever it was imported under the same name. Raises
        `UnknownAgent`, and `CallerError` where the target is there already.
        """
        from agents_db import parcels

        return self._read(parcels.export_agent, name, target)

    def import_agent(self, source: Path, *, name: str | None = None) -> "Arrival":
        """Stores the agent of a parcel with everything in it, in one transaction; all times and keys stay.

        Args:
            source: a folder or a tar file; whatever is wrong with it raises `BadParcel`, and nothing is stored.
            name: under which it is to live here; `None` for its own. One that is taken raises `AgentExists`.
        """
        from agents_db import arrivals
        from agents_db.parcel_files import ParcelFiles

        with ParcelFiles.open(source) as parcel:
            return self._write(partial(arrivals.import_agent, parcel=parcel, name=name))
