"""Who wakes when, in memory."""

import heapq
from datetime import datetime

Id = tuple[str, str]
"""Tenant and id: of a case, a message or an idempotency key."""


class Wakes:
    """Who wakes when: a heap in which what no longer holds is left to sink to the top."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._at: dict[Id, datetime] = {}
        self._heap: list[tuple[datetime, Id]] = []

    def set(self, who: Id, at: datetime | None) -> None:
        """Change one wake-up."""
        if at == self._at.get(who):
            return
        if at is None:
            del self._at[who]
            return
        self._at[who] = at
        heapq.heappush(self._heap, (at, who))
        if len(self._heap) > 2 * len(self._at) + 64:
            self._heap = [(when, one) for one, when in self._at.items()]
            heapq.heapify(self._heap)

    def earliest(self, tenant: str | None) -> datetime | None:
        """Give the earliest wake-up, of one tenant or of all."""
        if tenant is not None:
            return min((at for who, at in self._at.items() if who[0] == tenant), default=None)
        while self._heap and not self._holds(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def until(self, now: datetime, limit: int, tenant: str | None) -> list[Id]:
        """Give those that wake at or before an instant, the earliest first; they go on waiting."""
        taken: dict[Id, datetime] = {}
        found: list[Id] = []
        while len(found) < limit and self._heap and self._heap[0][0] <= now:
            at, who = entry = heapq.heappop(self._heap)
            if self._holds(entry) and who not in taken:
                taken[who] = at
                if tenant in {None, who[0]}:
                    found.append(who)
        for who, at in taken.items():
            heapq.heappush(self._heap, (at, who))
        return found

    def _holds(self, entry: tuple[datetime, Id]) -> bool:
        return self._at.get(entry[1]) == entry[0]
