"""
Protocols of policies and ports: what to build to plug something in. Shapes, and next to no code.

A *policy* is a rule that the engine asks; a *port* is a way out into the world, handed to the desk as an object.
"""

from supporttiers.protocols.adapters import Notifier, VendorGateway
from supporttiers.protocols.people import AgentDirectory, Directory, ManagerDirectory, OnCallDirectory, TenantDirectory
from supporttiers.protocols.policies import (
    METHODS,
    AssignPolicy,
    PermitPolicy,
    Policy,
    PriorityPolicy,
    ReactPolicy,
    ReopenPolicy,
    RoutePolicy,
    TargetPolicy,
    VendorPolicy,
    methods_of,
)
from supporttiers.protocols.records import (
    Backlog,
    Commit,
    Decide,
    DueCase,
    KeyUse,
    Loaded,
    Message,
    OpenTicket,
    ParkedCase,
    Setback,
    Settled,
    Workload,
)
from supporttiers.protocols.stores import (
    CAPABILITIES,
    GROUPS,
    KEY_LIFE,
    ORDERS,
    STATES,
    AsyncCaseStore,
    CaseStore,
    JoiningStore,
    SchemaStore,
)

__all__ = [
    "CAPABILITIES",
    "GROUPS",
    "KEY_LIFE",
    "METHODS",
    "ORDERS",
    "STATES",
    "AgentDirectory",
    "AssignPolicy",
    "AsyncCaseStore",
    "Backlog",
    "CaseStore",
    "Commit",
    "Decide",
    "Directory",
    "DueCase",
    "JoiningStore",
    "KeyUse",
    "Loaded",
    "ManagerDirectory",
    "Message",
    "Notifier",
    "OnCallDirectory",
    "OpenTicket",
    "ParkedCase",
    "PermitPolicy",
    "Policy",
    "PriorityPolicy",
    "ReactPolicy",
    "ReopenPolicy",
    "RoutePolicy",
    "SchemaStore",
    "Setback",
    "Settled",
    "TargetPolicy",
    "TenantDirectory",
    "VendorGateway",
    "VendorPolicy",
    "Workload",
    "methods_of",
]
