"""What happened in the month: read back from the store, and set in tables."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from statistics import median_high
from typing import NamedTuple, TypeVar

from supporttiers import ActorKind, Case, Status, SupportDesk, SupportProcess
from supporttiers import events as happened
from supporttiers.events import Event

E = TypeVar("E", bound=Event)


class Month(NamedTuple):
    """All cases with their histories."""

    cases: Sequence[Case]
    histories: Mapping[str, Sequence[Event]]

    @classmethod
    def of(cls, desk: SupportDesk) -> "Month":
        """Read it all back from the store, a page at a time."""
        cases: list[Case] = []
        page = desk.find(limit=500)
        while True:
            cases += page
            if page.next is None:
                return cls(cases, {case.id: desk.history(case) for case in cases})
            page = desk.find(after=page.next, limit=500)

    def events(self, kind: type[E]) -> Iterator[E]:
        """Every event of a kind."""
        return (event for history in self.histories.values() for event in history if isinstance(event, kind))


def report(month: Month, process: SupportProcess) -> Iterator[str]:
    """Everything in numbers."""
    yield headline(month)
    yield from where_they_are(month, process)
    yield from how_they_moved(month)
    yield from which_limits_fired(month)
    yield from how_long_it_took(month, process)
    yield from to_and_fro(month)


def table(title: str, headings: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Set rows under a title, the first column to the left and the rest to the right."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    yield from ("", title, "-" * (sum(widths) + 2 * len(widths)))
    for first, *others in cells:
        yield "  ".join(
            [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        )


def where_they_are(month: Month, process: SupportProcess) -> Iterator[str]:
    """Cases by tier and status."""
    found = Counter((case.tier, case.status) for case in month.cases)
    rows = [
        [f"tier {tier.level} {tier.name}", *(found[tier.level, status] or "." for status in Status),
         sum(found[tier.level, status] for status in Status)]
        for tier in process.tiers
    ]  # fmt: skip
    sums = [sum(found[tier.level, status] for tier in process.tiers) or "." for status in Status]
    headings = ["", *(status.replace("_", " ") for status in Status), "all"]
    return table("Where the cases are", headings, [*rows, ["together", *sums, len(month.cases)]])


def how_they_moved(month: Month) -> Iterator[str]:
    """Moves between places, and who made them: an agent, or time."""
    moves: Counter[tuple[str, str]] = Counter()
    for history in month.histories.values():
        here = None
        for event in history:
            if isinstance(event, happened.CaseOpened | happened.CaseMoved | happened.CaseReopened):
                moves[words_for(event, here), str(event.by.kind)] += 1
                here = event.tier
    names = sorted({name for name, _ in moves})
    kinds = ("customer", "agent", "system", "vendor")
    rows = [[name, *(moves[name, kind] or "." for kind in kinds)] for name in names]
    return table("How they moved, and who moved them", ["", "customers", "agents", "time", "vendor"], rows)


def words_for(event: Event, here: int | None) -> str:
    """Name a move."""
    if isinstance(event, happened.CaseMoved):
        return f"tier {here} > {event.tier}" if here != event.tier else f"tier {here}, another team"
    return "opened" if isinstance(event, happened.CaseOpened) else "reopened"


def which_limits_fired(month: Month) -> Iterator[str]:
    """Every threshold that was reached, and what came of it."""
    fired = Counter((event.limit, event.threshold, event.mark) for event in month.events(happened.ThresholdFired))
    why = (event.reason for event in month.events(happened.CaseEscalated) if event.reason)
    moved = Counter((reason.params.get("limit"), reason.params.get("threshold")) for reason in why)
    stuck = Counter((event.limit, event.threshold) for event in month.events(happened.ActionRefused))
    rows = [
        [f"{limit}, {mark}", count, moved[limit, mark] or ".", stuck[limit, place] or "."]
        for (limit, place, mark), count in sorted(fired.items())
    ]
    return table("Time limits that fired", ["", "fired", "moved the case", "nowhere to go"], rows)


def how_long_it_took(month: Month, process: SupportProcess) -> Iterator[str]:
    """Time to resolution by the tier that resolved."""
    rows = []
    for tier in process.tiers:
        took = [
            case.resolved_at - case.opened_at for case in month.cases if case.tier == tier.level and case.resolved_at
        ]
        if took:
            rows.append([f"tier {tier.level} {tier.name}", len(took), spoken(median_high(took)), spoken(max(took))])
    return table("Time to resolution, by the tier that resolved", ["", "cases", "median", "longest"], rows)


def spoken(span: timedelta) -> str:
    """Write a span of time for people."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours // 24}d {hours % 24:2}h" if hours > 47 else f"{hours}h {minutes:02}m"  # noqa: PLR2004


