/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the PostgreSQL sink through its vtable, as the engine does: commands from stdin, a line
 * each with fields between tabs, and one or more lines of answer, the last "ok ..." or
 * "error CODE SENTENCE".
 *
 *   load_postgres --conninfo C --pipeline P --table T --mode append|merge|replace
 *                 --column name:type[:not_null] ... [--key a,b --newest c] [--state]
 *                 [--late name:type ...] [--max-rejects N] [--staged] [--attempts N] [--wait MS]
 *                 [--fingerprint F]
 *
 *   check | begin RUN | worker N | close_worker N | row CELL... | chunk SERIES DAY | state CELL...
 *   late CELL... | reject STAGE POSITION REASON | load WORKER UNIT | part WORKER UNIT | abandon
 * WORKER | states WORKER FIRST LAST units | runs | record RUN STATUS | decode_reject STAGE POSITION
 * REASON | finish RUN | reset accept | cancel
 *
 * Cells: \N null, \0 \t \n \\ as such; dates and timestamps as integers, bytes and uuid in hex. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "record/decimal.h"
#include "record/value.h"
#include "sink/postgres/postgres_sink.h"

#define FIELDS_MAX 256
#define WORKERS_MAX 8

typedef struct driver {
    tide_postgres_options options;
    tide_target target;
    tide_schema output, late;
    tide_state_layout state;
    uint32_t key[16];
    const char *key_names, *newest_name;
    tide_cancel cancel;
    tide_sink *sink;
    tide_sink_worker *workers[WORKERS_MAX];
    tide_builder rows, state_rows, late_rows;
    tide_unit unit;
    bool in_parts; /* the last part of a unit in parts is still to come */
    tide_error err;
} driver;

static void die(const char *message)
{
    fprintf(stderr, "load_postgres: %s\n", message);
    exit(2);
}

static void need(tide_code code, const tide_error *err)
{
    if (code != TIDE_OK) {
        die(err->message);
    }
}

static void add_column(tide_schema *schema, char *spec, tide_error *err)
{
    char *type_name = strchr(spec, ':');
    if (type_name == NULL) {
        die("a column is name:type");
    }
    *type_name++ = '\0';
    char *not_null = strchr(type_name, ':');
    if (not_null != NULL) {
        *not_null++ = '\0';
    }
    tide_type type;
    need(tide_type_parse(tide_str_of(type_name), &type, err), err);
    need(tide_schema_add(schema, spec, type, not_null != NULL, err), err);
}

/* One text series and one step with a double and a json. */
static void make_state(driver *d)
{
    static const struct {
        const char *name;
        tide_type_id type;
    } fields[] = {
        {"_hash", TIDE_INT64},        {"series", TIDE_TEXT},       {"_last_day", TIDE_DATE},
        {"_previous_day", TIDE_DATE}, {"_run", TIDE_INT64},        {"_rows", TIDE_INT64},
        {"_digest", TIDE_UUID},       {"s1_balance", TIDE_DOUBLE}, {"s1_seen", TIDE_JSON},
    };
    tide_schema_init(&d->state.schema);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        tide_type type = {.id = fields[i].type};
        bool not_null = i != 3 && i < 7;
        need(tide_schema_add(&d->state.schema, fields[i].name, type, not_null, &d->err), &d->err);
    }
    d->state.series_begin = 1;
    d->state.series_count = 1;
    d->state.last_day_column = 2;
    d->state.previous_day_column = 3;
    d->state.run_column = 4;
    d->state.rows_column = 5;
    d->state.digest_column = 6;
    d->state.values_begin = 7;
    d->state.values_count = 2;
    d->target.state = &d->state;
}

static tide_sink_mode mode_of(const char *name)
{
    return strcmp(name, "merge") == 0     ? TIDE_MERGE
           : strcmp(name, "replace") == 0 ? TIDE_REPLACE
                                          : TIDE_APPEND;
}

