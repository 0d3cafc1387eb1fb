/* SPDX-License-Identifier: Apache-2.0 */
/* Conninfo: is a connection string what its writer meant? libpq takes a URI whose password has a
 * `/` or `@` in it for another host, port or database, and shows what it took them for:
 *
 *   postgresql://loader:a/b@db/dwh    host `loader`, port `a`, database `b@db/dwh`
 *   postgresql://loader:a@b@db/dwh    password `a`, host `b@db`
 *
 * So that is found out before libpq connects, in words that show nothing of the string. */
#ifndef TIDE_SINK_POSTGRES_CONNINFO_H
#define TIDE_SINK_POSTGRES_CONNINFO_H

#include <libpq-fe.h>

#include "base/error.h"

/* `parsed` is what libpq made of it: NULL where it could not. `label` begins the message. */
TIDE_MUST_CHECK tide_code tide_pg_conninfo_check(const char *conninfo,
                                                 const PQconninfoOption *parsed, const char *label,
                                                 tide_error *err);

#endif
