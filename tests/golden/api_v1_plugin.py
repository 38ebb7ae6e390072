"""
A plugin for version 1 of the hooks, as somebody out there has written it. It must keep working as it is.

Do not change this file: test_api_v1_plugin.py holds its digest. What it uses is promised for as long as a release has
version 1 of the hooks; a later version gets a file of its own.
"""

from supporttiers import Destination, FactSource, Reason, Refusal, VendorStatus
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.effects import VendorAnswer
from supporttiers.errors import NotifyError
from supporttiers.hookspecs import API, hookimpl

supporttiers_api = 1
assert API >= supporttiers_api

SENT = []
TOLD = []


class RouteGold:
    name = "v1.route-gold"
    revision = 1
    needs = ("plan",)

    def __init__(self, tier):
        self.tier = tier

    def route(self, situation):
        return Destination(tier=self.tier) if situation.facts["plan"] == "gold" else None

    def permit(self, situation):
        if situation.trigger == "close" and situation.case.priority == "critical":
            return Refusal(Reason("v1.not_critical"))
        return None


class Pager:
    def __init__(self, name):
        self.name = name

    def notify(self, notification, /, *, key):
        if notification.to == "nobody":
            raise NotifyError(self.name, "nobody is there", retryable=False)
        people = [contact.id for contact in notification.recipients]
        SENT.append(
            (key, notification.to, people, notification.case_id, notification.reason.code, str(notification.status))
        )


class Vendor:
    def __init__(self, name, remote_id):
        self.name = name
        self.remote_id = remote_id

    def open(self, request, /, *, key):
        return VendorAnswer(remote_id=self.remote_id)

    def fetch(self, remote_id, /):
        return VendorAnswer(remote_id=remote_id, status=VendorStatus.RESOLVED, text="Done.")


class Store(MemoryStore):
    pass


@hookimpl
def supporttiers_policies():
    return [RouteGold]


@hookimpl
def supporttiers_facts():
    return [FactSource("plan", lambda tenant, keys: {key: "gold" for key in keys}, keyed_by="customer")]


@hookimpl(tryfirst=True)
def supporttiers_notifier(url):
    return Pager(url.removeprefix("v1:")) if url.startswith("v1:") else None


@hookimpl
def supporttiers_vendor(name, settings):
    return Vendor(name, settings["first"]) if "first" in settings else None


@hookimpl
def supporttiers_store(url):
    return Store() if url == "v1:" else None


@hookimpl
def supporttiers_event(event, case):
    TOLD.append((case.tenant, event.case_id, event.version, type(event).__name__))
