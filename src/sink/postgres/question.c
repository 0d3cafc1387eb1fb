/* SPDX-License-Identifier: Apache-2.0 */
/* Questions by the control connection outside of transactions. They change nothing, so one whose
 * connection is lost is asked again. */
#include "base/memory.h"
#include "sink/postgres/postgres.h"

tide_code tide_pg_sink_work(tide_pg_sink *sink, tide_pg_work work, void *argument, tide_error *err)
{
    TIDE_TRY(tide_pg_sink_connect(sink, err));
    return tide_pg_retry_work(&sink->retry, &sink->control, work, argument, err);
}

typedef struct question {
    const char *sql;
    const char *const *parameters;
    int parameter_count;
    PGresult *result;
} question;

static tide_code ask_once(tide_pg_connection *connection, tide_pg_attempt *attempt, void *argument,
                          tide_error *err)
{
    (void)attempt;
    question *asked = argument;
    return tide_pg_query(connection, asked->sql, asked->parameters, asked->parameter_count,
                         &asked->result, err);
}

tide_code tide_pg_sink_query(tide_pg_sink *sink, const char *sql, const char *const *parameters,
                             int parameter_count, PGresult **result, tide_error *err)
{
    question asked = {sql, parameters, parameter_count, NULL};
    tide_code code = tide_pg_sink_work(sink, ask_once, &asked, err);
    *result = asked.result;
    return code;
}

tide_code tide_pg_sink_has_table(tide_pg_sink *sink, const char *const *quoted, bool *exists,
                                 tide_error *err)
{
    PGresult *result;
    TIDE_TRY(tide_pg_sink_connect(sink, err)); /* which makes the name */
    TIDE_TRY(tide_pg_sink_query(sink, "SELECT to_regclass($1)::oid", quoted, 1, &result, err));
    *exists = PQgetisnull(result, 0, 0) == 0;
    PQclear(result);
    return TIDE_OK;
}
