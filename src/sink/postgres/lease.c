/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"

void tide_pg_lease_init(tide_pg_lease *lease, const tide_pg_names *names, const char *pipeline,
                        const tide_pg_login *login)
{
    *lease = (tide_pg_lease){.names = names, .pipeline = pipeline};
    tide_pg_connection_init(&lease->connection, login);
    tide_mutex_init(&lease->mutex);
    tide_condition_init(&lease->stop_asked);
}

static void print_application(const tide_pg_names *names, const char *epoch, const char *who,
                              char *out)
{
    (void)snprintf(out, 64, "tidemill %s %s %08x %s", names->label, epoch, names->mark, who);
}

void tide_pg_lease_application(const tide_pg_lease *lease, const char *who, char *out)
{
    print_application(lease->names, lease->epoch_text == NULL ? "0" : lease->epoch_text, who, out);
}

typedef struct holder_row {
    char *epoch; /* owned */
    int64_t epoch_number;
    char *holder; /* owned; "" = free */
    char *age;    /* owned: seconds since it was renewed, for people */
    bool silent;  /* older than TIDE_LEASE_EXPIRE_SECONDS, or free */
} holder_row;

static void clear_row(holder_row *row)
{
    tide_free(row->epoch);
    tide_free(row->holder);
    tide_free(row->age);
    *row = (holder_row){0};
}

static tide_code read_row(const tide_pg_lease *lease, tide_pg_connection *connection,
                          const char *lock, holder_row *row, tide_error *err)
{
    char sql[640];
    (void)snprintf(sql, sizeof sql,
                   "SELECT epoch, holder, "
                   "greatest(0, extract(epoch FROM clock_timestamp() - renewed_at))::bigint, "
                   "holder = '' OR renewed_at < clock_timestamp() - interval '%d seconds' "
                   "FROM %s WHERE pipeline = $1 %s",
                   TIDE_LEASE_EXPIRE_SECONDS, lease->names->lease, lock);
    PGresult *result;
    TIDE_TRY(tide_pg_query(connection, sql, &lease->pipeline, 1, &result, err));
    tide_code code = TIDE_OK;
    if (PQntuples(result) == 0) {
        code = TIDE_FAIL(err, TIDE_E_DATABASE, "the lease row of pipeline `%s` is gone",
                         lease->pipeline);
    } else {
        row->epoch = tide_copy_string(PQgetvalue(result, 0, 0));
        row->epoch_number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        row->holder = tide_copy_string(PQgetvalue(result, 0, 1));
        row->age = tide_copy_string(PQgetvalue(result, 0, 2));
        row->silent = PQgetvalue(result, 0, 3)[0] == 't';
        if (row->epoch == NULL || row->holder == NULL || row->age == NULL) {
            clear_row(row);
            code = TIDE_FAIL_MEMORY(err, "the lease");
        }
    }
    PQclear(result);
    return code;
}

/* An earlier attempt to take it has: the answer to its COMMIT was lost. */
static bool is_ours(const tide_pg_lease *lease, const holder_row *row)
{
    return row->holder != NULL && strcmp(row->holder, lease->holder) == 0;
}

/* The epoch that was raised by that attempt is the one that this taking has, and the only one. */
static void keep(tide_pg_lease *lease, holder_row *row)
{
    tide_free(lease->epoch_text);
    lease->epoch_text = row->epoch;
    lease->epoch = row->epoch_number;
    row->epoch = NULL;
}

static tide_code refuse_held(const tide_pg_lease *lease, const holder_row *row, tide_error *err)
{
    if (row->silent || tide_pg_holder_is_dead(row->holder)) {
        return TIDE_OK;
    }
    (void)TIDE_FAIL(err, TIDE_E_LEASE_HELD,
                    "pipeline `%s` is being run by another process (%s; it renewed its lease %s "
                    "seconds ago); wait for it, stop it, or try again when it has been silent for "
                    "%d seconds",
                    lease->pipeline, row->holder, row->age, TIDE_LEASE_EXPIRE_SECONDS);
    err->side = TIDE_SIDE_SINK;
    return TIDE_IO;
}

static void end_epoch(const tide_pg_lease *lease, tide_pg_connection *connection, const char *epoch)
{
    char prefix[64];
    print_application(lease->names, epoch, "", prefix);
    tide_pg_end_backends(connection, prefix);
}

/* The epoch in an application_name of this pipeline; 0: not ours, or of no holder. */
static int64_t find_epoch(const tide_pg_lease *lease, const char *application)
{
    char prefix[64];
    char epoch[24];
    (void)snprintf(prefix, sizeof prefix, "tidemill %s ", lease->names->label);
    if (strncmp(application, prefix, strlen(prefix)) != 0) {
        return 0;
    }
    int64_t number = strtoll(application + strlen(prefix), NULL, 10);
    (void)snprintf(epoch, sizeof epoch, "%" PRId64, number);
    print_application(lease->names, epoch, "", prefix);
    return strncmp(application, prefix, strlen(prefix)) == 0 ? number : 0;
}

