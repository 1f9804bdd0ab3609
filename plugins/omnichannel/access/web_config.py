"""Flask-AppBuilder's settings (`[fab] config_file`): its forms take no password that can be guessed."""

from flask_appbuilder.const import AUTH_DB
from flask_appbuilder.exceptions import PasswordComplexityValidationError

from include.errors import FixRequest
from include.strength import refuse_password


def _refuse(password: str) -> None:
    try:
        refuse_password(password)
    except FixRequest as error:
        raise PasswordComplexityValidationError(str(error)) from None


AUTH_TYPE = AUTH_DB
AUTH_USER_REGISTRATION = False
WTF_CSRF_ENABLED = True
FAB_PASSWORD_COMPLEXITY_ENABLED = True
FAB_PASSWORD_COMPLEXITY_VALIDATOR = _refuse
# Its own limit counts right passwords as well, by address alone, and the form only: see `guesses`.
AUTH_RATE_LIMITED = False
RATELIMIT_ENABLED = False
