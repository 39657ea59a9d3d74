"""The picture of what goes when: bars stacked by kind, each kind with a pattern of its own beside its colour.

It is drawn by reportlab and served as a file of its own: a page may hold no styles that are written into elements.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from reportlab.graphics import renderSVG
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Circle, Drawing, Group, Hatching, Line, Polygon, Rect, String
from reportlab.graphics.widgetbase import Widget
from reportlab.lib.colors import HexColor

from tenants.recordings import Kind

FONT: Final = "Helvetica"
BELOW, ABOVE, LEFT, RIGHT = 40, 56, 54, 14


class Shade(StrEnum):
    """On what it stands."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True)
class Palette:
    """The colours of a picture; those of the kinds stand apart from the paper by 3:1 at least."""

    paper: str
    ink: str
    quiet: str
    line: str
    bad: str
    kinds: tuple[str, str, str, str]


PALETTES: Final = MappingProxyType(
    {
        Shade.LIGHT: Palette(
            paper="#ffffff",
            ink="#17202b",
            quiet="#51606f",
            line="#d3dae2",
            bad="#a3161b",
            kinds=("#0a4d8c", "#a85a06", "#17663a", "#7a3a8c"),
        ),
        Shade.DARK: Palette(
            paper="#1a2029",
            ink="#e8edf3",
            quiet="#a6b3c1",
            line="#36414e",
            bad="#ff9d98",
            kinds=("#7fb9f2", "#f0b36b", "#7fd6a4", "#d9a3e6"),
        ),
    }
)

ANGLES: Final = MappingProxyType({Kind.CALL: (), Kind.CHAT: (45,), Kind.CHATBOT: (0,), Kind.SMS_SURVEY: (45, 135)})
"""In which directions a kind's bars are hatched; calls are plain."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar: its label, how many parts of each kind, and whether something of it failed or is kept."""

    label: str
    kinds: dict[Kind, int]
    unfinished: bool
    kept: bool
    now: bool


@dataclass(frozen=True, kw_only=True)
class Words:
    """What is written into it."""

    kinds: dict[Kind, str]
    unfinished: str
    kept: str
    now: str
    number: Callable[[float], str]


class _Block(Widget):  # type: ignore[misc] # reportlab has no types
    """A kind's share of a bar, or its sample in the legend."""

    def __init__(self, colours: Palette, kind: Kind) -> None:
        self.x = self.y = self.width = self.height = 0.0
        self.colours, self.kind = colours, kind

    def draw(self) -> Group:
        """The filled rectangle, with the paper's colour drawn through it where the kind is hatched."""
        fill = self.colours.kinds[list(Kind).index(self.kind) % len(self.colours.kinds)]
        paper = HexColor(self.colours.paper)
        x, y, width, height = self.x, self.y, self.width, self.height
        drawn = Group(Rect(x, y, width, height, fillColor=HexColor(fill), strokeColor=paper, strokeWidth=0.8))
        corners = [x, y, x + width, y, x + width, y + height, x, y + height]
        angles = ANGLES[self.kind]
        if angles and height > 1:
            drawn.add(Hatching(4, angles, [corners], strokeColor=paper, strokeWidth=1.1))
        return drawn


def draw(bars: Sequence[Bar], words: Words, shade: Shade, *, width: int = 960, height: int = 340) -> bytes:
    """The picture as SVG. Takes a moment, and half a second the first time."""
    colours = PALETTES[shade]
    kinds = [kind for kind in Kind if any(bar.kinds.get(kind) for bar in bars)]
    drawing = Drawing(width, height)
    drawing.add(Rect(0, 0, width, height, fillColor=HexColor(colours.paper), strokeColor=None))
    if kinds:
        chart = _chart(bars, kinds, words, colours, width, height)
        drawing.add(chart.draw())
        for mark in _marks(bars, chart, colours):
            drawing.add(mark)
    drawing.add(_legend(_samples(bars, kinds, words, colours), colours, width, height))
    written: str = renderSVG.drawToString(drawing)
    return written.encode()


