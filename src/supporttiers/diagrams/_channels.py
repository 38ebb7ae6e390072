"""Where arrows run beside the lanes: each in a channel that it shares only with those that it does not pass."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from supporttiers.diagrams._moves import Arrow
from supporttiers.diagrams._sheet import width_of, wrapped

_WIDEST: Final = 112.0
_LINES: Final = 4
_FIRST: Final = 26.0
_BESIDE: Final = 7.0
_BETWEEN: Final = 16.0
_PORT: Final = 15.0
_EDGE: Final = 14.0
LINE: Final = 13.0
_SPARE: Final = 12.0


class Channelled(NamedTuple):
    """
    An arrow with its place.

    Attributes:
        arrow: The arrow.
        top: The place of its uppermost lane.
        bottom: The place of its lowest lane.
        channel: In which channel it runs, counted from the lanes.
        gap: Its label stands between the lane of this place and the next one.
        lines: Its label.
    """

    arrow: Arrow
    top: int
    bottom: int
    channel: int
    gap: int
    lines: tuple[str, ...]


class Plan:
    """The channels, and what room they need."""

    def __init__(self, lanes: Sequence[str], arrows: Sequence[Arrow]) -> None:
        """Find a channel for each arrow: the shorter it is, the nearer to the lanes."""
        self._places = {lane: place for place, lane in enumerate(lanes)}
        spans = [(self._span(arrow), arrow) for arrow in arrows]
        self.routed: list[Channelled] = []
        for (top, bottom), arrow in sorted(spans, key=lambda each: (each[0][1] - each[0][0], each[0], each[1].label)):
            channel = next(number for number in range(len(arrows)) if self._is_free(number, top, bottom))
            lines = wrapped(arrow.label, "small", _WIDEST, lines=_LINES)
            self.routed.append(Channelled(arrow, top, bottom, channel, self._gap(arrow, top, bottom), lines))

    def _span(self, arrow: Arrow) -> tuple[int, int]:
        places = [self._places[lane] for lane in (*arrow.tails, *arrow.heads)]
        return min(places), max(places)

    def _is_free(self, channel: int, top: int, bottom: int) -> bool:
        return not any(each.channel == channel and each.top < bottom and top < each.bottom for each in self.routed)

    def _gap(self, arrow: Arrow, top: int, bottom: int) -> int:
        """Write the label where the arrow begins, or where many become one."""
        alone = arrow.tails if len(arrow.tails) == 1 else arrow.heads[-1:]
        place = self._places[alone[0]]
        return place if place < bottom else place - 1 if place > top else top

    # -- room

    def gap(self, place: int) -> float:
        """Say how high the gap below the lane of a place is."""
        lines = [len(each.lines) for each in self.routed if each.gap == place]
        return max((count * LINE for count in lines), default=0.0) + _SPARE

    def least(self, lane: str) -> float:
        """Say how high a lane must be at least, for all that begins or ends there."""
        return max(0, len(self.ports(lane)) - 1) * _PORT + 2 * _EDGE

    def ports(self, lane: str) -> list[Channelled]:
        """
        List what begins or ends at a lane, from top to bottom.

        What leads up stands above what leads down; of the first the nearest channel is on top, of the others the
        farthest: so no arrow crosses another one where it need not.
        """
        place = self._places[lane]
        here = [each for each in self.routed if lane in each.arrow.tails or lane in each.arrow.heads]
        up = sorted((each for each in here if each.bottom == place), key=lambda each: each.channel)
        through = sorted((each for each in here if each.top < place < each.bottom), key=lambda each: each.channel)
        down = sorted((each for each in here if each.top == place), key=lambda each: -each.channel)
        return [*up, *through, *down]

    def port_heights(self, lane: str, top: float, height: float) -> Mapping[Channelled, float]:
        """Give the height of each port of a lane that lies there, spread evenly about its middle."""
        ports = self.ports(lane)
        first = top + height / 2 - (len(ports) - 1) * _PORT / 2
        return {port: first + place * _PORT for place, port in enumerate(ports)}

    def columns(self, left: float) -> tuple[list[float], float]:
        """Give the x of each channel from the left on, and the right end of all."""
        found, x = [], left + _FIRST
        for channel in range(max((each.channel for each in self.routed), default=-1) + 1):
            found.append(x)
            wide = max(
                width_of(line, "small") for each in self.routed if each.channel == channel for line in each.lines
            )
            x += _BESIDE + wide + _BETWEEN
        return found, x

    @staticmethod
    def label_at(x: float) -> float:
        """Give where a label begins that stands at a channel."""
        return x + _BESIDE
