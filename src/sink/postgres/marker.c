/* SPDX-License-Identifier: Apache-2.0 */
/* Markers: the row of tidemill_units that says that a unit is committed, and what it came to. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sink/postgres/postgres.h"

#define NUMBER_BYTES 24

static const char *print_number(int64_t number, char *out)
{
    (void)snprintf(out, NUMBER_BYTES, "%" PRId64, number);
    return out;
}

/* It waits for a transaction that has inserted the same one and still runs. */
tide_code tide_pg_marker_insert(const tide_pg_sink *sink, tide_pg_connection *connection,
                                const char *unit, bool *inserted, tide_error *err)
{
    char sql[512];
    char run[NUMBER_BYTES];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO %s (pipeline, run, unit) VALUES ($1, $2::bigint, $3) "
                   "ON CONFLICT DO NOTHING",
                   sink->names.units);
    const char *parameters[] = {sink->target->pipeline, print_number(sink->run, run), unit};
    int64_t affected;
    TIDE_TRY(tide_pg_change(connection, sql, parameters, 3, &affected, err));
    *inserted = affected == 1;
    return tide_pg_fault(connection, "postgres.marker", err);
}

tide_code tide_pg_marker_write(const tide_pg_sink *sink, tide_pg_connection *connection,
                               const char *unit, const tide_pg_marker *marker, tide_error *err)
{
    char sql[768];
    char numbers[6][NUMBER_BYTES];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE %s SET emitted = $4::bigint, rejected = $5::bigint, "
                   "loaded = $6::bigint, superseded = $7::bigint, refused = $8::bigint "
                   "WHERE pipeline = $1 AND run = $2::bigint AND unit = $3",
                   sink->names.units);
    const char *parameters[] = {
        sink->target->pipeline,
        print_number(sink->run, numbers[0]),
        unit,
        print_number(marker->emitted, numbers[1]),
        print_number(marker->rejected, numbers[2]),
        print_number(marker->result.loaded, numbers[3]),
        print_number(marker->result.superseded, numbers[4]),
        print_number(marker->result.refused, numbers[5]),
    };
    return tide_pg_change(connection, sql, parameters, 8, NULL, err);
}

tide_code tide_pg_marker_read(const tide_pg_sink *sink, tide_pg_connection *connection,
                              const char *unit, tide_pg_marker *marker, tide_error *err)
{
    char sql[512];
    char run[NUMBER_BYTES];
    (void)snprintf(sql, sizeof sql,
                   "SELECT emitted, rejected, loaded, superseded, refused FROM %s "
                   "WHERE pipeline = $1 AND run = $2::bigint AND unit = $3",
                   sink->names.units);
    const char *parameters[] = {sink->target->pipeline, print_number(sink->run, run), unit};
    PGresult *result;
    TIDE_TRY(tide_pg_query(connection, sql, parameters, 3, &result, err));
    int64_t numbers[5] = {0};
    for (int i = 0; i < 5 && PQntuples(result) > 0; i++) {
        numbers[i] = strtoll(PQgetvalue(result, 0, i), NULL, 10);
    }
    PQclear(result);
    *marker = (tide_pg_marker){
        .emitted = numbers[0],
        .rejected = numbers[1],
        .result = {.loaded = numbers[2], .superseded = numbers[3], .refused = numbers[4]},
    };
    return TIDE_OK;
}

tide_code tide_pg_marker_count_rejects(tide_pg_sink *sink, tide_pg_connection *connection,
                                       int64_t run, tide_error *err)
{
    char sql[512];
    char number[NUMBER_BYTES];
    (void)snprintf(sql, sizeof sql,
                   "SELECT coalesce(sum(rejected), 0)::bigint FROM %s "
                   "WHERE pipeline = $1 AND run = $2::bigint",
                   sink->names.units);
    const char *parameters[] = {sink->target->pipeline, print_number(run, number)};
    char *sum;
    TIDE_TRY(tide_pg_ask(connection, sql, parameters, 2, &sum, err));
    tide_atomic_set(&sink->rejected_rows, sum == NULL ? 0 : strtoll(sum, NULL, 10));
    tide_free(sum);
    return TIDE_OK;
}
