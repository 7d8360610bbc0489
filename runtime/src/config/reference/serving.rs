//! Listeners, the database, keys, administration.

use super::{Group, variable};

pub(super) const GROUPS: &[Group] = &[
    Group {
        title: "Listeners",
        before: "",
        variables: &[
            variable(
                "HOST",
                "address",
                "`::`",
                "where functions are served. `::` takes IPv4 too; without IPv6 it means `0.0.0.0`",
            ),
            variable("PORT", "1–65535", "`7133`", "the port of it"),
            variable(
                "WASMFORGE_PLATFORM_ADDR",
                "host:port",
                "`127.0.0.1:7130`",
                "where the platform is served",
            ),
            variable(
                "WASMFORGE_DRAIN_MS",
                "ms",
                "`30000`",
                "how long running invocations may go on after SIGTERM",
            ),
        ],
        after: "",
    },
    Group {
        title: "Database and keys",
        before: "",
        variables: &[
            variable(
                "DATABASE_URL",
                "URL",
                "–",
                "`postgres://user:password@host:port/database`. Wins over the five below",
            ),
            variable("POSTGRES_HOST", "host", "`postgres`", "where PostgreSQL is"),
            variable("POSTGRES_PORT", "1–65535", "`5432`", "its port"),
            variable("POSTGRES_DB", "name", "`insforge`", "the database"),
            variable("POSTGRES_USER", "name", "`postgres`", "who logs in"),
            variable("POSTGRES_PASSWORD", "text", "`postgres`", "the password"),
            variable(
                "WASMFORGE_MIGRATE",
                "`auto`, `never`",
                "`auto`",
                "whether our columns and tables are added; see [Migrations](operators-guide.md#migrations)",
            ),
            variable(
                "WASMFORGE_POLL_MS",
                "ms",
                "`2000`",
                "how often changes are asked for, in case a notification was lost",
            ),
            variable(
                "WASMFORGE_VERSIONS",
                "versions",
                "`50`",
                "how many versions of a function are kept; see [Versions](operators-guide.md#versions)",
            ),
            variable("ENCRYPTION_KEY", "text", "`JWT_SECRET`", "decrypts secrets, and seals machine code"),
            variable("JWT_SECRET", "text", "the stored secret", "verifies HS256 tokens of admins"),
            variable(
                "ACCESS_API_KEY",
                "text",
                "generated",
                "the administrator's key of a database that we create. `ik_` is put before it if missing",
            ),
            variable(
                "ACCESS_ANON_KEY",
                "text",
                "generated",
                "the anonymous key of such a database. `anon_` is put before it if missing",
            ),
            variable(
                "ROOT_ADMIN_USERNAME",
                "name",
                "–",
                "who may sign in as the administrator; without it and the password nobody may",
            ),
            variable("ROOT_ADMIN_PASSWORD", "text", "–", "the administrator's password"),
            variable(
                "INSFORGE_DISABLE_WRITE_RATE_LIMIT",
                "flag",
                "off",
                "lets one address change functions more than 15 times in 5 minutes",
            ),
        ],
        after: "",
    },
    Group {
        title: "Functions' SQL",
        before: "\
Functions reach the database as login roles of their own, `wasmforge_caller` and `wasmforge_service`, which are created when
they are first needed, if `DATABASE_URL`'s role may create roles ([why](decisions/0018-sql-login-roles.md)). Otherwise create
roles like these, and say so:

```sql
CREATE ROLE functions_caller LOGIN NOINHERIT PASSWORD '…';
GRANT anon, authenticated TO functions_caller;
CREATE ROLE functions_service LOGIN NOINHERIT PASSWORD '…';
GRANT project_admin TO functions_service;
```",
        variables: &[
            variable(
                "WASMFORGE_SQL_CALLER_URL",
                "URL",
                "derived",
                "connections for callers: a member of `anon` and `authenticated`",
            ),
            variable(
                "WASMFORGE_SQL_SERVICE_URL",
                "URL",
                "derived",
                "connections for admins and the grant `service`: a member of `project_admin`",
            ),
            variable(
                "WASMFORGE_SQL_CALLER_CONNECTIONS",
                "connections",
                "`20`",
                "the most for callers, per node",
            ),
            variable(
                "WASMFORGE_SQL_SERVICE_CONNECTIONS",
                "connections",
                "`10`",
                "the most for services, per node",
            ),
        ],
        after: "\
A login role that is a superuser, may create roles, replicate or bypass row-level security is refused. `sslmode` is
understood as libpq does: `prefer` and `require` encrypt, `verify-full` also checks the certificate.",
    },
];
