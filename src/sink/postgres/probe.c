/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a connection: does it answer, as what, what may this user do, how late is it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "sink/postgres/postgres.h"

#define VERSION_MIN 130000

typedef struct probe {
    tide_pg_connection connection;
    tide_findings *findings;
} probe;

/* A setting's or a function's value as text; "" where it can't be asked. Owned by the list. */
static const char *ask(probe *p, const char *sql)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    char *answer = NULL;
    if (tide_pg_ask(&p->connection, sql, NULL, 0, &answer, &ignored) != TIDE_OK || answer == NULL) {
        return "";
    }
    const char *kept = tide_arena_copy_string(&p->findings->arena, answer);
    tide_free(answer);
    return kept != NULL ? kept : "";
}

static bool is(const char *answer, const char *wanted)
{
    return strcmp(answer, wanted) == 0;
}

static void look_at_version(probe *p, int64_t micros)
{
    long number = strtol(ask(p, "SHOW server_version_num"), NULL, 10);
    bool old = number > 0 && number < VERSION_MIN;
    bool encrypted = PQsslInUse(p->connection.handle) != 0;
    tide_findings_add(p->findings, old ? TIDE_FAILURE : TIDE_FINE, "server",
                      old ? "PostgreSQL 13 or newer is needed" : NULL,
                      "PostgreSQL %s at %s, %s; connected in %.1f ms",
                      ask(p, "SHOW server_version"), PQhost(p->connection.handle),
                      encrypted ? "encrypted" : "not encrypted", (double)micros / 1000);
}

static void look_at_durability(probe *p)
{
    if (is(ask(p, "SELECT pg_is_in_recovery()"), "t")) {
        tide_findings_add(p->findings, TIDE_FAILURE, "writing",
                          "connect to the primary: target_session_attrs=read-write finds it",
                          "this is a standby, which takes no rows");
    } else if (is(ask(p, "SHOW default_transaction_read_only"), "on")) {
        tide_findings_add(p->findings, TIDE_FAILURE, "writing",
                          "take default_transaction_read_only back: it is set for this server, "
                          "database or user, or in the connection's options",
                          "sessions are read-only, and take no rows");
    }
    if (is(ask(p, "SHOW fsync"), "off") || is(ask(p, "SHOW full_page_writes"), "off")) {
        tide_findings_add(p->findings, TIDE_WARNING, "durability",
                          "switch fsync and full_page_writes on: without them a power cut may "
                          "destroy the database, and no run can mend that",
                          "fsync is %s, full_page_writes is %s", ask(p, "SHOW fsync"),
                          ask(p, "SHOW full_page_writes"));
    }
}

static void look_at_rights(probe *p)
{
    const char *schema = ask(p, "SELECT current_schema()");
    if (is(schema, "")) {
        tide_findings_add(p->findings, TIDE_WARNING, "rights",
                          "write tables as schema.table, or set search_path for this user",
                          "the search_path names no schema that exists");
        return;
    }
    bool creates = is(ask(p, "SELECT has_schema_privilege(current_schema(), 'CREATE')"), "t");
    tide_findings_add(p->findings, creates ? TIDE_FINE : TIDE_WARNING, "rights",
                      creates ? NULL
                              : "GRANT CREATE ON SCHEMA: runs, state and rejects are tables "
                                "beside the output, which the first run creates",
                      "%s tables in schema %s", creates ? "may create" : "may not create", schema);
}

static void look_at_room(probe *p)
{
    long limit = strtol(ask(p,
                            "SELECT current_setting('max_connections')::int - "
                            "current_setting('superuser_reserved_connections')::int"),
                        NULL, 10);
    long used = strtol(ask(p,
                           "SELECT count(*) FROM pg_stat_activity "
                           "WHERE backend_type = 'client backend'"),
                       NULL, 10);
    if (limit <= 0) {
        return;
    }
    bool tight = limit - used < 8;
    tide_findings_add(p->findings, tight ? TIDE_WARNING : TIDE_FINE, "connections",
                      tight ? "a run takes one for each worker and two more: lower --workers, or "
                              "put a pooler in between"
                            : NULL,
                      "%ld of %ld in use", used, limit);
}

static void look_at_clock(probe *p)
{
    int64_t before = tide_now();
    const char *text =
        ask(p, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8::text");
    int64_t after = tide_now();
    if (*text != '\0') {
        tide_findings_add_clock(p->findings, before, strtoll(text, NULL, 10), after);
    }
}

static tide_code look(probe *p, const tide_pg_login *login, tide_error *err)
{
    tide_pg_connection_init(&p->connection, login);
    int64_t before = tide_monotonic_micros();
    TIDE_TRY(tide_pg_connect(&p->connection, err));
    look_at_version(p, tide_monotonic_micros() - before);
    look_at_durability(p);
    look_at_rights(p);
    look_at_room(p);
    look_at_clock(p);
    tide_pg_disconnect(&p->connection);
    return TIDE_OK;
}

void tide_pg_probe(const tide_postgres_options *options, tide_findings *findings)
{
    int version = PQlibVersion();
    tide_findings_add(findings, TIDE_FINE, "library", NULL, "libpq %d.%d", version / 10000,
                      version % 10000);
    tide_error err;
    tide_error_clear(&err);
    tide_pg_login login;
    probe p = {.findings = findings};
    tide_code code = tide_pg_login_init(&login, options->conninfo, options->connection, &err);
    if (code == TIDE_OK) {
        code = look(&p, &login, &err);
        tide_pg_login_clear(&login);
    }
    if (code != TIDE_OK) {
        tide_findings_add(findings, TIDE_FAILURE, "server", tide_findings_explain(findings, &err),
                          "%s", err.message);
    }
}
