"""How far each projection has come with each workspace's events, as told by reads of the log and of the checkpoints."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from umt.application.pulse import Shown
from umt.projections.table import Projection

MOST_WORKSPACES: Final = 20_000
"""Workspaces whose last changes are remembered; of the others it is known that they changed no later."""

_ERA: Final = 10**12

Places = Sequence[int]
"""Projections by their place in `Progress`."""


Changes = tuple[list[int], list[int]]
"""By projection, the newest event of a workspace that concerns it, and the one before that."""

Standing = dict[int, tuple[int, int, int]]
"""What each projection, by its place, shows of a workspace."""


class Progress:
    """Bookkeeping only. A projection is only ever behind by events that concern it: those of other types, and those of
    other workspaces, change nothing of what it shows of this one."""

    def __init__(self, projections: Mapping[str, Projection]) -> None:
        self._places = {name: place for place, name in enumerate(projections)}
        concerned: dict[str, list[int]] = defaultdict(list)
        for name, projection in projections.items():
            for type_name in projection.folds:
                concerned[type_name].append(self._places[name])
        self._concerned: dict[str, Places] = {name: tuple(places) for name, places in concerned.items()}
        self.every: Places = tuple(self._places.values())
        self.head = 0
        """Every event up to here was told of."""
        self._eras = 0
        self._checkpoints = [0] * len(self._places)
        self._epochs = [0] * len(self._places)
        self._changes: OrderedDict[UUID, Changes] = OrderedDict()
        self._forget_up_to(0)

    def places(self, names: Collection[str]) -> Places:
        """Where these projections are kept."""
        return tuple(self._places[name] for name in names)

    def begin(self, head: int) -> None:
        """Nothing is known of who changed when, but that it was no later than here; it may even be another log, restored
        from a backup."""
        self.head = head
        self._eras += 1
        self._changes.clear()
        self._forget_up_to(head)

    def happened(self, workspace: UUID, type_name: str, position: int) -> None:
        """An event was appended, and all that come before it were told of."""
        self.head = max(self.head, position)
        changes = self._changes.get(workspace)
        if changes is None:
            newest, before = self._unknown
            changes = self._changes[workspace] = [*newest], [*before]
            if len(self._changes) > MOST_WORKSPACES:
                _, (oldest, _) = self._changes.popitem(last=False)
                self._forget_up_to(max(self._floor, *oldest))
        self._changes.move_to_end(workspace)
        newest, before = changes
        for place in self._concerned.get(type_name, ()):
            if position > newest[place]:
                before[place], newest[place] = newest[place], position

    def _forget_up_to(self, position: int) -> None:
        """Workspaces of which nothing is known changed no later than this."""
        self._floor = position
        self._unknown = [position] * len(self.every), [position] * len(self.every)

    def reached(self, name: str, checkpoint: int, epoch: int) -> bool:
        """A live projection has come so far; whether its epoch is another one than before."""
        place = self._places.get(name)
        if place is None:
            return False
        self._checkpoints[place] = checkpoint
        before, self._epochs[place] = self._epochs[place], epoch
        return before != epoch

    def slowest(self, places: Places) -> int:
        """How far all of them have come."""
        return min((self._checkpoints[place] for place in places), default=self.head)

    def shows(self, workspace: UUID, position: int, places: Places) -> bool:
        """Whether they show every event of the workspace up to the position."""
        if position > self.head:
            return False
        newest, before = self._of(workspace)
        return all(
            self._checkpoints[place] >= (newest[place] if newest[place] <= position else min(position, before[place]))
            for place in places
        )

    def shown(self, workspace: UUID, places: Places) -> Shown:
        """What they show of the workspace."""
        newest, before = self._of(workspace)
        position, changed = self.head, 0
        for place in places:
            changed = max(changed, newest[place])
            if (checkpoint := self._checkpoints[place]) < newest[place]:
                position = min(position, newest[place] - 1 if checkpoint >= before[place] else checkpoint)
        return Shown(position, changed, self._epoch(places))

    def standing(self, workspace: UUID, places: Places) -> Standing:
        """Of each, the last event of the workspace that may have changed what it shows, and its epoch: while these stay as
        they are, what it shows does."""
        newest, before = self._of(workspace)
        found: Standing = {}
        for place in places:
            checkpoint = self._checkpoints[place]
            applied = newest[place] if checkpoint >= newest[place] else min(checkpoint, before[place])
            found[place] = applied, self._eras, self._epochs[place]
        return found

    def settled(self, workspace: UUID) -> bool:
        """Whether all projections show all of the workspace."""
        newest, _ = self._of(workspace)
        return all(checkpoint >= newest[place] for place, checkpoint in enumerate(self._checkpoints))

    def _of(self, workspace: UUID) -> Changes:
        return self._changes.get(workspace) or self._unknown

    def _epoch(self, places: Places) -> int:
        return self._eras * _ERA + sum(self._epochs[place] for place in places)
