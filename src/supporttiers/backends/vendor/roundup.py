"""
Tickets as issues of a Roundup tracker, by its REST interface.

Our reference stands as the Message-ID of the first message of an issue: a field that every tracker has, which can be
searched, and which nobody sees. A message of ours is looked for by it before it is written, so that none is there twice.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

STATUSES: Final[Mapping[str, str]] = MappingProxyType({
    "unread": "open", "deferred": "acknowledged", "chatting": "open", "need-eg": "waiting_for_us",
    "in-progress": "in_progress", "testing": "in_progress", "resolved": "resolved", "done-cbb": "resolved",
})  # fmt: skip
"""What the statuses of Roundup's classic template mean: `chatting` is set by any message, and says nothing."""