static int number_of(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

static void take_option(driver *d, int option, char *value)
{
    switch (option) {
        case 'c':
            d->options.conninfo = value;
            break;
        case 'p':
            d->target.pipeline = value;
            break;
        case 't':
            d->target.table = value;
            break;
        case 'm':
            d->target.mode = mode_of(value);
            break;
        case 'o':
            add_column(&d->output, value, &d->err);
            break;
        case 'k':
            d->key_names = value;
            break;
        case 'n':
            d->newest_name = value;
            break;
        case 's':
            make_state(d);
            break;
        case 'l':
            add_column(&d->late, value, &d->err);
            break;
        case 'r':
            d->target.max_rejects = strtoll(value, NULL, 10);
            break;
        case 'g':
            d->target.staged = true;
            break;
        case 'a':
            d->options.attempts_max = number_of(value);
            break;
        case 'w':
            d->options.retry_wait_ms = number_of(value);
            break;
        case 'f':
            d->target.fingerprint = value;
            break;
        default:
            die("unknown option");
    }
}

static void parse_options(driver *d, int argc, char **argv)
{
    static const struct option options[] = {
        {"conninfo", 1, NULL, 'c'}, {"pipeline", 1, NULL, 'p'},    {"table", 1, NULL, 't'},
        {"mode", 1, NULL, 'm'},     {"column", 1, NULL, 'o'},      {"key", 1, NULL, 'k'},
        {"newest", 1, NULL, 'n'},   {"state", 0, NULL, 's'},       {"late", 1, NULL, 'l'},
        {"staged", 0, NULL, 'g'},   {"max-rejects", 1, NULL, 'r'}, {"attempts", 1, NULL, 'a'},
        {"wait", 1, NULL, 'w'},     {"fingerprint", 1, NULL, 'f'}, {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        take_option(d, option, optarg);
    }
}

static void finish_target(driver *d)
{
    d->target.output = &d->output;
    d->target.late = &d->late;
    d->target.newest_column = TIDE_NO_FIELD;
    d->target.day_column = TIDE_NO_FIELD;
    d->target.key_columns = d->key;
    d->target.cancel = &d->cancel;
    tide_cancel_init(&d->cancel);
    char *names = d->key_names == NULL ? NULL : tide_copy_string(d->key_names);
    for (char *name = names == NULL ? NULL : strtok(names, ","); name != NULL;
         name = strtok(NULL, ",")) {
        d->key[d->target.key_count++] = (uint32_t)tide_schema_find(&d->output, name);
    }
    tide_free(names);
    if (d->newest_name != NULL) {
        d->target.newest_column = tide_schema_find(&d->output, d->newest_name);
    }
}

static size_t unescape(char *cell)
{
    size_t size = 0;
    for (const char *at = cell; *at != '\0'; at++) {
        if (*at != '\\') {
            cell[size++] = *at;
            continue;
        }
        at++;
        cell[size++] = *at == 't' ? '\t' : *at == 'n' ? '\n' : *at == '0' ? '\0' : *at;
    }
    return size;
}

static size_t unhex(char *cell)
{
    size_t size = strlen(cell) / 2;
    for (size_t i = 0; i < size; i++) {
        char digits[] = {cell[2 * i], cell[2 * i + 1], '\0'};
        cell[i] = (char)strtoul(digits, NULL, 16);
    }
    return size;
}

static tide_code append_cell(tide_column_builder *column, char *cell, tide_error *err)
{
    tide_int128 decimal;
    switch (column->type.id) {
        case TIDE_BOOL:
            return tide_append_bool(column, cell[0] == 't', err);
        case TIDE_INT32:
        case TIDE_DATE:
            return tide_append_int32(column, (int32_t)strtol(cell, NULL, 10), err);
        case TIDE_INT64:
        case TIDE_TIMESTAMP:
            return tide_append_int64(column, strtoll(cell, NULL, 10), err);
        case TIDE_DOUBLE:
            return tide_append_double(column, strtod(cell, NULL), err);
        case TIDE_DECIMAL:
            if (tide_decimal_parse(tide_str_of(cell), column->type.precision, column->type.scale,
                                   &decimal) != TIDE_NUMBER_OK) {
                die("not a decimal of the column");
            }
            return tide_append_decimal(column, decimal, err);
        case TIDE_BYTES:
            return tide_append_str(column, (tide_str){cell, unhex(cell)}, err);
        case TIDE_UUID:
            (void)unhex(cell);
            return tide_append_uuid(column, (uint8_t *)cell, err);
        case TIDE_TEXT:
        case TIDE_JSON:
        default:
            return tide_append_str(column, (tide_str){cell, unescape(cell)}, err);
    }
}

static void append_row(driver *d, tide_builder *builder, char **cells, size_t count)
{
    if (count != builder->schema->field_count) {
        die("a row has another number of cells than columns");
    }
    for (size_t i = 0; i < count; i++) {
        need(strcmp(cells[i], "\\N") == 0 ? tide_append_null(&builder->columns[i], &d->err)
                                          : append_cell(&builder->columns[i], cells[i], &d->err),
             &d->err);
    }
    tide_builder_end_row(builder);
}

static void end_chunk(driver *d, const char *series, int32_t day)
{
    tide_batch batch;
    tide_batch_init(&batch);
    need(tide_builder_finish(&d->rows, &batch, &d->err), &d->err);
    size_t index = d->unit.series_count++;
    d->unit.series_names =
        tide_resize(d->unit.series_names, d->unit.series_count * sizeof *d->unit.series_names);
    d->unit.series_names[index] = tide_copy_string(series);
    tide_segment segment = {.series = (uint32_t)index,
                            .day = day,
                            .end = tide_batch_row_count(&batch),
                            .first = true,
                            .last = true};
    need(tide_unit_add_chunk(&d->unit, &batch, &segment, 1, &d->err), &d->err);
}

/* Rows of streaming belong to no series. */
static void end_plain_chunk(driver *d)
{
    tide_batch batch;
    tide_batch_init(&batch);
    need(tide_builder_finish(&d->rows, &batch, &d->err), &d->err);
    need(tide_unit_add_chunk(&d->unit, &batch, NULL, 0, &d->err), &d->err);
}

/* A unit in parts streams, its last part too. */
static bool continues_or_streams(driver *d, bool continues)
{
    bool streams = d->in_parts;
    d->in_parts = continues;
    return streams || continues;
}

static void answer(driver *d, tide_code code, const char *text)
{
    if (code == TIDE_OK) {
        printf("ok %s\n", text);
    } else {
        printf("error %s %s\n", tide_code_name(code), d->err.message);
    }
    fflush(stdout);
    tide_error_clear(&d->err);
}

static void run_check(driver *d)
{
    tide_sink_facts facts;
    tide_code code = d->sink->vtable->check(d->sink, &facts, &d->err);
    if (code == TIDE_OK) {
        printf("server\t%s\nexists\t%d\nempty\t%d\nstate\t%d\nsame\t%d\nfingerprint\t%s\n",
               facts.server, facts.table_exists, facts.table_empty, facts.state_exists,
               facts.same_table, facts.fingerprint == NULL ? "" : facts.fingerprint);
        printf("%s", tide_text_c(&facts.problems));
        tide_sink_facts_clear(&facts);
    }
    answer(d, code, "");
}

static void run_load(driver *d, size_t worker, const char *name, bool continues)
{
    char text[128] = "";
    tide_load_result result;
    if (d->rows.row_count > 0 && continues_or_streams(d, continues)) {
        end_plain_chunk(d);
    } else if (d->rows.row_count > 0) {
        end_chunk(d, "S", 0);
    }
    d->unit.name = tide_copy_string(name);
    d->unit.continues = continues;
    if (d->target.state != NULL) {
        need(tide_builder_finish(&d->state_rows, &d->unit.states, &d->err), &d->err);
    }
    if (d->late.field_count > 0) {
        need(tide_builder_finish(&d->late_rows, &d->unit.late_rows, &d->err), &d->err);
    }
    tide_code code = d->sink->vtable->load(d->workers[worker], &d->unit, &result, &d->err);
    snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %" PRId64, result.loaded,
             result.superseded, result.refused);
    tide_unit_clear(&d->unit);
    answer(d, code, text);
}

static void print_states(const tide_batch *batch, const uint64_t *hashes)
{
    tide_column columns[16];
    tide_batch_columns(batch, columns);
    for (int64_t i = 0; i < tide_batch_row_count(batch); i++) {
        tide_text line;
        tide_text_init(&line);
        tide_row_print_json(batch->schema, columns, batch->schema->field_count, i, &line);
        printf("%" PRIu64 "\t%s\n", hashes[i], tide_text_c(&line));
        tide_text_clear(&line);
    }
}

static void run_states(driver *d, size_t worker, const char *first, const char *last)
{
    tide_stream *stream = NULL;
    tide_hash_range range = {strtoull(first, NULL, 10), strtoull(last, NULL, 10)};
    tide_code code = d->sink->vtable->read_states(d->workers[worker], range, &stream, &d->err);
    int64_t count = 0;
    while (code == TIDE_OK) {
        tide_batch batch;
        const uint64_t *hashes;
        code = stream->vtable->next(stream, &batch, &hashes, &d->err);
        if (code != TIDE_OK || tide_batch_row_count(&batch) == 0) {
            break;
        }
        count += tide_batch_row_count(&batch);
        print_states(&batch, hashes);
    }
    if (stream != NULL) {
        stream->vtable->close(stream);
    }
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, count);
    answer(d, code, text);
}

