"""The roles of a team, declared here and nowhere else: what each may do beyond the role below it.

A permission is an action on a resource, as Flask-AppBuilder names them. Ours beside its own are for one DAG:
`can_create` on `Dry run:<dag>` (see `DRY`) and on `Run:<dag>`, `can_edit` on `Clear:<dag>`. See ADR 0033 for
why each role may what it may.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from airflow.providers.fab.www.security import permissions as fab

from include.channels import load_channels

Permission = tuple[str, str]

ADMIN = "Admin"  # Flask-AppBuilder's own: it has every permission, and users
RUN, DRY_RUN, CLEAR = "Run:", "Dry run:", "Clear:"
BUILD, REPORT = "build_customer360", "report_results"

# What makes a run of a DAG one after which nothing leaves.
DRY: Mapping[str, tuple[str, Any]] = {
    BUILD: ("send", "no"),
    "activate_audiences": ("dry_run", True),
    "send_messages": ("dry_run", True),
}


@dataclass(frozen=True)
class Role:
    """A role: its name, what it is for, and its permissions."""

    name: str
    purpose: str
    permissions: frozenset[Permission]


def declared() -> list[Role]:
    """The roles, each with what it may; the DAGs of channels are those that are declared."""
    ingests = [f"ingest_{channel}" for channel in load_channels()]
    viewer = frozenset(FabAirflowSecurityManagerOverride.VIEWER_PERMISSIONS) | _seen_by_all()
    analyst = {(fab.ACTION_CAN_CREATE, f"{RUN}{dag}") for dag in (*ingests, REPORT)}
    analyst |= {(fab.ACTION_CAN_CREATE, f"{DRY_RUN}{dag}") for dag in DRY}
    analyst |= {(fab.ACTION_CAN_EDIT, f"{CLEAR}{BUILD}")}
    answer = {(fab.ACTION_CAN_EDIT, fab.RESOURCE_HITL_DETAIL)}
    return [
        Role("viewer", "reads DAGs, runs, logs and results", viewer),
        Role("analyst", "reads new data in, builds without sending, clears the build", viewer | analyst),
        Role("marketer", "answers what waits for a person", viewer | answer),
        Role("operator", "runs everything, and sees how it runs", viewer | answer | _runs() | _watches()),
    ]


def _seen_by_all() -> set[Permission]:
    """The page of what waits for an answer: everybody may read it."""
    return {(fab.ACTION_CAN_ACCESS_MENU, fab.RESOURCE_HITL_DETAIL)}


def _runs() -> set[Permission]:
    """Start, clear, mark, pause, backfill, pools. Nothing deletes history, writes a result or announces."""
    create, edit, delete = fab.ACTION_CAN_CREATE, fab.ACTION_CAN_EDIT, fab.ACTION_CAN_DELETE
    return {
        (edit, fab.RESOURCE_DAG),
        *((action, fab.RESOURCE_DAG_RUN) for action in (create, edit)),
        (edit, fab.RESOURCE_TASK_INSTANCE),
        *((action, fab.RESOURCE_BACKFILL) for action in (create, edit)),
        *((action, fab.RESOURCE_POOL) for action in (create, edit, delete)),
    }


def _watches() -> set[Permission]:
    """What else an operator sees: the audit log, plugins, providers, triggers."""
    seen = (fab.RESOURCE_AUDIT_LOG, fab.RESOURCE_PLUGIN, fab.RESOURCE_PROVIDER, fab.RESOURCE_TRIGGER)
    menu = (fab.RESOURCE_ADMIN_MENU, fab.RESOURCE_POOL, fab.RESOURCE_XCOM, *seen)
    return {
        *((fab.ACTION_CAN_READ, resource) for resource in seen),
        *((fab.ACTION_CAN_ACCESS_MENU, resource) for resource in menu),
    }
