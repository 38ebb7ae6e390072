"""Any vendor with a script: each call is one signed webhook, and so is each call that comes back."""

import base64
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from supporttiers import _fields as fields
from supporttiers._fields import nearest, one_line
from supporttiers.backends.rest import TIMEOUT, Rest
from supporttiers.backends.signatures import key_of, message_id, sign, verify
from supporttiers.backends.tickets import Statuses, clean
from supporttiers.backends.transport import MOST_BYTES, Transport
from supporttiers.backends.vendor._settings import Settings, time_limit
from supporttiers.backends.vendor._webhook_tickets import (
    MisshapenError,
    changes_of,
    id_of,
    identity_of,
    part,
    some,
    table,
    ticket_of,
    tickets_of,
)
from supporttiers.clock import Clock, IdFactory, SystemClock
from supporttiers.effects import (
    VendorAnswer,
    VendorCall,
    VendorChanges,
    VendorFile,
    VendorIdentity,
    VendorMessage,
    VendorNews,
    VendorRequest,
)
from supporttiers.errors import DefinitionError, InputError, PluginError, VendorError, WebhookRefusedError
from supporttiers.links import VendorStatus

T = TypeVar("T")

TYPE: Final = "org.supporttiers.vendor."
"""What the `type` of every event begins with; the call follows, or `changed` in the vendor's own."""

CAN: Final = ("check", "find", "comment", "set_status", "attach", "changes", "withdraw")
"""What a script may be able to do, besides to open a ticket and to say how far it is."""

STATUSES: Final[Mapping[str, str]] = {
    str(status): str(status)
    for status in VendorStatus
    if status not in {VendorStatus.REQUESTED, VendorStatus.FAILED, VendorStatus.UNKNOWN}
}
"""The words for statuses, unless others are said: ours."""

_WHOLE: Final = frozenset({"status", "updated_at"})
_NO_LONGER: Final = frozenset({"gone"})