static void run_units(driver *d)
{
    tide_arena arena;
    tide_arena_init(&arena);
    const char **names = NULL;
    size_t count = 0;
    tide_code code = d->sink->vtable->read_units(d->sink, &arena, &names, &count, &d->err);
    for (size_t i = 0; i < count; i++) {
        printf("%s\n", names[i]);
    }
    tide_arena_clear(&arena);
    answer(d, code, "");
}

static void run_runs(driver *d)
{
    tide_run_row rows[10];
    size_t count;
    tide_code code = d->sink->vtable->read_runs(d->sink, 10, rows, &count, &d->err);
    for (size_t i = 0; i < count; i++) {
        printf("%" PRId64 "\t%s\t%" PRId64 "\t%" PRId64 "\t%s\t%s\n", rows[i].run,
               tide_run_status_name(rows[i].status), rows[i].started_at, rows[i].ended_at,
               rows[i].plan == NULL ? "" : rows[i].plan,
               rows[i].record == NULL ? "" : rows[i].record);
        tide_run_row_clear(&rows[i]);
    }
    answer(d, code, "");
}

static tide_run_row run_row(const char *number, const char *status)
{
    static char plan[] = "{\"horizon\": 1,  \"a\": 2}";
    static char record[] = "{\"rows\": 3}";
    tide_run_row row = {.run = strtoll(number, NULL, 10), .started_at = INT64_C(1700000000123456)};
    if (status == NULL) {
        row.plan = plan;
        return row;
    }
    row.record = record;
    row.ended_at = INT64_C(1700000001123457);
    while (strcmp(tide_run_status_name(row.status), status) != 0) {
        row.status++;
    }
    return row;
}

