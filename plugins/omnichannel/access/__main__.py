"""`python -m omnichannel.access`: the roles as they are declared, and the first user from the environment.

Run before Airflow starts (the service `migrate`). Roles that somebody edited are put back; other users and
roles are left as they are. The first user is made once: a password that was changed since is not put back.
"""

import logging
import os
import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

from include.errors import FixRequest, OmniError
from omnichannel.access import roles
from omnichannel.access.manager import TeamSecurityManager

FIRST = "admin"
PASSWORD = "AIRFLOW_ADMIN_PASSWORD"


def main() -> int:
    """0 when done, 2 when a person must act."""
    logging.disable(logging.INFO)  # Flask-AppBuilder says each of two hundred permissions
    try:
        with get_application_builder() as builder:
            settle(builder.sm)
    except OmniError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def settle(manager: TeamSecurityManager) -> None:
    """Bring roles to what is declared, and add the first user if there is nobody yet.

    Raises:
        FixRequest: the first user's password is missing or can be guessed.
    """
    manager.sync_roles()
    for role in roles.declared():
        _take_back(manager, role)
        print(f"role {role.name}: {role.purpose}")
    if manager.count_users():
        return
    password = os.environ.get(PASSWORD, "")
    if not password:
        raise FixRequest(f"{PASSWORD} is empty: it is what the user {FIRST} logs in with.")
    email = f"{FIRST}@localhost"
    manager.add_user(FIRST, "First", "user", email, manager.find_role(roles.ADMIN), password)
    print(f"user {FIRST}, role {roles.ADMIN}")


def _take_back(manager: TeamSecurityManager, role: roles.Role) -> None:
    """Take from a role what is not declared, or is declared no more."""
    found = manager.find_role(role.name)
    for permission in list(found.permissions) if found else ():
        if (permission.action.name, permission.resource.name) not in role.permissions:
            manager.remove_permission_from_role(found, permission)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
