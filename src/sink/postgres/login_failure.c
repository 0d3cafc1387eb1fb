/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/login_failure.h"

#include <stddef.h>
#include <string.h>

#define CHECK_ADDRESS "check host and port of the connection in the project file"
#define NO_POSTGRES "; is this the port of PostgreSQL? " CHECK_ADDRESS
#define STARTS "; it is starting, stopping or recovering: run again when it is ready"
#define NO_ROOM                                                                              \
    "; a run takes one connection for each worker and two more: lower --workers, end other " \
    "sessions, raise max_connections, or put a pooler in between"
#define NO_TLS "; give sslmode=disable or prefer, or switch TLS on at the server (ssl = on)"

#define MEND "; mend it in the connection in the project file, or in libpq's variable (PG...)"

/* The first whose words are in the message. */
static const tide_pg_login_failure failures[] = {
    {"the database system is ", TIDE_PG_NOT_NOW, STARTS},
    {"too many clients already", TIDE_PG_NOT_NOW, NO_ROOM},
    {"remaining connection slots are reserved", TIDE_PG_NOT_NOW, NO_ROOM},
    {"too many connections for ", TIDE_PG_NOT_NOW, NO_ROOM},
    {"no more connections allowed", TIDE_PG_NOT_NOW, NO_ROOM}, /* PgBouncer */
    {"no password supplied", TIDE_PG_REFUSED,
     "; give password in the connection, PGPASSWORD or a ~/.pgpass"},
    {"password authentication failed", TIDE_PG_REFUSED,
     "; check user and password of the connection in the project file"},
    {"authentication failed", TIDE_PG_REFUSED,
     "; check user and password of the connection in the project file, and the server's "
     "pg_hba.conf"},
    {"pg_hba.conf entry for", TIDE_PG_REFUSED,
     "; check user and dbname of the connection in the project file, and sslmode where the message "
     "says `no encryption`; else the server's pg_hba.conf must let this user in from here"},
    {"pg_hba.conf rejects connection", TIDE_PG_REFUSED,
     "; the server's pg_hba.conf must let this user in from here: check user, dbname and sslmode "
     "of the connection in the project file"},
    {"is not permitted to log in", TIDE_PG_REFUSED,
     "; check user of the connection in the project file, or ALTER ROLE it WITH LOGIN"},
    {"permission denied for database", TIDE_PG_REFUSED,
     "; GRANT CONNECT ON DATABASE to this user, or check user and dbname of the connection in the "
     "project file"},
    {"is not currently accepting connections", TIDE_PG_REFUSED,
     "; check dbname of the connection in the project file, or ALTER DATABASE it WITH "
     "ALLOW_CONNECTIONS true"},
    {"session is read-only", TIDE_PG_REFUSED,
     "; none of the hosts takes writes: the primary must be among them"},
    {"server does not support SSL", TIDE_PG_REFUSED, NO_TLS},
    {"certificate verify failed", TIDE_PG_REFUSED,
     "; sslrootcert must name a file with the authority that signed the server's certificate"},
    {"server certificate for ", TIDE_PG_REFUSED,
     "; host must be a name that is in the server's certificate"},
    {"root certificate file", TIDE_PG_REFUSED,
     "; sslrootcert must name a file with the authority that signed the server's certificate"},
    {"database \"", TIDE_PG_REFUSED,
     "; check dbname of the connection in the project file (without one it is the user's name), or "
     "CREATE DATABASE it"},
    {"role \"", TIDE_PG_REFUSED,
     "; check user of the connection in the project file (without one it is the name of the "
     "system's user), or CREATE ROLE it WITH LOGIN"},
    {"invalid integer value \"", TIDE_PG_MISDESCRIBED, MEND},
    {"invalid port number: \"", TIDE_PG_MISDESCRIBED, MEND},
    {" value: \"", TIDE_PG_MISDESCRIBED, MEND}, /* invalid sslmode value: "..." */
    {"could not match ", TIDE_PG_MISDESCRIBED, MEND},
    {"could not translate host name", TIDE_PG_UNREACHED,
     "; check host of the connection in the project file"},
    {"received invalid response", TIDE_PG_UNREACHED, NO_POSTGRES},
    {"expected authentication request", TIDE_PG_UNREACHED, NO_POSTGRES},
    {"server closed the connection unexpectedly", TIDE_PG_UNREACHED, NO_POSTGRES},
    {"timeout expired", TIDE_PG_UNREACHED,
     "; nothing answers there, or a firewall is in between: " CHECK_ADDRESS},
    {"connection to server", TIDE_PG_UNREACHED, "; " CHECK_ADDRESS},
};

const tide_pg_login_failure *tide_pg_login_failure_of(const char *message)
{
    static const tide_pg_login_failure other = {"", TIDE_PG_UNREACHED, ""};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (strstr(message, failures[i].words) != NULL) {
            return &failures[i];
        }
    }
    return &other;
}
