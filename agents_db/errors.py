"""Every error of the agents' database, sorted by who must act.

AgentsDBError
├ CallerError        the caller asked for what cannot be
│ ├ BadName          a name that breaks the rule or is reserved
│ ├ AgentExists      the name is taken
│ ├ UnknownAgent     no such agent; the nearest names are in `nearest`
│ ├ NotStored        no such run, choice, episode, memory or embedder
│ ├ BadVector        an embedding of the wrong shape or with values that are not finite
│ └ BadParcel        no parcel of an agent, or a damaged one
└ StoreError         the file cannot be used as it is
  ├ NoStore          nothing has been stored there yet
  ├ StoreCorrupt     not a store, or a damaged one
  ├ StoreTooNew      written by a later LangGym
  ├ StoreTooOld      written by an earlier LangGym and opened only for reading
  ├ StoreUnwritable  no permission, or opened only for reading
  ├ StoreFull        the disk or the quota is full
  ├ StoreBusy        another process writes for too long
  ├ StoreClosed      used after `close`
  ├ MigrationFailed  a schema change failed; nothing has changed
  ├ AgentOwned       another process plays the agent; `pid` and `host` name it
  └ IndexBroken      the vector index cannot be used; the store is unharmed
"""

from collections.abc import Sequence


class AgentsDBError(Exception):
    """The base of every error that this package raises on purpose; its text is one line that says what to do."""


class CallerError(AgentsDBError):
    """The caller asked for what cannot be."""


class BadName(CallerError):
    """A name that breaks the rule for agents' names, or is reserved."""


class AgentExists(CallerError):
    """Another agent has that name."""


class UnknownAgent(CallerError):
    """No agent has that name or id."""

    def __init__(self, message: str, *, nearest: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.nearest = tuple(nearest)


class NotStored(CallerError):
    """What was named by its id is not in the store."""


class BadVector(CallerError):
    """An embedding has the wrong shape, or values that are not finite."""


class BadParcel(CallerError):
    """A parcel that is damaged, hostile, newer than this program, or at odds with what this store holds."""


class StoreError(AgentsDBError):
    """The file cannot be used as it is."""


class NoStore(StoreError):
    """Nothing has been stored at that path yet; readers may show an empty state."""


class StoreCorrupt(StoreError):
    """The file is not a store, or is damaged."""


class StoreTooNew(StoreError):
    """The store was written by a later LangGym."""


class StoreTooOld(StoreError):
    """The store has an earlier schema and was opened only for reading."""


class StoreUnwritable(StoreError):
    """The store cannot be written: permissions, a read-only disk, or it was opened only for reading."""


class StoreFull(StoreError):
    """The disk is full; what was acknowledged is kept."""


class StoreBusy(StoreError):
    """Another process held the store's write lock for too long."""


class StoreClosed(StoreError):
    """The store was used after it was closed."""


class MigrationFailed(StoreError):
    """A schema change failed and was rolled back."""


class AgentOwned(StoreError):
    """Another process plays the agent; `pid` is 0 where the owner has not written its name yet."""

    def __init__(self, message: str, *, pid: int, host: str) -> None:
        super().__init__(message)
        self.pid = pid
        self.host = host


class IndexBroken(StoreError):
    """The vector index cannot be used; it can be rebuilt, since the store holds every vector."""