tide_code tide_pg_lease_end_stale(const tide_pg_lease *lease, tide_pg_connection *connection,
                                  const char *application, bool *ours, tide_error *err)
{
    int64_t epoch = find_epoch(lease, application);
    *ours = epoch > 0;
    if (!*ours) {
        return TIDE_OK;
    }
    holder_row row = {0};
    TIDE_TRY(read_row(lease, connection, "", &row, err));
    tide_code code = epoch == row.epoch_number ? refuse_held(lease, &row, err) : TIDE_OK;
    if (code == TIDE_OK && epoch <= row.epoch_number) {
        char number[24];
        (void)snprintf(number, sizeof number, "%" PRId64, epoch);
        end_epoch(lease, connection, number);
    }
    clear_row(&row);
    return code;
}

/* Somebody else may have locked the row: who holds the lease has been ended before. */
static int64_t take_wait_ms(void)
{
    return TIDE_FAULT_NUMBER("TIDEMILL_LEASE_TAKE_MS", (int64_t)TIDE_LEASE_TAKE_SECONDS * 1000);
}

static tide_code write_epoch(tide_pg_lease *lease, tide_pg_connection *connection,
                             tide_pg_attempt *attempt, tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE %s SET epoch = epoch + 1, holder = $2, renewed_at = clock_timestamp() "
                   "WHERE pipeline = $1 RETURNING epoch",
                   lease->names->lease);
    const char *parameters[] = {lease->pipeline, lease->holder};
    tide_free(lease->epoch_text);
    lease->epoch_text = NULL;
    TIDE_TRY(tide_pg_ask(connection, sql, parameters, 2, &lease->epoch_text, err));
    if (lease->epoch_text == NULL) {
        return TIDE_FAIL(err, TIDE_E_DATABASE, "the lease row of pipeline `%s` is gone",
                         lease->pipeline);
    }
    lease->epoch = strtoll(lease->epoch_text, NULL, 10);
    tide_code committed = tide_pg_commit(connection, attempt, err);
    if (committed != TIDE_OK) { /* an answer that was lost is asked for by the next attempt */
        tide_free(lease->epoch_text);
        lease->epoch_text = NULL;
    }
    return committed;
}

static tide_code raise_epoch(tide_pg_lease *lease, tide_pg_connection *connection,
                             tide_pg_attempt *attempt, tide_error *err)
{
    char sql[512];
    holder_row row = {0};
    char who[24];
    char application[64];
    (void)snprintf(who, sizeof who, "take%ld", (long)getpid());
    tide_pg_lease_application(lease, who, application);
    TIDE_TRY(tide_pg_begin(connection, attempt, application, err));
    (void)snprintf(sql, sizeof sql, "SET LOCAL lock_timeout = %" PRId64, take_wait_ms());
    TIDE_TRY(tide_pg_run(connection, sql, err));
    TIDE_TRY(read_row(lease, connection, "FOR UPDATE", &row, err));
    if (is_ours(lease, &row)) { /* it was executed while this attempt waited for the row */
        keep(lease, &row);
        clear_row(&row);
        tide_pg_roll_back(connection);
        return TIDE_OK;
    }
    tide_code code = refuse_held(lease, &row, err);
    clear_row(&row);
    TIDE_TRY(code);
    return write_epoch(lease, connection, attempt, err);
}

/* The holder's transactions are ended first, since one that stands still between its epoch check
 * and COMMIT would keep us waiting; and once more after, for those that began in between. */
static tide_code take(tide_pg_connection *connection, tide_pg_attempt *attempt, void *argument,
                      tide_error *err)
{
    tide_pg_lease *lease = argument;
    char sql[512];
    holder_row row = {0};
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO %s (pipeline, epoch, holder, renewed_at) "
                   "SELECT $1, 0, '', 'epoch' WHERE NOT EXISTS (SELECT FROM %s WHERE "
                   "pipeline = $1) ON CONFLICT DO NOTHING", /* which alone waits for a raise */
                   lease->names->lease, lease->names->lease);
    TIDE_TRY(tide_pg_change(connection, sql, &lease->pipeline, 1, NULL, err));
    TIDE_TRY(read_row(lease, connection, "", &row, err));
    if (is_ours(lease, &row)) {
        keep(lease, &row);
        clear_row(&row);
        return TIDE_OK;
    }
    tide_code code = refuse_held(lease, &row, err);
    if (code == TIDE_OK) {
        end_epoch(lease, connection, row.epoch);
        code = raise_epoch(lease, connection, attempt, err);
    }
    if (code == TIDE_OK) {
        end_epoch(lease, connection, row.epoch);
    }
    clear_row(&row);
    return code;
}

