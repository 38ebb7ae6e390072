"""
Gateways that each break one law.

`tests/conformance/test_faults.py` runs these suites in a process of their own, and looks whether the laws find it.
"""

import json
import logging
import threading
import urllib.request
import uuid
from datetime import timedelta
from typing import ClassVar

import attrs
from tests.conformance.test_vendors import OnTickets, RestGateway
from tests.servers.tickets import TOKEN

from supporttiers.backends.signatures import verify
from supporttiers.backends.tickets import reference_in
from supporttiers.effects import VendorAnswer, VendorChanges, VendorIdentity, VendorNews
from supporttiers.errors import VendorError, WebhookRefusedError
from supporttiers.links import VendorStatus
from supporttiers.testing.suites import VendorSuite
from supporttiers.tiers import Visibility

LOG = logging.getLogger("acme.tickets")


class OtherErrors(RestGateway):
    """Changes what its errors say."""

    methods = ("open", "fetch", "find", "comment", "set_status", "attach", "check", "changes")

    def __init__(self, url, **options):
        super().__init__(url, **options)
        for name in self.methods:
            setattr(self, name, self._wrapped(getattr(self, name)))

    def _wrapped(self, method):
        def call(*args, **given):
            try:
                return method(*args, **given)
            except VendorError as error:
                return self.told(error, args)

        return call

    def told(self, error, args):
        """Raise it, changed."""
        self.change(error)
        raise error

    def change(self, error):
        """Change it."""


# -- what it is


class ControlledName(RestGateway):
    def __init__(self, url, **options):
        super().__init__(url, **options)
        self.name = "two\nlines"


class AwaitedOpen(RestGateway):
    async def fetch(self, remote_id, /):
        """Give what has to be awaited, to who does not."""
        return super().fetch(remote_id)


class SettlesSoon(RestGateway):
    settle_time = "soon"


# -- opening


class OpensElsewhere(RestGateway):
    def open(self, request, /, *, key):
        """Give another id than the vendor's."""
        return attrs.evolve(super().open(request, key=key), remote_id="7000")


class FindsNothing(RestGateway):
    def find(self, reference, /):
        """Look in the wrong place."""
        return []


class FindsAll(RestGateway):
    def find(self, reference, /):
        """Believe that whatever comes is ours."""
        return [attrs.evolve(self.fetch(str(number)), reference=reference) for number in (1, 1)]


class ComparesTexts(RestGateway):
    def open(self, request, /, *, key):
        """Take what says the same for the same."""
        known = self.__dict__.setdefault("known", {})
        if request.text not in known:
            known[request.text] = super().open(request, key=key)
        return known[request.text]


class NeverAmbiguous(OtherErrors):
    def change(self, error):
        """Take what nobody knows for what has not happened."""
        error.ambiguous = False


class Insists(OtherErrors):
    def _wrapped(self, method):
        def call(*args, **given):
            try:
                return method(*args, **given)
            except VendorError:
                return method(*args, **given)

        return call


class NotForThreads(RestGateway):
    def __init__(self, url, **options):
        super().__init__(url, **options)
        self.meeting = threading.Barrier(2)

    def open(self, request, /, *, key):
        """Fail where two come at once."""
        try:
            self.meeting.wait(timeout=0.3)
        except RuntimeError:
            self.meeting.reset()
        else:
            raise RuntimeError(key)
        return super().open(request, key=key)


class OneForAll(RestGateway):
    def open(self, request, /, *, key):
        """Give who comes later what the first one has."""
        with self.__dict__.setdefault("lock", threading.Lock()):
            if "first" not in self.__dict__:
                self.first = super().open(request, key=key)
        return self.first


class KnowsAscii(RestGateway):
    def open(self, request, /, *, key):
        """Fail on what is no ASCII."""
        request.text.encode("ascii")
        return super().open(request, key=key)


class TriesNulAgain(RestGateway):
    def open(self, request, /, *, key):
        """Hope that it will be better the next time."""
        if "\0" in request.text:
            raise VendorError(self.name, "it cannot be written", retryable=True, kind="rejected")
        return super().open(request, key=key)


