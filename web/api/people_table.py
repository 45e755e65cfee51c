"""The routes of signing in, of one's own account, and of who may do what."""

from __future__ import annotations

from web.api import audit, codes, people, roles, session, teams, users
from web.auth.rights import Right
from web.routes import PUBLIC, SIGNED_IN, Route

V1 = "/api/v1"
ME = f"{V1}/me"
USERS = f"{V1}/users"
THROTTLED = (429,)

SESSION = (
    Route("POST", f"{V1}/session", session.sign_in, PUBLIC, "Sign in", status=201, also=(401, 429)),
    Route("GET", f"{V1}/session", session.read_session, SIGNED_IN, "Who is signed in"),
    Route("DELETE", f"{V1}/session", session.sign_out, SIGNED_IN, "Sign out"),
    Route("PATCH", ME, session.change_me, SIGNED_IN, "Change language or theme"),
    Route(
        "POST",
        f"{ME}/password",
        session.change_password,
        SIGNED_IN,
        "Change the password; every other session ends",
        also=THROTTLED,
    ),
    Route("GET", f"{ME}/sessions", session.list_sessions, SIGNED_IN, "Where one is signed in"),
    Route("DELETE", f"{ME}/sessions/{{id}}", session.end_session, SIGNED_IN, "End a session"),
    Route(
        "GET", f"{ME}/totp", codes.read_codes, SIGNED_IN, "Whether codes of an app are asked for"
    ),
    Route(
        "POST",
        f"{ME}/totp",
        codes.begin_codes,
        SIGNED_IN,
        "Pair an app; a secret, once",
        also=THROTTLED,
    ),
    Route(
        "POST",
        f"{ME}/totp/confirm",
        codes.confirm_codes,
        SIGNED_IN,
        "The app shows the right code: it is asked for from now on",
    ),
    Route(
        "POST",
        f"{ME}/totp/recovery-codes",
        codes.renew_recovery_codes,
        SIGNED_IN,
        "New recovery codes; the old ones are void",
        also=THROTTLED,
    ),
    Route(
        "POST",
        f"{ME}/totp/off",
        codes.end_codes,
        SIGNED_IN,
        "Ask for codes no more",
        also=THROTTLED,
    ),
)
PEOPLE = (
    Route("GET", f"{V1}/people", people.list_people, Right.DIRECTORY_READ, "Names of colleagues"),
    Route("GET", USERS, users.list_users, Right.USER_MANAGE, "Everybody who may sign in"),
    Route("POST", USERS, users.create_user, Right.USER_MANAGE, "New user", status=201),
    Route("PATCH", f"{USERS}/{{id}}", users.change_user, Right.USER_MANAGE, "Change a user"),
    Route(
        "GET",
        f"{USERS}/{{id}}/sessions",
        users.list_user_sessions,
        Right.USER_MANAGE,
        "Where somebody is signed in",
    ),
    Route(
        "DELETE",
        f"{USERS}/{{id}}/sessions",
        users.end_user_sessions,
        Right.USER_MANAGE,
        "Sign somebody out everywhere",
    ),
    Route(
        "DELETE",
        f"{USERS}/{{id}}/sessions/{{session}}",
        users.end_user_session,
        Right.USER_MANAGE,
        "End a session of somebody",
    ),
)
ROLES = (
    Route("GET", f"{V1}/roles", roles.list_roles, Right.DIRECTORY_READ, "Every role and right"),
    Route("POST", f"{V1}/roles", roles.create_role, Right.ROLE_MANAGE, "New role", status=201),
    Route("PATCH", f"{V1}/roles/{{name}}", roles.change_role, Right.ROLE_MANAGE, "Change a role"),
    Route(
        "DELETE",
        f"{V1}/roles/{{name}}",
        roles.delete_role,
        Right.ROLE_MANAGE,
        "Delete a role; 409 for a built-in one, and while somebody has it",
    ),
)
TEAMS = (
    Route("GET", f"{V1}/teams", teams.list_teams, Right.DIRECTORY_READ, "Every team"),
    Route("POST", f"{V1}/teams", teams.create_team, Right.TEAM_MANAGE, "New team", status=201),
    Route("PATCH", f"{V1}/teams/{{id}}", teams.change_team, Right.TEAM_MANAGE, "Change a team"),
    Route(
        "DELETE",
        f"{V1}/teams/{{id}}",
        teams.delete_team,
        Right.TEAM_MANAGE,
        "Delete a team; 409 while there are teams below it",
    ),
)
AUDIT = (
    Route(
        "GET", f"{V1}/audit", audit.search_audit, Right.AUDIT_READ, "What was done, newest first"
    ),
)

PEOPLE_ROUTES: tuple[Route, ...] = SESSION + PEOPLE + ROLES + TEAMS + AUDIT
