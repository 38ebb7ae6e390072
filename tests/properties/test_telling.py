"""Everybody is told of everything: exactly once when nothing fails, at least once otherwise, and in order."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supporttiers import Agent, SupportDesk, SupportProcess, Tier
from supporttiers._flows.gathering import quiet_until
from supporttiers.backends.directory import House
from supporttiers.errors import NotifyError
from supporttiers.reasons import Reason
from supporttiers.testing import FakeClock
from supporttiers.words import FOR_ALL, FOR_HOUSE, MessageTemplate, NotificationRules
from supporttiers.words.book import MAX_WRITTEN, Audience, WordBook

PEOPLE = ("anna", "bob", "cleo")
ROLES = {"team": set(PEOPLE), "lead": {"bob"}, "watchers": {"max", "anna"}, "requester": {"jane"}}

steps = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.sampled_from(["T-1", "T-2"]), st.sampled_from(sorted(ROLES))),
        st.tuples(st.just("pass"), st.integers(0, 20), st.just("")),
        st.tuples(st.just("fail"), st.sampled_from(["anna", "bob", "jane", "max"]), st.integers(0, 3)),
    ),
    max_size=25,
)
together = st.sampled_from([None, timedelta(minutes=3), timedelta(minutes=10)])
quiet = st.sampled_from([None, "09:05-09:20", "08:00-10:30"])


class Mail:
    """Fails for some, sometimes after it has delivered."""

    name = "mail"
    per_recipient = True

    def __init__(self):
        """Start with none."""
        self.told = defaultdict(list)
        self.failures = defaultdict(list)

    def notify(self, notification, /, *, key):
        """Deliver, fail, or both."""
        (who,) = notification.recipients
        failure = self.failures[who.id].pop() if self.failures[who.id] else None
        if failure is not None and not failure:
            raise NotifyError("mail", "down", retryable=True)
        told = [line.partition("(")[0] for line in notification.text.split("\n")]
        self.told[notification.case_id, who.id].append((key, told))
        if failure:
            raise NotifyError("mail", "no answer", retryable=True, ambiguous=True)


def played(story, *, may_fail, **rules):
    """Play a story; give what each was told of each case, and what they should have been."""
    mail, clock = Mail(), FakeClock("2026-03-23T09:00Z")
    process = SupportProcess(
        name="acme", tiers=[Tier(level=1, name="First", teams=["front"])], notifications=NotificationRules(**rules),
        messages=[MessageTemplate(text="$what")],
    )  # fmt: skip
    house = House([Agent(id=id, teams=["front"], roles=["lead"] if id == "bob" else []) for id in PEOPLE])
    desk = SupportDesk(process, clock=clock, notifiers=[mail], directory=house)
    for case_id in ("T-1", "T-2"):
        desk.open("Fire", id=case_id, by="jane", team="front")
        desk.watch(case_id, by="bob", watchers=["max", "anna"])
    wanted = defaultdict(list)
    failing = 0
    for number, (what, first, second) in enumerate(story):
        if what == "tell":
            desk.inform(first, by="bob", to=second, code=f"acme.c{number}")
            for person in ROLES[second]:
                wanted[first, person].append(f"acme.c{number}")
        elif what == "pass":
            clock.advance(timedelta(minutes=first))
            desk.run_due()
        elif may_fail and (failing := failing + 1) < 9:  # after ten in a row it would be given up
            mail.failures[first].append(bool(second % 2))
    for _ in range(30):
        clock.advance("1h")
        desk.run_due()
    return mail.told, wanted, desk


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(steps, together, quiet)
def test_everybody_is_told_exactly_once_and_in_order(story, within, hours):
    """Whatever is held back for quiet hours, or becomes one message: nothing is lost, doubled or turned around."""
    public = [f"acme.c{number}" for number in range(25)]
    told, wanted, desk = played(
        story, may_fail=False, together_within=within, quiet_hours=hours, for_customers=public
    )  # fmt: skip

    assert dict(wanted) == {who: [one for _, several in sent for one in several] for who, sent in told.items()}
    assert {"done"} >= {one.state for one in desk.messages(limit=1000)}


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(steps, together, quiet)
def test_everybody_is_told_at_least_once_whatever_fails(story, within, hours):
    """A receiver that drops known keys has everything once, in order; the same key always has the same words."""
    public = [f"acme.c{number}" for number in range(25)]
    told, wanted, _ = played(story, may_fail=True, together_within=within, quiet_hours=hours, for_customers=public)

    for who, sent in told.items():
        by_key = dict(sent)
        assert all(by_key[key] == several for key, several in sent)
        assert wanted[who] == [one for several in by_key.values() for one in several]
    assert {who for who, due in wanted.items() if due} == set(told)


# -- words

names = st.sampled_from([*FOR_HOUSE, "what"])
plain = st.text(st.characters(exclude_characters="${}%", exclude_categories=["Cs"]), max_size=20).filter(
    lambda text: "\0" not in text
)
values = st.dictionaries(st.sampled_from(FOR_HOUSE), st.one_of(st.none(), st.text(), st.integers()))


@given(st.lists(st.tuples(plain, names), max_size=6), values, st.booleans(), st.sampled_from(["string", "jinja2"]))
def test_templates_never_raise_when_it_counts(parts, filled, of_house, engine):
    """Whatever the values are, something is written, of bounded size, and the subject is one line."""
    mark = {"string": "${%s}", "jinja2": "{{ %s }}"}[engine]
    own = [name for _, name in parts if of_house or name in {*FOR_ALL}]
    text = "".join(words + mark % name for (words, _), name in zip(parts, own, strict=False)) or "x"
    template = MessageTemplate(to=None if of_house else "customers", subject=text, text=text, engine=engine)
    words = WordBook([template], {}, NotificationRules()).write(
        Reason("acme.own"), Audience(to="team", of_house=of_house), filled
    )

    assert len(words.text) <= MAX_WRITTEN
    assert len(words.subject) <= 500
    assert words.subject.isprintable()


# -- quiet hours

minutes = st.integers(0, 24 * 60 - 1).map(lambda count: f"{count // 60:02}:{count % 60:02}")
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001 - made aware at once
    lambda naive: naive.replace(tzinfo=UTC)
)


@settings(max_examples=300, deadline=None)
@given(minutes, minutes, zones, instants)
def test_quiet_hours_end_within_a_day_and_for_good(start, end, zone, now):
    """At their end nobody is quiet any more; before it whoever asks again hears the same."""
    if start == end:
        return
    until = quiet_until(f"{start}-{end}", zone, now)

    if until is not None:
        assert now < until <= now + timedelta(hours=26)
        assert quiet_until(f"{start}-{end}", zone, until) is None
        between = now + (until - now) / 2
        assert until == quiet_until(f"{start}-{end}", zone, between)
