"""Airflow's auth manager for a team: Flask-AppBuilder's, with our roles and narrower rules for writing."""

from functools import cached_property
from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from airflow.providers.fab.auth_manager.models import User
from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from airflow.providers.fab.www.security import permissions as fab
from airflow.utils.session import create_session
from fastapi import HTTPException, status

from include.settings import load
from include.strength import refuse_password
from omnichannel.access import asked, roles, second_person

CLEARS = ("post_clear_task_instances", "clear_dag_run")


class TeamSecurityManager(FabAirflowSecurityManagerOverride):
    """Flask-AppBuilder's users and roles; ours in place of its Viewer, User and Op."""

    @cached_property
    def ROLE_CONFIGS(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The roles that are created when Airflow starts."""
        ours = [{"role": role.name, "perms": sorted(role.permissions)} for role in roles.declared()]
        own = FabAirflowSecurityManagerOverride.ROLE_CONFIGS
        return [*(config for config in own if config["role"] in ("Public", roles.ADMIN)), *ours]

    def _hash_password(self, password: str) -> str:
        """Hash a new password, if it is one: every way to set one ends here, but the forms (`web_config`).

        Raises:
            FixRequest: it can be guessed.
        """
        refuse_password(password)
        return str(super()._hash_password(password))


class TeamAuthManager(FabAuthManager):
    """Who may do what with which DAG.

    Flask-AppBuilder lets who may edit a DAG pause it, and who may edit any task instance mark it a success.
    Here a write needs the permission on exactly what is written, for all DAGs, or one of ours for this DAG.
    """

    @cached_property
    def security_manager(self) -> TeamSecurityManager:
        """Users and roles."""
        if not self.appbuilder:
            raise RuntimeError("AppBuilder is not initialized.")
        return TeamSecurityManager(self.appbuilder)  # type: ignore[no-untyped-call]

    def is_authorized_dag(
        self,
        *,
        method: Any,
        user: User,
        access_entity: DagAccessEntity | None = None,
        details: DagDetails | None = None,
    ) -> bool:
        """Whether the user may do this.

        Raises:
            HTTPException: 403 with the reason, where the answer to a question comes from who asked.
        """
        if method == "GET":
            return super().is_authorized_dag(
                method=method, user=user, access_entity=access_entity, details=details
            )
        dag_id = (details.id if details else None) or ""
        resource = self._get_fab_resource_types(access_entity)[-1] if access_entity else fab.RESOURCE_DAG
        if access_entity is DagAccessEntity.HITL_DETAIL:
            return self._may(method, resource, user) and self._is_second_person(dag_id, user)
        return self._may(method, resource, user) or self._may_for_dag(method, access_entity, dag_id, user)

    def _may(self, method: Any, resource: str, user: User) -> bool:
        return self._is_authorized(method=method, resource_type=resource, user=user)

    def _may_for_dag(self, method: Any, entity: DagAccessEntity | None, dag_id: str, user: User) -> bool:
        """By a permission for this DAG alone: to start it, to start it dry, or to clear it."""
        if not dag_id:
            return False
        if asked.endpoint() in CLEARS:
            return bool(method == "PUT") and self._may("PUT", f"{roles.CLEAR}{dag_id}", user)
        if (method, entity, asked.endpoint()) != ("POST", DagAccessEntity.RUN, "trigger_dag_run"):
            return False
        if self._may("POST", f"{roles.RUN}{dag_id}", user):
            return True
        name, dry = roles.DRY.get(dag_id, ("", None))
        is_dry = bool(name) and asked.conf().get(name) == dry and type(asked.conf().get(name)) is type(dry)
        return is_dry and self._may("POST", f"{roles.DRY_RUN}{dag_id}", user)

    def _is_second_person(self, dag_id: str, user: User) -> bool:
        """Whether somebody else asked; always where no second person is needed."""
        if not load().second_person:
            return True
        run_id, task_id = asked.path_parameter("dag_run_id"), asked.path_parameter("task_id")
        if not dag_id or not run_id:
            return False
        with create_session() as session:
            how = second_person.asked_by(session, (dag_id, run_id), user.get_name(), _may_change(user))
            if how:
                second_person.note_refusal(session, dag_id, run_id, task_id, user.get_name())
        if how:
            raise HTTPException(
                status.HTTP_403_FORBIDDEN, f"A second person must answer: {how}. The question stays open."
            )
        return True


def _may_change(user: User) -> bool:
    """Whether the user may change any run by hand."""
    edits = {resource for action, resource in user.perms if action == fab.ACTION_CAN_EDIT}
    return fab.RESOURCE_TASK_INSTANCE in edits or any(name.startswith(roles.CLEAR) for name in edits)