tide_code tide_pg_lease_take(tide_pg_lease *lease, tide_pg_connection *connection,
                             const tide_pg_retry *rule, tide_error *err)
{
    char self[TIDE_PG_HOLDER_BYTES - 32];
    tide_pg_holder_print(self, sizeof self);
    (void)snprintf(lease->holder, sizeof lease->holder, "%s at=%" PRId64, self, tide_now());
    TIDE_TRY(tide_pg_retry_work(rule, connection, take, lease, err));
    return tide_pg_renewal_start(lease, err);
}

tide_code tide_pg_lease_read_epoch(const tide_pg_lease *lease, tide_pg_connection *connection,
                                   int64_t *epoch, tide_error *err)
{
    char sql[512];
    char *answer;
    *epoch = 0;
    TIDE_TRY(tide_pg_ask(connection, "SELECT to_regclass($1)::oid", &lease->names->lease, 1,
                         &answer, err));
    bool exists = answer != NULL;
    tide_free(answer);
    if (!exists) {
        return TIDE_OK;
    }
    (void)snprintf(sql, sizeof sql, "SELECT epoch FROM %s WHERE pipeline = $1",
                   lease->names->lease);
    TIDE_TRY(tide_pg_ask(connection, sql, &lease->pipeline, 1, &answer, err));
    *epoch = answer == NULL ? 0 : strtoll(answer, NULL, 10);
    tide_free(answer);
    return TIDE_OK;
}

static tide_code fail_fenced(const tide_pg_lease *lease, tide_error *err)
{
    (void)TIDE_FAIL(err, TIDE_FENCED,
                    "another run has taken over pipeline `%s` (this one had epoch %" PRId64
                    "): this one stops, and nothing more of it is committed; let the other finish, "
                    "then see `tidemill runs`",
                    lease->pipeline, lease->epoch);
    err->side = TIDE_SIDE_SINK;
    return TIDE_FENCED;
}

static tide_code compare_epoch(const tide_pg_lease *lease, tide_pg_connection *connection,
                               const char *lock, tide_error *err)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "SELECT epoch FROM %s WHERE pipeline = $1 %s",
                   lease->names->lease, lock);
    char *epoch;
    TIDE_TRY(tide_pg_ask(connection, sql, &lease->pipeline, 1, &epoch, err));
    bool ours = epoch != NULL && lease->epoch_text != NULL && strcmp(epoch, lease->epoch_text) == 0;
    tide_free(epoch);
    return ours ? TIDE_OK : fail_fenced(lease, err);
}

tide_code tide_pg_lease_check(const tide_pg_lease *lease, tide_pg_connection *connection,
                              tide_error *err)
{
    return compare_epoch(lease, connection, "FOR KEY SHARE", err);
}

tide_code tide_pg_lease_look(const tide_pg_lease *lease, tide_pg_connection *connection,
                             tide_error *err)
{
    return compare_epoch(lease, connection, "", err);
}

tide_code tide_pg_lease_remember(const tide_pg_lease *lease, tide_error *err)
{
    return tide_atomic_get(&lease->lost) == 0 ? TIDE_OK : fail_fenced(lease, err);
}

tide_code tide_pg_lease_blame(const tide_pg_lease *lease, tide_pg_connection *connection,
                              tide_error *err)
{
    tide_error cause;
    tide_error_clear(&cause);
    if (err->code == TIDE_REMOTE) {
        tide_pg_roll_back(connection);
        if (tide_pg_lease_look(lease, connection, &cause) == TIDE_FENCED) {
            *err = cause;
        }
    }
    return err->code;
}

static void release(tide_pg_lease *lease, tide_pg_connection *connection)
{
    tide_error ignored; /* it expires by itself */
    tide_error_clear(&ignored);
    tide_pg_roll_back(connection);
    if (lease->epoch_text == NULL ||
        (!tide_pg_is_connected(connection) && tide_pg_connect(connection, &ignored) != TIDE_OK)) {
        return;
    }
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE %s SET holder = '', renewed_at = 'epoch' "
                   "WHERE pipeline = $1 AND epoch = $2::bigint",
                   lease->names->lease);
    const char *parameters[] = {lease->pipeline, lease->epoch_text};
    tide_code code = tide_pg_change(connection, sql, parameters, 2, NULL, &ignored);
    (void)code;
}

void tide_pg_lease_clear(tide_pg_lease *lease, tide_pg_connection *connection)
{
    tide_pg_renewal_stop(lease);
    release(lease, connection);
    tide_free(lease->epoch_text);
    lease->epoch_text = NULL;
    tide_condition_clear(&lease->stop_asked);
    tide_mutex_clear(&lease->mutex);
}
