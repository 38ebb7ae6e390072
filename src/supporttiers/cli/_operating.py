"""`status`, `parked`, `unpark`, `messages`, `retry` and `discard`: what waits, what went wrong, and how it goes on."""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._desks import add_desk_options, desk_of
from supporttiers.cli._exits import FINE, NO
from supporttiers.cli._output import safe, table, write, write_json

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from supporttiers.protocols import Backlog, Message, ParkedCase

_LIMIT: Final = 50
_SHOWN: Final = (
    "tenant", "key", "case_id", "kind", "target", "state", "at", "not_before", "attempts", "result",
)  # fmt: skip
"""What is told of a message: not its effect, in which there may be what people wrote."""


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the commands."""
    status = subparsers.add_parser("status", help="say what waits: what is due and how late, messages, parked cases")
    add_desk_options(status, tenant=None)
    status.set_defaults(run=run_status)
    parked = subparsers.add_parser("parked", help="list the cases that were set aside, and why")
    _add_page(parked)
    parked.set_defaults(run=run_parked)
    unpark = subparsers.add_parser("unpark", help="let a case that was set aside be tried again")
    unpark.add_argument("case", metavar="CASE", help="its id")
    add_desk_options(unpark)
    unpark.set_defaults(run=run_unpark)
    messages = subparsers.add_parser("messages", help="list messages to notifiers, vendors and other cases")
    messages.add_argument("--state", help="pending, done, dead (given up) or ambiguous (nobody knows)")
    messages.add_argument("--case", metavar="ID", help="only those that this case has caused")
    _add_page(messages)
    messages.set_defaults(run=run_messages)
    _register_key(subparsers, "retry", "let a dead or ambiguous message be carried out anew", run_retry)
    _register_key(subparsers, "discard", "let go of a dead or ambiguous message", run_discard)


def _register_key(subparsers: Any, command: str, about: str, run: Any) -> None:  # noqa: ANN401 - as above
    parser = subparsers.add_parser(command, help=about)
    parser.add_argument("key", metavar="KEY", help="of the message, as 'messages' lists it")
    add_desk_options(parser)
    parser.set_defaults(run=run)


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=_LIMIT, help="how many at most (default: %(default)s)")
    parser.add_argument("--after", metavar="MARK", help="the next page: what the last one ended with")
    add_desk_options(parser)


# -- what waits


def run_status(args: argparse.Namespace) -> int:
    """Say what waits."""
    with desk_of(args) as desk:
        backlog = desk.backlog(all_tenants=args.tenant is None)
        wake = desk.next_wake(tenant=args.tenant)
    if args.json:
        write_json({**_plain(backlog), "next_wake": _plain(wake)})
    else:
        write(_status_lines(backlog, wake))
    return FINE


def _status_lines(backlog: "Backlog", wake: "datetime | None") -> Iterator[str]:
    from supporttiers.timelines import instant_text  # noqa: PLC0415 - only commands that run load it

    yield f"{'cases due':<20}{_late(backlog.due, backlog.lag)}"
    yield f"{'messages due':<20}{_late(backlog.messages, backlog.message_lag)}"
    yield f"{'cases parked':<20}{backlog.parked}"
    yield f"{'messages dead':<20}{backlog.dead}"
    yield f"{'messages ambiguous':<20}{backlog.ambiguous}"
    yield f"{'next wake-up':<20}{instant_text(wake) or 'none'}"


def _late(count: int, lag: "timedelta") -> str:
    from supporttiers.timelines import span_text  # noqa: PLC0415

    return f"{count}, late by {span_text(lag)}" if count else "0"


# -- cases that were set aside


def run_parked(args: argparse.Namespace) -> int:
    """List cases that were set aside."""
    with desk_of(args) as desk:
        found = desk.parked(after=args.after, limit=args.limit)
    more = found[-1].case.id if len(found) == args.limit else None
    if args.json:
        write_json({"parked": [_parked(one) for one in found], "next": more})
    else:
        rows = [_parked_row(one) for one in found]
        write(_page("no case is set aside", ["id", "tier", "status", "parked", "tries", "why"], rows, more))
    return FINE


def _parked(one: "ParkedCase") -> dict[str, Any]:
    told = {"parked_at": one.parked_at, "failures": one.failures, "reason": one.reason}
    return {"case_id": one.case.id, "tenant": one.case.tenant, **_plain(told)}


def _parked_row(one: "ParkedCase") -> list[object]:
    from supporttiers.timelines import instant_text  # noqa: PLC0415

    return [one.case.id, one.case.tier, one.case.status, instant_text(one.parked_at), one.failures, one.reason]


def run_unpark(args: argparse.Namespace) -> int:
    """Let a case be tried again."""
    with desk_of(args) as desk:
        done = desk.unpark(args.case)
    if args.json:
        write_json({"case_id": args.case, "unparked": done})
    else:
        write([f"case {safe(args.case)} {'is tried again by the next pass' if done else 'was not set aside'}"])
    return FINE if done else NO


# -- messages


def run_messages(args: argparse.Namespace) -> int:
    """List messages."""
    with desk_of(args) as desk:
        found = desk.messages(state=args.state, case=args.case, after=args.after, limit=args.limit)
    more = found[-1].key if len(found) == args.limit else None
    if args.json:
        listed = [{name: _plain(getattr(one, name)) for name in _SHOWN} for one in found]
        write_json({"messages": listed, "next": more})
    else:
        headings = ["key", "case", "kind", "target", "state", "caused", "next try", "tries", "result"]
        write(_page("no message", headings, [_message_row(one) for one in found], more))
    return FINE


def _message_row(one: "Message") -> list[object]:
    from supporttiers.timelines import instant_text  # noqa: PLC0415

    again = instant_text(one.not_before) if one.state == "pending" else None
    return [
        one.key, one.case_id, one.kind, one.target, one.state, instant_text(one.at), again, one.attempts,
        one.result or None,
    ]  # fmt: skip


def run_retry(args: argparse.Namespace) -> int:
    """Let a message be carried out anew."""
    with desk_of(args) as desk:
        desk.retry(args.key)
    return _told_of(args, "retried", "is carried out by the next pass")


def run_discard(args: argparse.Namespace) -> int:
    """Let go of a message."""
    with desk_of(args) as desk:
        desk.discard(args.key)
    return _told_of(args, "discarded", "was let go of")


def _told_of(args: argparse.Namespace, key: str, said: str) -> int:
    if args.json:
        write_json({"key": args.key, key: True})
    else:
        write([f"message {safe(args.key)} {said}"])
    return FINE


# -- both


def _page(nothing: str, headings: list[str], rows: Sequence[Sequence[object]], more: str | None) -> Iterator[str]:
    if not rows:
        yield nothing
        return
    yield from table(headings, rows)
    if more is not None:
        yield f"more: --after {safe(more)}"


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    from supporttiers.cli._plain import plain_of  # noqa: PLC0415 - only commands that run load it

    return plain_of(value, texts=False)
