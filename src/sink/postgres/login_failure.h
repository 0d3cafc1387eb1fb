/* SPDX-License-Identifier: Apache-2.0 */
/* Login failure: what became of an attempt to connect, and what to do about it.
 *
 * libpq keeps the SQLSTATE of a refused login to itself, so its text is looked at. Of a server that
 * speaks another language than English the text is told, without advice, and as not passing. */
#ifndef TIDE_SINK_POSTGRES_LOGIN_FAILURE_H
#define TIDE_SINK_POSTGRES_LOGIN_FAILURE_H

#include <stdbool.h>

typedef enum tide_pg_login_kind {
    TIDE_PG_UNREACHED = 0, /* no PostgreSQL server has answered, or nobody knows */
    TIDE_PG_REFUSED,       /* it has, and does not let us in */
    TIDE_PG_NOT_NOW,       /* it may let us in soon */
    TIDE_PG_MISDESCRIBED   /* libpq did not ask it: a parameter is wrong */
} tide_pg_login_kind;

typedef struct tide_pg_login_failure {
    const char *words; /* of libpq or the server */
    tide_pg_login_kind kind;
    const char *advice; /* what follows the words, from "; " on */
} tide_pg_login_failure;

/* Never NULL; static. */
const tide_pg_login_failure *tide_pg_login_failure_of(const char *message);

#endif
