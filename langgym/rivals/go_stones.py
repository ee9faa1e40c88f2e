"""A board of go that is quick to play on: stones, captures, ko, area."""

from collections.abc import Sequence

EMPTY, WALL = 0, 2


class Stones:
    """A position of go; points are numbered with a wall round them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.stride = size + 1
        self.cells = [WALL] * (self.stride * (size + 2) + 1)
        self.points = [self.place(row * size + column) for row in range(size) for column in range(size)]
        for point in self.points:
            self.cells[point] = EMPTY
        self.ko = -1
        """The point that may not be taken at once; -1 where there is none."""

    @classmethod
    def read(cls, size: int, cells: Sequence[int], ko: int | None) -> "Stones":
        """Returns the position of cells row by row, 1 for one side and -1 for the other."""
        stones = cls(size)
        for point, cell in zip(stones.points, cells, strict=True):
            stones.cells[point] = cell
        stones.ko = -1 if ko is None else stones.place(ko)
        return stones

    def copy(self) -> "Stones":
        """Returns a position of its own."""
        other = object.__new__(Stones)
        other.size, other.stride, other.points, other.ko = self.size, self.stride, self.points, self.ko
        other.cells = self.cells[:]
        return other

    def place(self, cell: int) -> int:
        """Returns the point of a cell that is counted row by row."""
        return (cell // self.size + 1) * self.stride + cell % self.size + 1

    def around(self, point: int) -> tuple[int, int, int, int]:
        """Returns the neighbours of a point, walls among them."""
        return (point - 1, point + 1, point - self.stride, point + self.stride)

    def play(self, point: int, side: int) -> bool:
        """Puts a stone on a free point and returns whether that is legal; an illegal one changes nothing."""
        if point == self.ko:
            return False
        cells = self.cells
        cells[point] = side
        taken: list[int] = []
        alone, open_sides = True, False
        for near in self.around(point):
            if cells[near] == EMPTY:
                open_sides = True
            elif cells[near] == -side:
                if self.is_dead(near):
                    taken += self._lift(near)
            elif cells[near] == side:
                alone = False
        if not taken and not open_sides and self.is_dead(point):
            cells[point] = EMPTY
            return False
        self.ko = taken[0] if len(taken) == 1 and alone and not open_sides else -1
        return True

    def group(self, point: int) -> list[int]:
        """Returns the stones that are joined with the one on a point."""
        cells, side = self.cells, self.cells[point]
        found, seen = [point], {point}
        for each in found:
            for near in self.around(each):
                if cells[near] == side and near not in seen:
                    seen.add(near)
                    found.append(near)
        return found

    def is_dead(self, point: int) -> bool:
        """Returns whether the group on a point has no liberty."""
        cells, side, stride = self.cells, self.cells[point], self.stride
        found, seen = [point], {point}
        for each in found:
            for near in (each - 1, each + 1, each - stride, each + stride):
                cell = cells[near]
                if cell == EMPTY:
                    return False
                if cell == side and near not in seen:
                    seen.add(near)
                    found.append(near)
        return True

    def liberties(self, point: int) -> set[int]:
        """Returns the free points next to the group on a point."""
        return {near for each in self.group(point) for near in self.around(each) if self.cells[near] == EMPTY}

    def is_eye(self, point: int, side: int) -> bool:
        """Returns whether a free point lies among a side's own stones, so that filling it gains nothing."""
        cells = self.cells
        if any(cells[near] not in (side, WALL) for near in self.around(point)):
            return False
        corners = [
            cells[point + step] for step in (-self.stride - 1, 1 - self.stride, self.stride - 1, self.stride + 1)
        ]
        return corners.count(-side) + (WALL in corners) < 2

    def lead(self) -> int:
        """Returns the area of side 1 less that of side -1, as the engine counts: every stone is alive."""
        cells, total = self.cells, 0
        seen: set[int] = set()
        for point in self.points:
            if cells[point] != EMPTY:
                total += cells[point]
            elif point not in seen:
                area = self.group(point)
                seen.update(area)
                sides = {cells[near] for each in area for near in self.around(each)} - {EMPTY, WALL}
                total += len(area) * sides.pop() if len(sides) == 1 else 0
        return total

    def _lift(self, point: int) -> list[int]:
        stones = self.group(point)
        for each in stones:
            self.cells[each] = EMPTY
        return stones