static void add_reject(driver *d, tide_reject_list *list, char **field)
{
    tide_reject reject = {
        .stage = field[1], .position = field[2], .reason = field[3], .values = "{\"a\": 1}"};
    need(tide_reject_list_add(list, &reject, &d->err), &d->err);
}

static void run_decode_reject(driver *d, char **field)
{
    tide_reject_list list;
    tide_reject_list_init(&list);
    add_reject(d, &list, field);
    answer(d, d->sink->vtable->reject(d->sink, &list, &d->err), "");
    tide_reject_list_clear(&list);
}

static void run_finish(driver *d, const char *number)
{
    tide_load_result result;
    tide_run_row row = run_row(number, "complete");
    char text[64];
    tide_code code = d->sink->vtable->finish(d->sink, &row, &result, &d->err);
    snprintf(text, sizeof text, "%" PRId64 " %" PRId64, result.loaded, result.refused);
    answer(d, code, text);
}

static void run_fields(driver *d, char **field, size_t count)
{
    const tide_sink_vtable *vtable = d->sink->vtable;
    const char *command = field[0];
    if (strcmp(command, "row") == 0) {
        append_row(d, &d->rows, field + 1, count - 1);
    } else if (strcmp(command, "chunk") == 0) {
        end_chunk(d, field[1], (int32_t)strtol(field[2], NULL, 10));
    } else if (strcmp(command, "state") == 0) {
        append_row(d, &d->state_rows, field + 1, count - 1);
    } else if (strcmp(command, "late") == 0) {
        append_row(d, &d->late_rows, field + 1, count - 1);
    } else if (strcmp(command, "reject") == 0) {
        add_reject(d, &d->unit.rejects, field);
    } else if (strcmp(command, "load") == 0) {
        run_load(d, (size_t)number_of(field[1]), field[2], false);
    } else if (strcmp(command, "part") == 0) {
        run_load(d, (size_t)number_of(field[1]), field[2], true);
    } else if (strcmp(command, "abandon") == 0) {
        vtable->abandon(d->workers[number_of(field[1])]);
        d->in_parts = false;
        answer(d, TIDE_OK, "");
    } else if (strcmp(command, "check") == 0) {
        run_check(d);
    } else if (strcmp(command, "begin") == 0) {
        tide_run_row row = run_row(field[1], NULL);
        answer(d, vtable->begin(d->sink, &row, &d->err), "");
    } else if (strcmp(command, "worker") == 0) {
        answer(d, vtable->open_worker(d->sink, &d->workers[number_of(field[1])], &d->err), "");
    } else if (strcmp(command, "close_worker") == 0) {
        vtable->close_worker(d->workers[number_of(field[1])]);
        d->workers[number_of(field[1])] = NULL;
        answer(d, TIDE_OK, "");
    } else if (strcmp(command, "states") == 0) {
        run_states(d, (size_t)number_of(field[1]), field[2], field[3]);
    } else if (strcmp(command, "units") == 0) {
        run_units(d);
    } else if (strcmp(command, "runs") == 0) {
        run_runs(d);
    } else if (strcmp(command, "record") == 0) {
        tide_run_row row = run_row(field[1], field[2]);
        answer(d, vtable->record(d->sink, &row, &d->err), "");
    } else if (strcmp(command, "decode_reject") == 0) {
        run_decode_reject(d, field);
    } else if (strcmp(command, "finish") == 0) {
        run_finish(d, field[1]);
    } else if (strcmp(command, "reset") == 0) {
        answer(d, vtable->state_reset(d->sink, &d->err), "");
    } else if (strcmp(command, "accept") == 0) {
        answer(d, vtable->state_accept(d->sink, &d->err), "");
    } else if (strcmp(command, "cancel") == 0) {
        tide_cancel_raise(&d->cancel, TIDE_STOP_NOW);
        answer(d, TIDE_OK, "");
    } else {
        die("unknown command");
    }
}