class WebhookVendor:
    """
    Sends each call to one URL, as a signed CloudEvent, and understands signed events that the vendor sends back.

    `webhook-id` is the same whenever a key is: the script does the work of an id once, and gives the same answer again.

    >>> vendor = WebhookVendor("acme", url="https://acme.example/in/8f2c", secrets=["whsec_" + "A" * 32], can=["find"])
    >>> vendor, callable(vendor.find), hasattr(vendor, "comment")
    (WebhookVendor('acme', 'acme.example'), True, False)

    Attributes:
        name: By which tiers refer to the vendor.
        statuses: Which statuses its tickets can have.

    .. versionadded:: 0.1.0
    """

    check: Callable[[], VendorIdentity]
    find: Callable[[str], Sequence[VendorAnswer]]
    comment: Callable[..., str]
    set_status: Callable[..., VendorAnswer]
    attach: Callable[..., str]
    changes: Callable[..., VendorChanges]
    withdraw: Callable[..., VendorAnswer]

    def __init__(
        self,
        name: str,
        *,
        url: str,
        secrets: Sequence[str],
        can: Collection[str] = (),
        statuses: Mapping[str, str] = STATUSES,
        source: str = "/supporttiers",
        timeout: timedelta = TIMEOUT,
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        """
        Name the script; nothing is sent yet.

        Args:
            name: By which tiers refer to the vendor.
            url: Where the script listens; it is never shown, because many a URL is a secret.
            secrets: `whsec_` and base64: what is sent is signed with each, and what comes may be signed with any, so
                that one can be changed for another.
            can: What the script can do: some of `CAN`. The gateway has these methods, and no others.
            statuses: Our status by the script's word.
            source: The `source` of the events.
            timeout: How long one exchange may take; at most two minutes.
            transport: Carries the requests; `HttpTransport` when None.
            clock: Tells the time for signatures.

        Raises:
            PluginError: One of these cannot be so. Neither URL nor secrets are shown.
        """
        if isinstance(secrets, str) or not secrets:
            raise PluginError(name, "secrets must be a list of one at least, such as ['whsec_...']")
        self.name: Final = name
        self._clock: Final = clock or SystemClock()
        self._ids: Final = IdFactory()
        self._source: Final = source
        try:
            self._rest: Final = Rest(name, url, headers={}, transport=transport, timeout=timeout, clock=clock)
            self._host: Final = urlsplit(url).hostname
            for secret in secrets:
                key_of(secret)
        except DefinitionError as error:
            raise PluginError(name, str(error)) from None
        if problem := time_limit(timeout):
            raise PluginError(name, f"timeout {problem}")
        self._secrets: Final = tuple(secrets)
        self._statuses: Final = Statuses(name, statuses)
        self.statuses: Final = self._statuses.possible
        for each in _abilities(name, can):
            setattr(self, each, getattr(self, f"_{each}"))

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, object]) -> "WebhookVendor":
        """
        Make one from settings: `url`, `secrets` (or `secrets_env`), and perhaps `can`, `statuses` and `source`.

        Raises:
            PluginError: They are not such.
        """
        read = Settings(name, settings, possible=("url", "secrets", "can", "statuses", "source"))
        return cls(
            name, url=read.url("url"), secrets=read.several("secrets"), can=read.several("can"),
            statuses=read.table("statuses", otherwise=STATUSES),
            source=read.text("source", otherwise="/supporttiers"), timeout=read.timeout(),
        )  # fmt: skip

    def __repr__(self) -> str:
        """Show where to as far as the host: what follows may be a secret."""
        return f"{type(self).__name__}({self.name!r}, {self._host!r})"

    # -- what every script can do

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """
        Open a ticket, or give the one that this key opened before.

        Raises:
            VendorError: It was not opened, or nobody knows (`ambiguous`).
        """
        data = {
            "tenant": request.tenant, "case_id": request.case_id, "reference": request.reference,
            "subject": one_line(clean(request.subject)), "text": clean(request.text), "category": request.category,
            "priority": request.priority, "follows": request.follows,
        }  # fmt: skip
        return self._call("open", data, self._ticket, subject=request.case_id, key=key)

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """
        Say how far a ticket is; one that is no longer there is `gone`.

        Raises:
            VendorError: Nobody says.
        """
        try:
            return self._call("fetch", {"id": remote_id}, self._ticket, subject=remote_id)
        except VendorError as error:
            if error.kind not in _NO_LONGER:
                raise
        return VendorAnswer(remote_id=remote_id, status=VendorStatus.GONE)

    def receive(self, call: VendorCall, /) -> VendorNews:
        """
        Make sure that a call comes from somebody who knows a secret, and say what it means.

        A ticket that comes with its status and `updated_at` is an answer; one with less is a hint.

        Raises:
            WebhookRefusedError: 401: nobody knows from whom it comes, or it is not of just now. 400: it says nothing
                that can be understood. 413: it is too long.
        """
        if len(call.body) > MOST_BYTES:
            raise WebhookRefusedError(self.name, 413, f"it is longer than {MOST_BYTES} bytes")
        try:
            delivery = verify(call.headers, call.body, secrets=self._secrets, now=call.now)
        except InputError as error:
            raise WebhookRefusedError(self.name, 401, f"{error.field} {error.problem}") from None
        try:
            return self._news(delivery, json.loads(call.body))
        except MisshapenError as error:
            raise WebhookRefusedError(self.name, 400, str(error)) from None
        except (ValueError, RecursionError):
            raise WebhookRefusedError(self.name, 400, "the body is no JSON") from None

    def _news(self, delivery: str, event: object) -> VendorNews:
        said = table(event, "the body")
        if part(said, "type", str) != f"{TYPE}changed":
            raise MisshapenError(f"type must be {TYPE}changed")
        data = table(said.get("data"), "data")
        given = [table(each, "a ticket") for each in some(part(data, "tickets", list, otherwise=[data]))]
        whole = [each for each in given if each.keys() >= _WHOLE]
        hints = [part(each, "id", str) for each in given if not each.keys() >= _WHOLE]
        if problem := next(filter(None, map(fields.name, hints)), None):
            raise MisshapenError(f"id {problem}")
        return VendorNews(delivery=delivery, answers=[self._ticket(each) for each in whole], hints=hints)

    # -- what some can do: each is there under its name where `can` names it

    def _check(self) -> VendorIdentity:
        return self._call("check", {}, lambda said: identity_of(said, self._statuses))

    def _find(self, reference: str, /) -> Sequence[VendorAnswer]:
        return self._call(
            "find", {"reference": reference}, lambda said: tickets_of(said, self._statuses), subject=reference
        )  # fmt: skip

    def _comment(self, remote_id: str, message: VendorMessage, /, *, key: str) -> str:
        return self._call("comment", _said(remote_id, message), id_of, subject=remote_id, key=key)

    def _attach(self, remote_id: str, file: VendorFile, /, *, key: str) -> str:
        content = base64.b64encode(file.content).decode()
        name = one_line(clean(file.name)) or "file"
        data = {"id": remote_id, "name": name, "media_type": file.media_type, "content": content}
        return self._call("attach", data, id_of, subject=remote_id, key=key)

    def _set_status(self, remote_id: str, status: VendorStatus, /, *, expect: str | None = None) -> VendorAnswer:
        word = self._statuses.word_for(status)
        if word is None:
            raise VendorError(self.name, f"it has no word for the status {status}", retryable=False, kind="rejected")
        data = {"id": remote_id, "status": word, "expect": expect}
        self._call("set_status", data, self._ticket, subject=remote_id, changes=True)
        found = self.fetch(remote_id)
        if found.status is not status:
            problem = f"it was told that the ticket is {status}, said yes, and has it as {found.status}"
            raise VendorError(self.name, problem, retryable=True, kind="not_applied")
        return found

    def _changes(self, cursor: str | None, /, *, limit: int) -> VendorChanges:
        return self._call("changes", {"cursor": cursor, "limit": limit}, changes_of)

    def _withdraw(self, remote_id: str, message: VendorMessage, /, *, key: str) -> VendorAnswer:
        self._call("withdraw", _said(remote_id, message), self._ticket, subject=remote_id, key=key)
        return self.fetch(remote_id)

    # -- how it is said

    def _ticket(self, said: object) -> VendorAnswer:
        return ticket_of(said, self._statuses)

    def _call(
        self, what: str, data: Mapping[str, Any], read: Callable[[object], T], *, subject: str = "", key: str = "",
        changes: bool = False,
    ) -> T:  # fmt: skip
        """Send one event, and read its answer; a key makes its id; without one it changes nothing unless it says so."""
        now, changes = self._clock.now(), changes or bool(key)
        id = message_id(what, key) if key else f"msg_{self._ids.new_id(now)}"
        event = {
            "specversion": "1.0", "id": id, "source": self._source, "type": TYPE + what, "subject": subject or None,
            "time": now.isoformat().replace("+00:00", "Z"), "datacontenttype": "application/json", "data": data,
        }  # fmt: skip
        body = json.dumps({name: value for name, value in event.items() if value is not None}).encode()
        headers = sign(body, id=id, at=now, secrets=self._secrets)
        headers["content-type"] = "application/cloudevents+json; charset=utf-8"
        try:
            answer = self._rest.send("POST", content=body, headers=headers)
        except VendorError as error:
            error.ambiguous = error.ambiguous and changes
            raise
        try:
            return read(answer.value)
        except MisshapenError as error:
            raise self._rest.misunderstood(f"in its answer {error}", ambiguous=changes) from None


def _abilities(name: str, can: Collection[str]) -> Collection[str]:
    """Give what a script can do, all of which must be known."""
    if isinstance(can, str):
        raise PluginError(name, f"can is a text; write a list, as in [{can!r}]")
    for each in can:
        if each not in CAN:
            meant = nearest(str(each), CAN)
            advice = f"did you mean {meant!r}?" if meant else f"possible are: {', '.join(CAN)}"
            raise PluginError(
                name, f"can names {one_line(str(each))[:40]!r}, which is nothing that is called; {advice}"
            )
    return can


def _said(remote_id: str, message: VendorMessage) -> Mapping[str, Any]:
    return {
        "id": remote_id, "tenant": message.tenant, "case_id": message.case_id, "purpose": message.purpose,
        "reference": message.reference, "text": clean(message.text),
    }  # fmt: skip