class SubjectAsItComes(RestGateway):
    def open(self, request, /, *, key):
        """Write a subject as it is."""
        value = {"subject": request.subject, "text": request.text, "reference": request.reference}
        return self._of(self._rest.send("POST", "tickets", value=value).value)


class LosesWords(RestGateway):
    def open(self, request, /, *, key):
        """Send what says nothing."""
        return super().open(attrs.evolve(request, subject="News", text="See our system."), key=key)


# -- lost answers


class GivesUp(OtherErrors):
    def change(self, error):
        """Never try again."""
        error.retryable = error.ambiguous = False


class ClaimsSuccess(RestGateway):
    def set_status(self, remote_id, status, /, *, expect=None):
        """Say that all is well."""
        try:
            return super().set_status(remote_id, status, expect=expect)
        except VendorError:
            return VendorAnswer(remote_id=remote_id, status=status)


class GuessesAnswers(OtherErrors):
    def told(self, error, args):
        """Give something all the same."""
        return VendorAnswer(remote_id="1", status=VendorStatus.UNKNOWN)


# -- what goes wrong


class SaysForbidden(OtherErrors):
    def change(self, error):
        """Take a stranger for somebody who may not."""
        error.kind = "permission" if error.kind == "auth" else error.kind


class TrustsAnybody(RestGateway):
    def _ours(self, account):
        return account


class ForgetsTheWait(OtherErrors):
    def change(self, error):
        """Do not say how long to wait."""
        error.retry_after = None


class SaysUnavailable(OtherErrors):
    def change(self, error):
        """Take every trouble for one."""
        error.kind = "unavailable"


