"""
Tickets as issues of a Roundup tracker, by its REST interface.

Our reference stands as the Message-ID of the first message of an issue: a field that every tracker has, which can be
searched, and which nobody sees. A message of ours is looked for by it before it is written, so that none is there twice.
"""

import base64
import hashlib
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from supporttiers._fields import MAX_TEXT_BYTES, clipped, one_line
from supporttiers.backends.transport import Transport
from supporttiers.backends.vendor._rest import TIMEOUT, Reply, Rest
from supporttiers.backends.vendor._roundup_changes import FORMAT, Place, earlier, instant_of
from supporttiers.backends.vendor._roundup_entries import Reader
from supporttiers.backends.vendor._settings import Settings
from supporttiers.backends.vendor._statuses import Statuses
from supporttiers.clock import Clock
from supporttiers.effects import (
    VendorAnswer,
    VendorChanges,
    VendorFile,
    VendorIdentity,
    VendorMessage,
    VendorRequest,
)
from supporttiers.errors import VendorError
from supporttiers.links import MAX_ENTRIES, VendorStatus, reference_of

STATUSES: Final[Mapping[str, str]] = MappingProxyType({
    "unread": "open", "deferred": "acknowledged", "chatting": "open", "need-eg": "waiting_for_us",
    "in-progress": "in_progress", "testing": "in_progress", "resolved": "resolved", "done-cbb": "resolved",
})  # fmt: skip
"""What the statuses of Roundup's classic template mean: `chatting` is set by any message, and says nothing."""
