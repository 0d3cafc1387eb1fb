/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/connection.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/problem.h"
#include "sink/postgres/conninfo.h"
#include "sink/postgres/login_failure.h"

/* What a user leaves open. A dead server must be noticed in a minute or so, not in two hours; a
 * machine that answers nothing must not hold a run for ever. */
static const struct {
    const char *keyword;
    const char *value;
} defaults[] = {
    {"connect_timeout", "10"},
    {"keepalives", "1"},
    {"keepalives_idle", "30"},
    {"keepalives_interval", "10"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "60000"},
    {"fallback_application_name", "tidemill"},
};
/* Who fails to connect for so long was not refused, but not answered. */
#define SILENCE_MICROS 1000000
#define DEFAULT_COUNT (sizeof defaults / sizeof defaults[0])

static bool login_has(const tide_pg_login *login, const char *keyword)
{
    for (size_t i = 0; i < login->count; i++) {
        if (strcmp(login->keywords[i], keyword) == 0) {
            return true;
        }
    }
    return false;
}

static tide_code login_add(tide_pg_login *login, const char *keyword, const char *value,
                           tide_error *err)
{
    char *keyword_copy = tide_copy_string(keyword);
    char *value_copy = tide_copy_string(value);
    if (keyword_copy == NULL || value_copy == NULL) {
        tide_free(keyword_copy);
        tide_free(value_copy);
        return TIDE_FAIL_MEMORY(err, "connection parameters");
    }
    login->keywords[login->count] = keyword_copy;
    login->values[login->count++] = value_copy;
    return TIDE_OK;
}

/* A default is used where neither the string nor the environment of libpq says anything. */
static tide_code login_fill(tide_pg_login *login, const PQconninfoOption *options, tide_error *err)
{
    for (const PQconninfoOption *at = options; at->keyword != NULL; at++) {
        if (at->val != NULL && strcmp(at->keyword, "client_encoding") != 0) {
            TIDE_TRY(login_add(login, at->keyword, at->val, err));
        }
    }
    TIDE_TRY(login_add(login, "client_encoding", "UTF8", err));
    for (size_t i = 0; i < DEFAULT_COUNT; i++) {
        const PQconninfoOption *option = options;
        while (option->keyword != NULL && strcmp(option->keyword, defaults[i].keyword) != 0) {
            option++;
        }
        bool in_environment = option->envvar != NULL && getenv(option->envvar) != NULL;
        if (option->keyword != NULL && !in_environment && !login_has(login, defaults[i].keyword)) {
            TIDE_TRY(login_add(login, defaults[i].keyword, defaults[i].value, err));
        }
    }
    return TIDE_OK;
}

static size_t count_options(const PQconninfoOption *options)
{
    size_t count = 0;
    while (options[count].keyword != NULL) {
        count++;
    }
    return count;
}

tide_code tide_pg_login_init(tide_pg_login *login, const char *conninfo, const char *label,
                             tide_error *err)
{
    *login = (tide_pg_login){0};
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    tide_code code = tide_pg_conninfo_check(conninfo, options, label, err);
    if (code != TIDE_OK) {
        PQconninfoFree(options);
        return code;
    }
    size_t capacity = count_options(options) + DEFAULT_COUNT + 2;
    login->keywords = tide_alloc_zero(capacity, sizeof *login->keywords);
    login->values = tide_alloc_zero(capacity, sizeof *login->values);
    login->label = tide_copy_string(label);
    if (login->keywords == NULL || login->values == NULL || login->label == NULL) {
        code = TIDE_FAIL_MEMORY(err, "connection parameters");
    } else {
        code = login_fill(login, options, err);
    }
    PQconninfoFree(options);
    if (code != TIDE_OK) {
        tide_pg_login_clear(login);
    }
    return code;
}

void tide_pg_login_clear(tide_pg_login *login)
{
    for (size_t i = 0; i < login->count; i++) {
        tide_free(login->keywords[i]);
        tide_free(login->values[i]);
    }
    tide_free(login->keywords);
    tide_free(login->values);
    tide_free(login->label);
    *login = (tide_pg_login){0};
}

void tide_pg_connection_init(tide_pg_connection *connection, const tide_pg_login *login)
{
    *connection = (tide_pg_connection){.login = login};
}

/* The library never prints: libpq's default writes notices to stderr. */
static void ignore_notice(void *argument, const PGresult *result)
{
    (void)argument;
    (void)result;
}

/* libpq's messages end with a line break and may have several lines. */
static void copy_line(char *out, size_t capacity, const char *message)
{
    size_t size = 0;
    for (const char *at = message; *at != '\0' && size + 1 < capacity; at++) {
        out[size++] = *at == '\n' || *at == '\t' ? ' ' : *at;
    }
    while (size > 0 && out[size - 1] == ' ') {
        size--;
    }
    out[size] = '\0';
}