def _chart(
    bars: Sequence[Bar], kinds: Sequence[Kind], words: Words, colours: Palette, width: int, height: int
) -> VerticalBarChart:
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = LEFT, BELOW, width - LEFT - RIGHT, height - BELOW - ABOVE
    chart.data = [[bar.kinds.get(kind, 0) for bar in bars] for kind in kinds]
    chart.groupSpacing = 6
    chart.categoryAxis.style = "stacked"
    longest = 12 + 6 * max(len(bar.label) for bar in bars)
    every = max(1, -(-len(bars) * longest // (width - LEFT - RIGHT)))
    chart.categoryAxis.categoryNames = [bar.label if not place % every else "" for place, bar in enumerate(bars)]
    chart.categoryAxis.strokeColor = HexColor(colours.quiet)
    chart.categoryAxis.visibleTicks = False
    _write(chart.categoryAxis.labels, colours)
    _scale(chart.valueAxis, max(sum(bar.kinds.values()) for bar in bars), words, colours)
    for place, kind in enumerate(kinds):
        chart.bars[place].symbol = _Block(colours, kind)
    return chart


def _scale(axis: Any, most: int, words: Words, colours: Palette) -> None:
    axis.valueMin, axis.valueStep = 0, _step(most)
    axis.valueMax = axis.valueStep * -(-most // axis.valueStep)
    axis.visibleAxis = axis.visibleTicks = False
    axis.visibleGrid, axis.gridStrokeColor, axis.gridStrokeWidth = True, HexColor(colours.line), 0.7
    axis.labelTextFormat = words.number
    _write(axis.labels, colours)


def _write(labels: Any, colours: Palette) -> None:
    labels.fontName, labels.fontSize, labels.fillColor = FONT, 11, HexColor(colours.quiet)


def _step(most: int) -> int:
    """Whole parts between the lines of the scale: 1, 2 or 5 and their tens, about five lines in all."""
    step = 1
    while step * 5 < most:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step


def _marks(bars: Sequence[Bar], chart: VerticalBarChart, colours: Palette) -> list[Any]:
    """Above a bar what of it failed or is kept; below the scale where we are now."""
    drawn: list[Any] = []
    for place, bar in enumerate(bars):
        columns = [row[place] for row in chart._barPositions]
        x = columns[0][0] + columns[0][2] / 2
        top = max(y + height for _, y, _, height in columns)
        if bar.unfinished:
            drawn.append(_failing(x, top + 4, colours))
        elif bar.kept:
            drawn.append(_keeping(x, top + 4, colours))
        if bar.now:
            drawn.append(_pointing(x, chart.y - 24, colours))
    return drawn


def _failing(x: float, y: float, colours: Palette) -> Group:
    triangle = Polygon([x - 6, y, x + 6, y, x, y + 11], fillColor=HexColor(colours.bad), strokeColor=None)
    return Group(triangle, String(x - 1.4, y + 1.6, "!", fontName=FONT, fontSize=8, fillColor=HexColor(colours.paper)))


def _keeping(x: float, y: float, colours: Palette) -> Group:
    ring = Circle(x, y + 5, 4.5, fillColor=None, strokeColor=HexColor(colours.ink), strokeWidth=1.5)
    return Group(ring, Line(x, y + 2.5, x, y + 7.5, strokeColor=HexColor(colours.ink), strokeWidth=1.5))


def _pointing(x: float, y: float, colours: Palette) -> Polygon:
    return Polygon([x - 5, y - 7, x + 5, y - 7, x, y + 1], fillColor=HexColor(colours.ink), strokeColor=None)


def _samples(bars: Sequence[Bar], kinds: Sequence[Kind], words: Words, colours: Palette) -> list[tuple[Any, str]]:
    """What is what: each kind and mark that is drawn, in the order of the stacks, with its word."""
    shown: list[tuple[Any, str]] = []
    for kind in kinds:
        block = _Block(colours, kind)
        block.x, block.y, block.width, block.height = -7, -2, 14, 12
        shown.append((block.draw(), words.kinds[kind]))
    if any(bar.unfinished for bar in bars):
        shown.append((_failing(0, -1, colours), words.unfinished))
    if any(bar.kept and not bar.unfinished for bar in bars):
        shown.append((_keeping(0, -1, colours), words.kept))
    if any(bar.now for bar in bars):
        shown.append((_pointing(0, 7, colours), words.now))
    return shown


def _legend(samples: Sequence[tuple[Any, str]], colours: Palette, width: int, height: int) -> Group:
    """As many lines as it needs."""
    legend, x, y = Group(), 18.0, height - 20.0
    for sample, word in samples:
        long = 34 + 6.2 * len(word)
        if x + long > width and x > 18:
            x, y = 18.0, y - 18
        legend.add(Group(sample, transform=(1, 0, 0, 1, x, y)))
        legend.add(String(x + 13, y, word, fontName=FONT, fontSize=12, fillColor=HexColor(colours.ink)))
        x += long
    return legend