class FollowsLinks(RestGateway):
    def fetch(self, remote_id, /):
        """Go wherever it is sent, key and all, and read what is there."""
        request = urllib.request.Request(f"{self.url}/tickets/{remote_id}")
        request.add_header("authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return self._of(json.loads(answer.read()))
        except (OSError, ValueError) as error:
            raise VendorError(self.name, type(error).__name__, retryable=True, kind="protocol") from None


class ReprHasToken(RestGateway):
    def __repr__(self):
        return f"RestGateway({self.token})"


class LogsWords(RestGateway):
    def open(self, request, /, *, key):
        """Log what customers write."""
        LOG.info("opening %s", request.subject)
        return super().open(request, key=key)


class QuotesTheText(OtherErrors):
    def told(self, error, args):
        """Quote in an error what could not be sent."""
        said = getattr(args[0], "text", "") if args else ""
        raise VendorError(self.name, f"could not send {said!r}", retryable=True, kind=error.kind)


class ShowsItsKey(OtherErrors):
    def told(self, error, args):
        """Quote in an error what it was given."""
        raise VendorError(self.name, f"could not log in with {TOKEN}", retryable=True, kind=error.kind)


class BlamesAnother(OtherErrors):
    def told(self, error, args):
        """Name another vendor."""
        raise VendorError("acme", error.problem, retryable=True, kind=error.kind)


class NeverFinal(OtherErrors):
    def change(self, error):
        """Try for ever."""
        error.retryable = True


# -- what the vendor says


class NobodyInParticular(RestGateway):
    def check(self):
        """Do not say who."""
        return VendorIdentity(account="")


class OtherEntries(RestGateway):
    """Changes what stands on a ticket."""

    def fetch(self, remote_id, /):
        """Give a ticket with other entries."""
        answer = super().fetch(remote_id)
        return attrs.evolve(answer, entries=self.heard(answer.entries))

    def heard(self, entries):
        """Change all of them."""
        return [self.changed(entry) for entry in entries]

    def changed(self, entry):
        """Change one."""
        return entry


class BySecond(OtherEntries):
    def heard(self, entries):
        """Take what was said in one second for one."""
        return list({entry.at: entry for entry in entries}.values())


class NewIds(OtherEntries):
    def changed(self, entry):
        """Give it another id each time."""
        return attrs.evolve(entry, id=str(uuid.uuid4()))


class HearsItself(OtherEntries):
    def changed(self, entry):
        """Forget who wrote it."""
        return attrs.evolve(entry, ours=False, reference="")


class LosesReferences(OtherEntries):
    def changed(self, entry):
        """Forget what it answers."""
        return attrs.evolve(entry, reference="")


class ReadsQuotes(OtherEntries):
    def changed(self, entry):
        """Believe a mark wherever it stands."""
        return attrs.evolve(entry, reference=entry.reference or reference_in(entry.text))


class TellsAll(OtherEntries):
    def changed(self, entry):
        """Show everything."""
        return attrs.evolve(entry, visibility=Visibility.PUBLIC)


class TellsNothing(OtherEntries):
    def changed(self, entry):
        """Show nothing."""
        return attrs.evolve(entry, visibility=Visibility.PRIVATE)


class KeepsALine(OtherEntries):
    def changed(self, entry):
        """Keep the beginning."""
        return attrs.evolve(entry, text=entry.text[:200])


class TrustsItsClock(OtherEntries):
    def heard(self, entries):
        """Believe in nothing that lies in the future, or in a past before it was begun."""
        now = self.clock.now()
        return [entry for entry in entries if now - timedelta(minutes=5) <= entry.at <= now + timedelta(minutes=1)]


class OnePage(RestGateway):
    def changes(self, cursor, /, *, limit):
        """Say that this was all."""
        return attrs.evolve(super().changes(cursor, limit=limit), more=False)


class EndlessPages(RestGateway):
    def changes(self, cursor, /, *, limit):
        """Go on with the same page."""
        page = super().changes(cursor, limit=limit)
        return attrs.evolve(page, cursor=cursor or page.cursor, more=True)


class FindsOpenOnes(RestGateway):
    def find(self, reference, /):
        """Look as a page of open tickets does."""
        return [each for each in super().find(reference) if each.status is not VendorStatus.RESOLVED]


class RemembersItsWords(RestGateway):
    def comment(self, remote_id, message, /, *, key):
        """Know a message again in this very object."""
        id = super().comment(remote_id, message, key=key)
        self.__dict__.setdefault("said", {})[id] = message.reference
        return id

    def fetch(self, remote_id, /):
        """Believe what is remembered, and no mark."""
        answer, said = super().fetch(remote_id), self.__dict__.get("said", {})
        entries = [attrs.evolve(each, reference=said.get(each.id, ""), ours=each.id in said) for each in answer.entries]
        return attrs.evolve(answer, entries=entries)


class AnySecond(RestGateway):
    def receive(self, call, /):
        """Be lenient with clocks: the time that was signed may be one near that which is said."""
        said, error = call.headers.get("webhook-timestamp", ""), None
        for apart in (0, 1, -1):
            time = str(int(said) + apart) if said.isdecimal() else said
            try:
                return super().receive(attrs.evolve(call, headers={**call.headers, "webhook-timestamp": time}))
            except WebhookRefusedError as refused:
                error = refused
        raise error


class BelievesCursors(RestGateway):
    def changes(self, cursor, /, *, limit):
        """Read it as if nobody else could have written it."""
        return super().changes(None if cursor is None else str(int(cursor)), limit=limit)


class KeepsCursors(RestGateway):
    def changes(self, cursor, /, *, limit):
        """Remember in this object what a cursor means."""
        known = self.__dict__.setdefault("known", {})
        page = super().changes(known.get(cursor), limit=limit)
        name = str(len(known))
        known[name] = page.cursor
        return VendorChanges(remote_ids=page.remote_ids, cursor=name, more=page.more)


class AlwaysOpen(RestGateway):
    def fetch(self, remote_id, /):
        """Forget the status."""
        return attrs.evolve(super().fetch(remote_id), status=VendorStatus.OPEN)


class Guesses(RestGateway):
    def fetch(self, remote_id, /):
        """Make something of any word."""
        answer = super().fetch(remote_id)
        unknown = answer.status is VendorStatus.UNKNOWN
        return attrs.evolve(answer, status=VendorStatus.IN_PROGRESS) if unknown else answer


class AcceptsAll(RestGateway):
    def set_status(self, remote_id, status, /, *, expect=None):
        """Say yes to whatever it is."""
        if status is VendorStatus.FAILED:
            return self.fetch(remote_id)
        return super().set_status(remote_id, status, expect=expect)


class Believes(RestGateway):
    def set_status(self, remote_id, status, /, *, expect=None):
        """Believe a yes."""
        value = {"status": self._statuses.word_for(status)}
        return self._of(self._rest.send("PUT", "tickets", remote_id, value=value).value)


class OnlySaysSo(RestGateway):
    def withdraw(self, remote_id, message, /, *, key):
        """Leave it alive."""
        self.comment(remote_id, message, key=key)
        return self.fetch(remote_id)


class RaisesGone(RestGateway):
    def fetch(self, remote_id, /):
        """Let the error out."""
        return self._of(self._rest.ask("tickets", remote_id).value)


class KnowsAnyTicket(RestGateway):
    def fetch(self, remote_id, /):
        """Take whatever there is not for open."""
        answer = super().fetch(remote_id)
        return attrs.evolve(answer, status=VendorStatus.OPEN) if answer.status is VendorStatus.GONE else answer


class KeepsTheOldId(RestGateway):
    def fetch(self, remote_id, /):
        """Do not see that it has moved."""
        return attrs.evolve(super().fetch(remote_id), remote_id=remote_id)


class TextFiles(RestGateway):
    def attach(self, remote_id, file, /, *, key):
        """Take files for texts."""
        return super().attach(remote_id, attrs.evolve(file, content=file.content.replace(b"\r\n", b"\n")), key=key)


class OneOfAName(RestGateway):
    def attach(self, remote_id, file, /, *, key):
        """Take a name for a file."""
        known = self.__dict__.setdefault("known", {})
        if file.name not in known:
            known[file.name] = super().attach(remote_id, file, key=key)
        return known[file.name]


# -- calls that come in


class HearsNothing(RestGateway):
    def receive(self, call, /):
        """Forget what it was about."""
        return VendorNews(delivery=super().receive(call).delivery)


class OwnDelivery(RestGateway):
    def receive(self, call, /):
        """Make an id of its own."""
        return attrs.evolve(super().receive(call), delivery=str(uuid.uuid4()))


class Undated(RestGateway):
    def receive(self, call, /):
        """Say how a ticket stands, and not since when."""
        news = super().receive(call)
        return attrs.evolve(news, answers=[VendorAnswer(remote_id=each) for each in news.hints], hints=())


class NeverVerifies(RestGateway):
    def receive(self, call, /):
        """Believe whatever can be read."""
        try:
            return super().receive(call)
        except Exception:
            return VendorNews()


class LongMemory(RestGateway):
    def receive(self, call, /):
        """Take an hour for just now."""
        verify(call.headers, call.body, secrets=self.secrets, now=call.now, tolerance=timedelta(hours=1))
        return VendorNews()


class OneSecret(RestGateway):
    def __init__(self, url, **options):
        super().__init__(url, **options)
        self.secrets = self.secrets[:1]


class ReadsFirst(RestGateway):
    def receive(self, call, /):
        """Read before it knows by whom it is."""
        json.loads(call.body)
        return super().receive(call)


FAULTS = {
    "test_name_is_one_that_outbox_and_logs_can_use": [ControlledName],
    "test_gateway_fits_its_protocol": [AwaitedOpen],
    "test_declarations_can_be_so": [SettlesSoon],
    "test_open_gives_a_ticket": [OpensElsewhere],
    "test_same_key_opens_one_ticket": [FindsNothing, FindsAll],
    "test_other_key_opens_another_ticket": [ComparesTexts],
    "test_lost_answer_opens_one_ticket": [NeverAmbiguous, Insists, FindsNothing],
    "test_many_open_at_once": [NotForThreads, OneForAll],
    "test_hostile_text_opens_a_ticket": [KnowsAscii],
    "test_text_that_no_store_keeps_does_no_harm": [TriesNulAgain],
    "test_line_stays_a_line": [SubjectAsItComes],
    "test_words_arrive": [LosesWords],
    "test_lost_answer_says_something_once": [NeverAmbiguous, Insists],
    "test_lost_answer_attaches_the_file": [GivesUp],
    "test_lost_answer_sets_the_status": [ClaimsSuccess],
    "test_lost_answer_can_be_asked_for_again": [GuessesAnswers],
    "test_desk_comes_to_one_ticket": [NeverAmbiguous, FindsNothing],
    "test_desk_says_something_once": [NeverAmbiguous, LosesReferences],
    "test_wrong_key_is_not_let_in": [SaysForbidden, GuessesAnswers],
    "test_success_as_nobody_is_none": [TrustsAnybody],
    "test_too_many_requests_are_told": [ForgetsTheWait, SaysUnavailable, Insists],
    "test_broken_answer_is_told": [SaysUnavailable, NeverAmbiguous, GuessesAnswers],
    "test_redirection_is_not_followed": [FollowsLinks],
    "test_endless_answer_is_cut": [FollowsLinks],
    "test_nothing_private_is_told": [ReprHasToken, LogsWords],
    "test_nothing_private_is_told_of_a_failure": [QuotesTheText, ShowsItsKey, LogsWords],
    "test_failure_is_whole": [BlamesAnother],
    "test_refused_change_is_final": [NeverFinal],
    "test_forbidden_is_told": [SaysForbidden],
    "test_check_says_who_we_are": [NobodyInParticular],
    "test_updates_of_one_second_are_all_heard": [BySecond, NewIds],
    "test_own_words_are_no_news": [HearsItself, RemembersItsWords],
    "test_message_is_known_by_its_reference": [LosesReferences, RemembersItsWords],
    "test_words_of_the_vendor_are_the_vendors": [ReadsQuotes],
    "test_private_stays_private": [TellsAll],
    "test_public_can_be_told": [TellsNothing],
    "test_long_words_of_the_vendor_are_heard": [KeepsALine],
    "test_changes_of_one_second_are_all_listed": [OnePage, EndlessPages],
    "test_cursor_of_others_breaks_nothing": [BelievesCursors],
    "test_cursor_survives_a_restart": [KeepsCursors],
    "test_clocks_may_differ": [TrustsItsClock],
    "test_statuses_are_translated": [AlwaysOpen],
    "test_unknown_status_is_not_guessed": [Guesses],
    "test_set_status_is_read_back": [AcceptsAll],
    "test_ended_ticket_is_found": [FindsOpenOnes],
    "test_yes_without_a_change_is_not_applied": [Believes],
    "test_stale_change_is_a_conflict": [Believes],
    "test_withdrawal_is_read_back": [OnlySaysSo],
    "test_deleted_ticket_is_gone": [RaisesGone],
    "test_unknown_ticket_is_gone": [KnowsAnyTicket],
    "test_moved_ticket_is_followed": [KeepsTheOldId],
    "test_file_arrives": [TextFiles],
    "test_files_of_one_name_are_two": [OneOfAName],
    "test_call_of_the_vendor_is_understood": [HearsNothing],
    "test_call_keeps_its_delivery": [OwnDelivery],
    "test_calls_may_come_in_any_order": [Undated],
    "test_call_that_was_changed_is_refused": [NeverVerifies, AnySecond],
    "test_call_of_a_stranger_is_refused": [NeverVerifies],
    "test_call_of_another_time_is_refused": [LongMemory],
    "test_secret_can_be_changed": [OneSecret],
    "test_garbage_is_refused": [ReadsFirst],
}
"""Of each law the gateways that break it."""


class _Suite(OnTickets, VendorSuite):
    patience: ClassVar = timedelta(seconds=0.3)


for _kinds in FAULTS.values():
    for _kind in _kinds:
        _name = f"Test{_kind.__name__}"
        globals()[_name] = type(_name, (_Suite,), {"kind": _kind, "__module__": __name__})


class TestSound(_Suite):
    """Breaks nothing."""
