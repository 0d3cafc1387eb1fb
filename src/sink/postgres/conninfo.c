/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/conninfo.h"

#include <string.h>

#include "base/problem.h"
#include "base/userinfo.h"

#define PAIRS_ADVICE                                                                             \
    "write keyword=value pairs: host=... dbname=... user=... password='...', with \\\\ and \\' " \
    "for \\ and ' in the quotes"

static bool is_uri(const char *conninfo)
{
    return strncmp(conninfo, "postgresql://", strlen("postgresql://")) == 0 ||
           strncmp(conninfo, "postgres://", strlen("postgres://")) == 0;
}

/* libpq ends the userinfo at the first `@` that no `/` precedes. Another `@` before the parameters
 * is one of a password. */
static bool has_lone_at(const char *uri)
{
    const char *rest = tide_userinfo_skip_scheme(uri);
    const char *end = rest + strcspn(rest, "@/");
    rest = *end == '@' ? end + 1 : rest;
    return memchr(rest, '@', strcspn(rest, "?")) != NULL;
}

static const char *value_of(const PQconninfoOption *parsed, const char *keyword)
{
    for (; parsed->keyword != NULL; parsed++) {
        if (strcmp(parsed->keyword, keyword) == 0) {
            return parsed->val != NULL ? parsed->val : "";
        }
    }
    return "";
}

/* An abstract socket begins with one. */
static bool is_host(const char *hosts)
{
    for (const char *at = strchr(hosts, '@'); at != NULL; at = strchr(at + 1, '@')) {
        if (at != hosts && at[-1] != ',') {
            return false;
        }
    }
    return true;
}

/* One for each host, perhaps. */
static bool is_port(const char *ports)
{
    return ports[strspn(ports, "0123456789, ")] == '\0';
}

/* libpq would ask the server for a database of that name. */
static bool is_address(const char *dbname)
{
    return tide_userinfo_skip_scheme(dbname) != dbname || strstr(dbname, "password=") != NULL;
}

/* Says `what` is wrong, and how it is written rightly. libpq's own sentences quote parts of the
 * string, which may be the password. */
static tide_code refuse(const char *conninfo, const char *label, const char *what, tide_error *err)
{
    bool by_uri = is_uri(conninfo);
    return TIDE_FAIL(err, TIDE_E_CONNECTION, "%s: %s; %s%s%s", label, what,
                     by_uri ? TIDE_USERINFO_ADVICE "; or " : "", PAIRS_ADVICE,
                     by_uri ? "" : ", or a postgresql:// address");
}

tide_code tide_pg_conninfo_check(const char *conninfo, const PQconninfoOption *parsed,
                                 const char *label, tide_error *err)
{
    if (parsed == NULL) {
        return refuse(conninfo, label, "the connection string can't be parsed", err);
    }
    bool lone_at = is_uri(conninfo) && has_lone_at(conninfo);
    if (lone_at || !is_host(value_of(parsed, "host"))) {
        return refuse(conninfo, label,
                      "the connection string has a `@` where no host or database can have one",
                      err);
    }
    if (!is_port(value_of(parsed, "port"))) {
        return refuse(conninfo, label, "the port in the connection string is not a number", err);
    }
    if (is_address(value_of(parsed, "dbname"))) {
        return refuse(conninfo, label, "dbname in the connection string is an address of its own",
                      err);
    }
    return TIDE_OK;
}