static void run_commands(driver *d)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stdin)) > 0) {
        static char empty[] = "";
        char *field[FIELDS_MAX];
        size_t count = 0;
        for (size_t i = 0; i < FIELDS_MAX; i++) {
            field[i] = empty;
        }
        line[size - 1] = '\0';
        for (char *at = line; at != NULL && count < FIELDS_MAX;) {
            field[count++] = strsep(&at, "\t");
        }
        run_fields(d, field, count);
    }
    free(line);
}

static void clear(driver *d)
{
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        if (d->workers[i] != NULL) {
            d->sink->vtable->close_worker(d->workers[i]);
        }
    }
    d->sink->vtable->close(d->sink);
    tide_unit_clear(&d->unit);
    tide_builder_clear(&d->rows);
    if (d->target.state != NULL) {
        tide_builder_clear(&d->state_rows);
        tide_schema_clear(&d->state.schema);
    }
    tide_builder_clear(&d->late_rows);
    tide_schema_clear(&d->output);
    tide_schema_clear(&d->late);
}

int main(int argc, char **argv)
{
    static driver d;
    tide_error_clear(&d.err);
    d.target.fingerprint = "0123456789abcdef0123456789abcdef";
    d.target.fingerprint_text = "steps: none\n";
    parse_options(&d, argc, argv);
    finish_target(&d);
    tide_unit_init(&d.unit);
    need(tide_builder_init(&d.rows, &d.output, &d.err), &d.err);
    need(tide_builder_init(&d.late_rows, &d.late, &d.err), &d.err);
    if (d.target.state != NULL) {
        need(tide_builder_init(&d.state_rows, &d.state.schema, &d.err), &d.err);
    }
    tide_code code = tide_postgres_sink_open(&d.options, &d.target, &d.sink, &d.err);
    answer(&d, code, "");
    if (code != TIDE_OK) {
        return 1;
    }
    run_commands(&d);
    clear(&d);
    return 0;
}
