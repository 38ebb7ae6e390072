"""
Webhooks that nobody has signed: a secret in their address says that they may be listened to, and no more.

The secret stands in the URL to which the sender posts. As the password of it, `https://hook:SECRET@desk.example.org/`,
it arrives as `authorization`; as a part of the path, the host hands it over in the header `x-supporttiers-secret`.
"""

import base64
import hmac
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from supporttiers._fields import MAX_INTEGER
from supporttiers.effects import VendorCall, VendorNews
from supporttiers.errors import PluginError, WebhookRefusedError

SECRET_HEADER: Final = "x-supporttiers-secret"  # noqa: S105 - where it stands
MOST_BYTES: Final = 1024 * 1024

_SECRET: Final = re.compile("[A-Za-z0-9_-]{16,200}")
_MOST_LETTERS: Final = 600


def checked_secrets(name: str, secrets: Sequence[str]) -> tuple[bytes, ...]:
    """
    Give the secrets as bytes.

    Raises:
        PluginError: They are no list, or one of them is too short or cannot stand in a URL as it is; none is shown.
    """
    if isinstance(secrets, str):
        raise PluginError(name, "its `secrets` must be a list, so that one can be changed for another")
    given: Sequence[object] = secrets
    for secret in given:
        if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
            raise PluginError(
                name, "each of its `secrets` must be 16 to 200 letters, digits, - and _, so as to fit a URL"
            )
    return tuple(secret.encode() for secret in secrets)


def news_of(call: VendorCall, *, vendor: str, secrets: Sequence[bytes]) -> VendorNews:
    """
    Read which ticket a webhook of django-helpdesk speaks of.

    Raises:
        WebhookRefusedError: 404 where no webhooks are expected, 401 where it knows none of the secrets, 413 where it is
            too long, and 400 where it speaks of no ticket.
    """
    if not secrets:
        raise WebhookRefusedError(vendor, 404, "no webhooks are expected: its gateway has no `secrets`")
    given = _given(call)
    if not any([hmac.compare_digest(one, other) for one in given for other in secrets]):  # noqa: C419 - all of them
        raise WebhookRefusedError(vendor, 401, "none of our secrets came with it")
    if len(call.body) > MOST_BYTES:
        raise WebhookRefusedError(vendor, 413, f"it is longer than {MOST_BYTES} bytes")
    return VendorNews(hints=(_ticket_in(call.body, vendor),))


def _given(call: VendorCall) -> list[bytes]:
    found = [call.headers.get(SECRET_HEADER, "")]
    scheme, _, words = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic" and len(words) <= _MOST_LETTERS:
        with suppress(ValueError):  # no base64, or no text
            found.append(base64.b64decode(words.strip(), validate=True).decode().partition(":")[2])
    return [each.encode(errors="replace") for each in found if len(each) <= _MOST_LETTERS]


def _ticket_in(body: bytes, vendor: str) -> str:
    try:
        said = json.loads(body)
        number = said["ticket"]["id"]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        raise WebhookRefusedError(vendor, 400, "it speaks of no ticket") from None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= MAX_INTEGER:
        raise WebhookRefusedError(vendor, 400, "it speaks of no ticket")
    return str(number)