/* A standby says so when it is asked to write; a session may be told to be as one. A pooler takes
 * in whoever comes, and lets them wait for one of its connections. */
static const char *advice(const char *sqlstate, const char *message)
{
    if (strstr(message, "query_wait_timeout") != NULL) {
        return "; the pooler had no connection free for so long: lower --workers, or give its pool "
               "more connections";
    }
    bool refuses_writes =
        strcmp(sqlstate, "25006") == 0 || strstr(message, "during recovery") != NULL;
    return refuses_writes ? "; this server takes no writes: connect to the primary "
                            "(target_session_attrs=read-write finds it among several hosts), or "
                            "take default_transaction_read_only back"
                          : "";
}

static tide_code fail(tide_error *err, tide_code code, const tide_pg_connection *connection,
                      const char *message, const char *sqlstate)
{
    char line[1024];
    copy_line(line, sizeof line, message);
    tide_problem problem = code == TIDE_REMOTE_RETRY ? TIDE_E_DATABASE_LOST : TIDE_E_DATABASE;
    if (strcmp(sqlstate, "55P03") == 0) { /* lock_timeout */
        problem = TIDE_E_TABLE_LOCKED;
    }
    (void)TIDE_FAIL(err, TIDE_PROBLEM_AS(problem, code), "%s: %s%s%s%s%s", connection->login->label,
                    line, sqlstate[0] == '\0' ? "" : " (SQLSTATE ", sqlstate,
                    sqlstate[0] == '\0' ? "" : ")", advice(sqlstate, line));
    err->side = TIDE_SIDE_SINK;
    return code;
}

static tide_code fail_to_connect(tide_pg_connection *connection, tide_error *err)
{
    char line[1024];
    copy_line(line, sizeof line, PQerrorMessage(connection->handle));
    const tide_pg_login_failure *failure = tide_pg_login_failure_of(line);
    static const tide_problem problems[] = {
        [TIDE_PG_UNREACHED] = TIDE_E_DATABASE_LOST,
        [TIDE_PG_NOT_NOW] = TIDE_E_DATABASE_LOST,
        [TIDE_PG_REFUSED] = TIDE_E_DATABASE,
        [TIDE_PG_MISDESCRIBED] = TIDE_E_CONNECTION,
    };
    tide_pg_disconnect(connection);
    connection->is_refused_for_now = failure->kind == TIDE_PG_NOT_NOW;
    (void)TIDE_FAIL(err, TIDE_PROBLEM_AS(problems[failure->kind], TIDE_REMOTE_RETRY), "%s: %s%s",
                    connection->login->label, line, failure->advice);
    err->side = TIDE_SIDE_SINK;
    return TIDE_REMOTE_RETRY;
}

/* A server that did not answer who wants to stop now would not let others in. */
static bool is_left_alone(const tide_pg_connection *connection)
{
    return tide_pg_stops_now(connection) && tide_atomic_get(connection->login->silence) != 0;
}

/* It may have been silent here, too. */
static void judge_silence(const tide_pg_connection *connection, int64_t began)
{
    if (tide_pg_stops_now(connection) && tide_monotonic_micros() - began >= SILENCE_MICROS) {
        tide_atomic_set(connection->login->silence, 1);
    }
}

tide_code tide_pg_connect(tide_pg_connection *connection, tide_error *err)
{
    int64_t began = tide_monotonic_micros();
    tide_pg_disconnect(connection);
    connection->is_refused_for_now = false;
    if (is_left_alone(connection)) {
        return tide_pg_fail(connection, NULL, err);
    }
    connection->handle = PQconnectdbParams((const char *const *)connection->login->keywords,
                                           (const char *const *)connection->login->values, 0);
    if (connection->handle == NULL) {
        return TIDE_FAIL_MEMORY(err, "a PostgreSQL connection");
    }
    (void)PQsetNoticeReceiver(connection->handle, ignore_notice, NULL);
    if (PQstatus(connection->handle) != CONNECTION_OK) {
        judge_silence(connection, began);
        return fail_to_connect(connection, err);
    }
    return TIDE_OK;
}

void tide_pg_disconnect(tide_pg_connection *connection)
{
    tide_pg_end_cancelling(connection);
    PQfinish(connection->handle);
    connection->handle = NULL;
    connection->is_unsound = false;
}

bool tide_pg_is_connected(const tide_pg_connection *connection)
{
    return connection->handle != NULL && !connection->is_unsound &&
           PQstatus(connection->handle) == CONNECTION_OK;
}