def to_and_fro(month: Month) -> Iterator[str]:
    """The cases that were handed to and fro most often."""
    bounces = sorted(((n, case.id, pair) for case in month.cases for pair, n in case.bounces.items()), reverse=True)
    return table("Busiest to and fro", ["", "between", "times"], [[id, pair, n] for n, id, pair in bounces[:3]])


def headline(month: Month) -> str:
    """What happened, in a sentence."""
    by = Counter(str(event.by.kind) for event in month.events(Event) if not isinstance(event, happened.StopwatchEvent))
    scores = [case.satisfaction for case in month.cases if case.satisfaction]
    rating = f" Customers gave {sum(scores) / len(scores):.1f} of 5 ({len(scores)} answers)." if scores else ""
    return (
        f"{len(month.cases)} cases. Customers did {by['customer']} things, agents {by['agent']}, the vendor "
        f"{by['vendor']}; time alone did {by['system']}.{rating}"
    )


# -- Three stories -----------------------------------------------------------------------------------------------------

SEARCH: tuple[tuple[str, Callable[[Case, Sequence[Event]], bool]], ...] = (
    ("A printer beats the house, and the vendor's answer brings it back",
     lambda case, _: bool(case.vendor_tickets) and case.category == "printing" and case.resolved_at is not None),
    ("Nobody touches it in time: the first limit moves it up",
     lambda case, history: moved_by_time_at_once(history) and case.resolved_at is not None),
    ("It comes back after it was solved",
     lambda _, history: any(isinstance(event, happened.CaseReopened) for event in history)),
)  # fmt: skip


def moved_by_time_at_once(history: Sequence[Event]) -> bool:
    """Whether nothing happened to a case, the clocks' ticking apart, before a time limit moved it up."""
    after_opening = next((event for event in history[1:] if not isinstance(event, happened.StopwatchEvent)), None)
    return isinstance(after_opening, happened.CaseEscalated) and after_opening.by.kind is ActorKind.SYSTEM


def stories(month: Month) -> dict[str, str]:
    """Find an example of each story: case id -> title."""
    found: dict[str, str] = {}
    for title, fits in SEARCH:
        fitting = (c for c in month.cases if c.id not in found and fits(c, month.histories[c.id]))
        case = min(fitting, key=lambda case: (len(month.histories[case.id]), case.id), default=None)
        if case is not None:
            found[case.id] = title
    return found


def told(title: str, history: Sequence[Event]) -> Iterator[str]:
    """Tell a case as a timeline; the clocks' own ticking is left out."""
    yield from ("", f"{title}: {history[0].case_id}")
    for event in history:
        if not isinstance(event, happened.StopwatchEvent):
            yield f"  {event.at:%d %b %H:%M}  {event.by.id:<12}{sentence(event)}"


def sentence(event: Event) -> str:
    """Say what happened: the class of an event says most of it already."""
    words = "".join(f" {char.lower()}" if char.isupper() else char for char in type(event).__name__)
    where = f" to tier {event.tier}" if isinstance(event, happened.CaseMoved) else ""
    return words.strip().removeprefix("case ") + where + because(event)


def because(event: Event) -> str:
    """Say why, where that is known: as data from the process, or in the words of whoever did it."""
    if event.reason is None:
        return f' ("{event.said}")' if event.said else ""
    if event.reason.code == "move.limit":
        return ": {threshold} of limit {limit!r} reached".format_map(event.reason.params)
    return f": {event.reason}"
