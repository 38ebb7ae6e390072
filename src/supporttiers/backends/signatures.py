"""
Signatures of webhooks, as Standard Webhooks has them: of those that are sent, and of those that come in.

Source: Standard Webhooks 1.0.0, symmetric signatures (`v1`).
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from supporttiers import _fields as fields
from supporttiers.errors import DefinitionError, InputError

TOLERANCE: Final = timedelta(minutes=5)
"""A signature may be so much older, or newer, than the present."""

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = range(24, 65)
_HOW: Final = "write whsec_ and 24 to 64 random bytes in base64"
_MAX_SIGNATURES: Final = 20
_SECONDS: Final = re.compile(r"[0-9]{1,11}")


def key_of(secret: str) -> bytes:
    """
    Give the key that a secret stands for.

    >>> key_of("whsec_" + "A" * 32) == bytes(24)
    True

    Raises:
        DefinitionError: It is no `whsec_` with 24 to 64 bytes in base64; the secret is not shown.
    """
    given: object = secret
    if not isinstance(given, str) or not given.startswith(_PREFIX):
        raise DefinitionError(f"secret: does not begin with {_PREFIX}; {_HOW}")
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise DefinitionError(f"secret: is no base64; {_HOW}") from None
    if len(key) not in _SECRET_BYTES:
        raise DefinitionError(f"secret: stands for {len(key)} bytes; {_HOW}")
    return key


def message_id(within: str, key: str) -> str:
    """
    Make the id of a message: the same for a key each time, and safe in a header, unlike the key, which may hold ids.

    >>> message_id("default", "T-1:4:0:mail")
    'msg_hw6ShsQwBqsToSNqEzhuZrVl'

    Args:
        within: Where the key is unique: a tenant, say.
        key: Of the message.
    """
    digest = hashlib.sha256(f"{within}\0{key}".encode()).digest()
    return "msg_" + base64.urlsafe_b64encode(digest[:18]).decode()


def sign(body: bytes, *, id: str, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """
    Give the headers that sign a body.

    >>> from datetime import UTC, datetime
    >>> secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    >>> headers = sign(b"{}", id="msg_1", at=datetime(2026, 3, 23, 9, tzinfo=UTC), secrets=[secret])
    >>> verify(headers, b"{}", secrets=[secret], now=datetime(2026, 3, 23, 9, 1, tzinfo=UTC))
    'msg_1'

    Args:
        body: What is sent, byte by byte.
        id: Of the message: the same in every attempt.
        at: Of this attempt; aware.
        secrets: One signature is made with each: with the old and the new one while a secret is changed.

    Returns:
        `webhook-id`, `webhook-timestamp` and `webhook-signature`.

    Raises:
        InputError: The body is no bytes.
        DefinitionError: There is no secret, or one that is none.
    """
    _some(secrets)
    _bytes(body)
    seconds = str(int(at.timestamp()))
    made = (_signature(key_of(secret), id.encode(), seconds.encode(), body) for secret in secrets)
    return {ID: id, TIMESTAMP: seconds, SIGNATURE: " ".join(f"v1,{each.decode()}" for each in made)}


def verify(
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Sequence[str],
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """
    Make sure that a body comes from somebody who knows one of the secrets, and has been sent just now.

    Args:
        headers: All that came with it, by name in any letters; anything may stand there.
        body: The bytes that came, before anything has read them.
        secrets: Any of these may have been used.
        now: The present instant, aware.
        tolerance: How much older or newer than that it may be.

    Returns:
        The id of the message: the same when it is sent again.

    Raises:
        InputError: It does not. The field is the header that is wrong, or `body`; what came is not shown.
        DefinitionError: There is no secret, or one that is none: that is yours to mend, and not the sender's.
    """
    _some(secrets)
    _bytes(body)
    keys = [key_of(secret) for secret in secrets]
    given = {name.lower(): value for name, value in headers.items()}
    id, seconds, signatures = (_header(given, name) for name in (ID, TIMESTAMP, SIGNATURE))
    _check_time(seconds, now, tolerance)
    claimed = [each[3:].encode() for each in signatures.split(" ")[:_MAX_SIGNATURES] if each.startswith("v1,")]
    expected = [_signature(key, id.encode(), seconds.encode(), body) for key in keys]
    if not any([hmac.compare_digest(one, other) for one in claimed for other in expected]):  # noqa: C419 - all of them
        raise InputError("", SIGNATURE, "fits none of our secrets; the sender's secret must be one of them")
    return id


def _some(secrets: Sequence[str]) -> None:
    if isinstance(secrets, str) or not secrets:
        raise DefinitionError(f"secrets: must be a list of one secret at least; {_HOW}")


def _bytes(body: object) -> None:
    if not isinstance(body, bytes | bytearray | memoryview):
        problem = f"must be bytes, as they were sent, before anything has read them; it is {fields.type_name(body)}"
        raise InputError("", "body", problem)


def _header(given: Mapping[str, str], name: str) -> str:
    value = given.get(name)
    if value is None:
        raise InputError("", name, "is missing; it is one of the headers of a signed webhook")
    problem = fields.key(value) if name != SIGNATURE else fields.text(value)
    if problem:
        raise InputError("", name, problem)
    return value


def _check_time(seconds: str, now: datetime, tolerance: timedelta) -> None:
    if not _SECONDS.fullmatch(seconds):
        raise InputError("", TIMESTAMP, "is no number of seconds since 1970")
    apart = timedelta(seconds=int(seconds)) - (now.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC))
    if abs(apart) > tolerance:
        when = "before" if apart < timedelta(0) else "after"
        raise InputError("", TIMESTAMP, f"lies more than {tolerance} {when} the present; both clocks must be right")


def _signature(key: bytes, id: bytes, seconds: bytes, body: bytes) -> bytes:
    signed = b".".join((id, seconds, body))
    return binascii.b2a_base64(hmac.digest(key, signed, hashlib.sha256), newline=False)