/* States in which the same work may succeed on a new connection or in a new transaction. */
static bool is_passing(const char *sqlstate)
{
    static const char *const passing[] = {"40001", "40P01", "57P01", "57P02", "57P03", "57P05"};
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        if (strcmp(sqlstate, passing[i]) == 0) {
            return true;
        }
    }
    return strncmp(sqlstate, "08", 2) == 0;
}

tide_code tide_pg_fail(tide_pg_connection *connection, const PGresult *result, tide_error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    connection->was_cancelled = sqlstate != NULL && strcmp(sqlstate, "57014") == 0;
    if (sqlstate == NULL) {
        sqlstate = "";
        connection->is_unsound = connection->handle != NULL;
    }
    if (primary == NULL || primary[0] == '\0') {
        primary = connection->handle == NULL ? "not connected" : PQerrorMessage(connection->handle);
    }
    if (!tide_pg_is_connected(connection)) {
        return fail(err, TIDE_REMOTE_RETRY, connection,
                    primary[0] == '\0' ? "the connection was lost" : primary, sqlstate);
    }
    return fail(err, is_passing(sqlstate) ? TIDE_REMOTE_RETRY : TIDE_REMOTE, connection, primary,
                sqlstate);
}

bool tide_pg_succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

tide_code tide_pg_run(tide_pg_connection *connection, const char *sql, tide_error *err)
{
    if (!tide_pg_is_connected(connection)) {
        return tide_pg_fail(connection, NULL, err);
    }
    PGresult *result = tide_pg_exec(connection, sql);
    tide_code code = tide_pg_succeeded(result) ? TIDE_OK : tide_pg_fail(connection, result, err);
    PQclear(result);
    return code;
}

tide_code tide_pg_query(tide_pg_connection *connection, const char *sql,
                        const char *const *parameters, int parameter_count, PGresult **result,
                        tide_error *err)
{
    *result = NULL;
    if (!tide_pg_is_connected(connection)) {
        return tide_pg_fail(connection, NULL, err);
    }
    tide_pg_command command = {.sql = sql, .count = parameter_count, .values = parameters};
    PGresult *answer = tide_pg_exec_command(connection, &command);
    if (!tide_pg_succeeded(answer)) {
        tide_code code = tide_pg_fail(connection, answer, err);
        PQclear(answer);
        return code;
    }
    *result = answer;
    return TIDE_OK;
}

tide_code tide_pg_change(tide_pg_connection *connection, const char *sql,
                         const char *const *parameters, int parameter_count, int64_t *affected,
                         tide_error *err)
{
    PGresult *result;
    TIDE_TRY(tide_pg_query(connection, sql, parameters, parameter_count, &result, err));
    if (affected != NULL) {
        *affected = strtoll(PQcmdTuples(result), NULL, 10);
    }
    PQclear(result);
    return TIDE_OK;
}

tide_code tide_pg_ask(tide_pg_connection *connection, const char *sql,
                      const char *const *parameters, int parameter_count, char **answer,
                      tide_error *err)
{
    *answer = NULL;
    PGresult *result;
    TIDE_TRY(tide_pg_query(connection, sql, parameters, parameter_count, &result, err));
    tide_code code = TIDE_OK;
    if (PQntuples(result) > 0 && PQgetisnull(result, 0, 0) == 0) {
        *answer = tide_copy_string(PQgetvalue(result, 0, 0));
        code = *answer == NULL ? TIDE_FAIL_MEMORY(err, "an answer of the server") : TIDE_OK;
    }
    PQclear(result);
    return code;
}

void tide_pg_roll_back(tide_pg_connection *connection)
{
    if (connection->handle == NULL) {
        return;
    }
    PGTransactionStatusType status = PQtransactionStatus(connection->handle);
    if (status == PQTRANS_IDLE && !connection->is_unsound) {
        return;
    }
    /* In the middle of a COPY, or who knows where. */
    if (status == PQTRANS_ACTIVE || status == PQTRANS_UNKNOWN || connection->is_unsound) {
        tide_pg_disconnect(connection);
        return;
    }
    PGresult *result = tide_pg_exec(connection, "ROLLBACK");
    if (!tide_pg_succeeded(result)) {
        tide_pg_disconnect(connection);
    }
    PQclear(result);
}

tide_code tide_pg_fault(tide_pg_connection *connection, const char *name, tide_error *err)
{
    (void)name;
    if (TIDE_FAULT_FAILS(name)) {
        tide_pg_disconnect(connection);
        return TIDE_FAIL(err, TIDE_E_DATABASE_LOST, "%s: the connection was cut at fault point %s",
                         connection->login->label, name);
    }
    return TIDE_OK;
}
