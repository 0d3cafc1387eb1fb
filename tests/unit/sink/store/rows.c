/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"

static tide_error err;

static void must(tide_code code)
{
    if (code != TIDE_OK) {
        fail_msg("%s", err.message);
    }
}

void make_folder(test_folder *folder)
{
    const char *base = getenv("TMPDIR");
    if (base == NULL) {
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* fsync costs nothing there */
    }
    (void)snprintf(folder->path, sizeof folder->path, "%.200s/tidemill-test-XXXXXX", base);
    assert_non_null(mkdtemp(folder->path));
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void remove_folder(test_folder *folder)
{
    assert_int_equal(nftw(folder->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void close_sink_and_worker(tide_sink **sink, tide_sink_worker **worker)
{
    if (*worker != NULL) {
        (*sink)->vtable->close_worker(*worker);
    }
    if (*sink != NULL) {
        (*sink)->vtable->close(*sink);
    }
    *worker = NULL;
    *sink = NULL;
}

const char *in_folder(const test_folder *folder, const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder->path, name);
    return path;
}

static void add(tide_schema *schema, const char *name, tide_type_id id, bool not_null)
{
    tide_type type = {.id = id};
    if (id == TIDE_DECIMAL) {
        type.precision = 12;
        type.scale = 2;
    }
    must(tide_schema_add(schema, name, type, not_null, &err));
}

static void make_layout(tide_state_layout *layout)
{
    tide_schema_init(&layout->schema);
    add(&layout->schema, "_hash", TIDE_INT64, true);
    add(&layout->schema, "series", TIDE_TEXT, true);
    add(&layout->schema, "_last_day", TIDE_DATE, true);
    add(&layout->schema, "_previous_day", TIDE_DATE, false);
    add(&layout->schema, "_run", TIDE_INT64, true);
    add(&layout->schema, "_rows", TIDE_INT64, true);
    add(&layout->schema, "_digest", TIDE_UUID, true);
    add(&layout->schema, "s1_balance", TIDE_DOUBLE, false);
    layout->hash_column = 0;
    layout->series_begin = 1;
    layout->series_count = 1;
    layout->last_day_column = 2;
    layout->previous_day_column = 3;
    layout->run_column = 4;
    layout->rows_column = 5;
    layout->digest_column = 6;
    layout->values_begin = 7;
    layout->values_count = 1;
}

void make_pipeline(test_pipeline *pipeline)
{
    *pipeline = (test_pipeline){0};
    tide_schema_init(&pipeline->output);
    add(&pipeline->output, "id", TIDE_INT64, false);
    add(&pipeline->output, "name", TIDE_TEXT, false);
    add(&pipeline->output, "amount", TIDE_DECIMAL, false);
    add(&pipeline->output, "at", TIDE_TIMESTAMP, false);
    add(&pipeline->output, "score", TIDE_DOUBLE, false);
    make_layout(&pipeline->layout);
    tide_schema_init(&pipeline->late);
    add(&pipeline->late, "id", TIDE_INT64, false);
    add(&pipeline->late, "score", TIDE_DOUBLE, false);
    tide_cancel_init(&pipeline->cancel);
    pipeline->target = (tide_target){
        .pipeline = "balances",
        .table = "out",
        .mode = TIDE_APPEND,
        .output = &pipeline->output,
        .state = &pipeline->layout,
        .late = &pipeline->late,
        .key_columns = pipeline->key,
        .newest_column = TIDE_NO_FIELD,
        .day_column = TIDE_NO_FIELD,
        .fingerprint = "00000000000000000000000000000001",
        .fingerprint_text = "steps: none\n",
        .cancel = &pipeline->cancel,
    };
}

void clear_pipeline(test_pipeline *pipeline)
{
    tide_schema_clear(&pipeline->output);
    tide_schema_clear(&pipeline->layout.schema);
    tide_schema_clear(&pipeline->late);
}

static void append_row(tide_builder *builder, const test_row *row)
{
    must(tide_append_int64(&builder->columns[0], row->id, &err));
    must(row->name == NULL ? tide_append_null(&builder->columns[1], &err)
                           : tide_append_str(&builder->columns[1], tide_str_of(row->name), &err));
    must(tide_append_decimal(&builder->columns[2], row->cents, &err));
    must(tide_append_int64(&builder->columns[3], row->at, &err));
    must(tide_append_double(&builder->columns[4], row->score, &err));
    tide_builder_end_row(builder);
}

static void make_state(test_pipeline *pipeline, tide_unit *unit, int64_t series, size_t rows)
{
    tide_builder builder;
    char name[32];
    uint8_t digest[16] = {(uint8_t)series, 1, 2, 3};
    (void)snprintf(name, sizeof name, "s%lld", (long long)series);
    must(tide_builder_init(&builder, &pipeline->layout.schema, &err));
    tide_column_builder *columns = builder.columns;
    uint64_t hash = (uint64_t)series * UINT64_C(0x9e3779b97f4a7c15);
    must(tide_append_int64(&columns[0], tide_state_hash_encode(hash), &err));
    must(tide_append_str(&columns[1], tide_str_of(name), &err));
    must(tide_append_int32(&columns[2], 19000 + (int32_t)series, &err));
    must(tide_append_null(&columns[3], &err));
    must(tide_append_int64(&columns[4], 1, &err));
    must(tide_append_int64(&columns[5], (int64_t)rows, &err));
    must(tide_append_uuid(&columns[6], digest, &err));
    must(tide_append_double(&columns[7], (double)series / 3, &err));
    tide_builder_end_row(&builder);
    must(tide_builder_finish(&builder, &unit->states, &err));
    tide_builder_clear(&builder);
    unit->series_names = tide_alloc_zero(1, sizeof *unit->series_names);
    unit->series_names[0] = tide_copy_string(name);
    unit->series_count = 1;
}

void make_unit(test_pipeline *pipeline, tide_unit *unit, const char *name, int64_t series,
               const test_row *rows, size_t count)
{
    tide_unit_init(unit);
    unit->name = tide_copy_string(name);
    tide_builder builder;
    tide_batch batch;
    must(tide_builder_init(&builder, &pipeline->output, &err));
    tide_batch_init(&batch);
    for (size_t i = 0; i < count; i++) {
        append_row(&builder, &rows[i]);
    }
    must(tide_builder_finish(&builder, &batch, &err));
    tide_builder_clear(&builder);
    tide_segment segment = {
        .day = 19000 + (int32_t)series, .end = (int64_t)count, .first = true, .last = true};
    must(tide_unit_add_chunk(unit, &batch, &segment, 1, &err));
    if (pipeline->target.state != NULL) {
        make_state(pipeline, unit, series, count);
    }
}

uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void make_random_unit(test_pipeline *pipeline, tide_unit *unit, const char *name, uint64_t seed,
                      int64_t first_id, size_t count)
{
    static const char *const names[] = {"a",  "",        "\"quoted\"", "comma, and\nline",
                                        NULL, "\xc5\xbc"};
    test_row *rows = calloc(count + 1, sizeof *rows);
    assert_non_null(rows);
    uint64_t random = seed;
    for (size_t i = 0; i < count; i++) {
        rows[i] = (test_row){
            .id = first_id + (int64_t)i,
            .name = names[next_random(&random) % 6],
            .cents = (int64_t)(next_random(&random) % 20000) - 10000,
            .at = (int64_t)(next_random(&random) % UINT64_C(2000000000000000)),
            .score = (double)(int64_t)next_random(&random) / 1e10,
        };
    }
    make_unit(pipeline, unit, name, first_id, rows, count);
    free(rows);
}

void add_late_row(test_pipeline *pipeline, tide_unit *unit, int64_t id)
{
    tide_builder builder;
    must(tide_builder_init(&builder, &pipeline->late, &err));
    must(tide_append_int64(&builder.columns[0], id, &err));
    must(tide_append_double(&builder.columns[1], 0.5, &err));
    tide_builder_end_row(&builder);
    tide_batch_clear(&unit->late_rows);
    must(tide_builder_finish(&builder, &unit->late_rows, &err));
    tide_builder_clear(&builder);
}

void add_reject(tide_unit *unit, const char *position)
{
    tide_reject reject = {.stage = "step",
                          .step = "1 where",
                          .position = position,
                          .reason = "division by zero",
                          .values = "{}"};
    must(tide_reject_list_add(&unit->rejects, &reject, &err));
}

tide_run_row run_row(int64_t number, tide_run_status status)
{
    static char plan[] = "{\"horizon\":1}";
    static char record[] = "{}";
    return (tide_run_row){
        .run = number, .status = status, .started_at = 1000, .plan = plan, .record = record};
}

static sqlite3 *open_plain(const char *path, int flags)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, flags, NULL), SQLITE_OK);
    (void)sqlite3_busy_timeout(db, 10000);
    return db;
}

char *query_text(const char *path, const char *sql)
{
    sqlite3 *db = open_plain(path, SQLITE_OPEN_READWRITE);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            (void)fprintf(out, "%s%s", i == 0 ? "" : "|", value == NULL ? "null" : value);
        }
        (void)fprintf(out, "\n");
    }
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    (void)sqlite3_close(db);
    (void)fclose(out);
    return text;
}

int64_t query_integer(const char *path, const char *sql)
{
    char *text = query_text(path, sql);
    int64_t value = strtoll(text, NULL, 10);
    free(text);
    return value;
}

void execute_sql(const char *path, const char *sql)
{
    sqlite3 *db = open_plain(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    (void)sqlite3_close(db);
}
