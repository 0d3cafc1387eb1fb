/* SPDX-License-Identifier: Apache-2.0 */
/* Driver: runs the process stage over rows and states from standard input, for comparison with
 * reference.py. Lines of fields separated by tabs; \N is null.
 *
 *   option NAME VALUE
 *   step NAME
 *   row REGION PERSON TIME TIE ID AMOUNT
 *   state REGION PERSON LAST_DAY PREVIOUS_DAY RUN ROWS DIGEST VALUES...
 *
 * Answers with lines "KIND JSON": digest (of each row, in the order given), out, state, unit,
 * counts, step, error. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "fixture.h"
#include "record/order.h"
#include "record/value.h"

#define FIELDS_MAX 32
#define STEPS_MAX 4

typedef struct driver {
    tide_source_layout layout;
    test_row *rows;
    size_t row_count, row_capacity;
    char **state_lines;
    size_t state_count, state_capacity;
    char *step_names[STEPS_MAX];
    tide_step steps[STEPS_MAX];
    size_t step_count;
    tide_process_options options;
    tide_process_plan plan;
    char *zone_name;
    tide_zone *zone;
    int hash_bits;
    size_t stream_rows, state_rows, units_max;
    test_states states;
} driver;

static const char *const option_names[] = {
    "zone",        "horizon",    "late",       "run",           "batch_rows",
    "batch_bytes", "unit_rows",  "unit_bytes", "max_day_bytes", "hash_bits",
    "stream_rows", "state_rows", "units_max",
};

static void set_option(driver *self, const char *name, const char *value)
{
    tide_process_bounds *bounds = &self->options.bounds;
    long long number = strtoll(value, NULL, 10);
    size_t i = 0;
    while (i < sizeof option_names / sizeof option_names[0] && strcmp(option_names[i], name) != 0) {
        i++;
    }
    switch (i) {
        case 0:
            self->zone_name = tide_copy_string(value);
            break;
        case 1:
            self->options.horizon = number;
            break;
        case 2:
            self->options.late = strcmp(value, "fail") == 0   ? TIDE_PROCESS_LATE_FAIL
                                 : strcmp(value, "drop") == 0 ? TIDE_PROCESS_LATE_DROP
                                                              : TIDE_PROCESS_LATE_REPORT;
            break;
        case 3:
            self->options.run = number;
            break;
        case 4:
            bounds->batch_rows = number;
            break;
        case 5:
            bounds->batch_bytes = (size_t)number;
            break;
        case 6:
            bounds->unit_rows = number;
            break;
        case 7:
            bounds->unit_bytes = (size_t)number;
            break;
        case 8:
            bounds->max_day_bytes = (size_t)number;
            break;
        case 9:
            self->hash_bits = (int)number;
            break;
        case 10:
            self->stream_rows = (size_t)number;
            break;
        case 11:
            self->state_rows = (size_t)number;
            break;
        case 12:
            self->units_max = (size_t)number;
            break;
        default:
            fprintf(stderr, "unknown option %s\n", name);
            exit(2);
    }
}

static bool is_null(const char *field)
{
    return strcmp(field, "\\N") == 0;
}

static int64_t number_of(const char *field)
{
    return strtoll(field, NULL, 10);
}

static tide_code add_row(driver *self, char **fields, tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&self->rows, &self->row_capacity, self->row_count + 1,
                       sizeof *self->rows, err));
    self->rows[self->row_count++] = (test_row){
        .region = is_null(fields[1]) ? NULL : tide_copy_string(fields[1]),
        .person_is_null = is_null(fields[2]),
        .person = number_of(fields[2]),
        .time_is_null = is_null(fields[3]),
        .time = number_of(fields[3]),
        .tie = number_of(fields[4]),
        .id = tide_copy_string(fields[5]),
        .amount = number_of(fields[6]),
    };
    return TIDE_OK;
}

static size_t split(char *line, char **fields)
{
    size_t count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && count < FIELDS_MAX;) {
        fields[count++] = at;
        at = strchr(at, '\t');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    return count;
}

static tide_code read_line(driver *self, char *line, tide_error *err)
{
    char *fields[FIELDS_MAX];
    if (strncmp(line, "state\t", 6) == 0) {
        TIDE_TRY(tide_grow((void **)&self->state_lines, &self->state_capacity,
                           self->state_count + 1, sizeof *self->state_lines, err));
        self->state_lines[self->state_count++] = tide_copy_string(line);
        return TIDE_OK;
    }
    (void)split(line, fields);
    if (strcmp(fields[0], "option") == 0) {
        set_option(self, fields[1], fields[2]);
    } else if (strcmp(fields[0], "step") == 0) {
        self->step_names[self->step_count++] = tide_copy_string(fields[1]);
    } else if (strcmp(fields[0], "row") == 0) {
        return add_row(self, fields, err);
    }
    return TIDE_OK;
}

static tide_code define_steps(driver *self, tide_schema *declared, tide_error *err)
{
    const tide_schema *input = declared;
    for (size_t i = 0; i < self->step_count; i++) {
        TIDE_TRY(test_step_define(self->step_names[i], i + 1, input, &self->steps[i], err));
        input = &self->steps[i].output_schema;
    }
    return TIDE_OK;
}

static uint64_t series_hash(driver *self, test_row *row, tide_error *err)
{
    return test_rows_sort(&self->layout, row, 1, self->hash_bits, err) == TIDE_OK ? row->hash : 0;
}

static tide_code append_cell(tide_column_builder *to, const char *field, tide_error *err)
{
    if (is_null(field)) {
        return tide_append_null(to, err);
    }
    if (to->type.id == TIDE_TEXT) {
        return tide_append_str(to, tide_str_of(field), err);
    }
    if (to->type.id == TIDE_DATE) {
        return tide_append_int32(to, (int32_t)number_of(field), err);
    }
    if (to->type.id != TIDE_UUID) {
        return tide_append_int64(to, number_of(field), err);
    }
    uint8_t digest[16];
    for (size_t i = 0; i < 16; i++) {
        unsigned byte = 0;
        (void)sscanf(field + 2 * i, "%2x", &byte);
        digest[i] = (uint8_t)byte;
    }
    return tide_append_uuid(to, digest, err);
}

static tide_code add_state(driver *self, char *line, tide_error *err)
{
    char *fields[FIELDS_MAX];
    (void)split(line, fields);
    tide_builder builder;
    tide_batch view;
    test_row row = {.region = fields[1], .person = number_of(fields[2]), .id = ""};
    TIDE_TRY(tide_builder_init(&builder, &self->plan.state.schema, err));
    TIDE_TRY(tide_append_int64(&builder.columns[0],
                               tide_state_hash_encode(series_hash(self, &row, err)), err));
    for (size_t i = 1; i < self->plan.state.schema.field_count; i++) {
        TIDE_TRY(append_cell(&builder.columns[i], fields[i], err));
    }
    tide_builder_end_row(&builder);
    TIDE_TRY(tide_builder_view(&builder, &view, err));
    tide_code code = test_states_upsert(&self->states, &view, err);
    tide_batch_clear(&view);
    tide_builder_clear(&builder);
    return code;
}

static tide_code print_digests(driver *self, tide_error *err)
{
    tide_builder builder;
    tide_batch view;
    tide_column columns[DECLARED_COUNT + 2];
    TIDE_TRY(tide_builder_init(&builder, &self->layout.schema, err));
    for (size_t i = 0; i < self->row_count; i++) {
        tide_builder_reset(&builder);
        TIDE_TRY(test_rows_append(&builder, &self->rows[i], 1, err));
        TIDE_TRY(tide_builder_view(&builder, &view, err));
        tide_batch_columns(&view, columns);
        static const uint32_t identity[] = {DECLARED_COUNT + 1, 0, 1, 2, 3, 4, 5};
        tide_digest digest = tide_digest_row(columns, identity, 7, 0);
        printf("digest \"%016" PRIx64 "%016" PRIx64 "\"\n", digest.high, digest.low);
        tide_batch_clear(&view);
    }
    tide_builder_clear(&builder);
    return TIDE_OK;
}

static void print_rows(const char *kind, const tide_batch *batch)
{
    tide_column columns[64];
    int64_t row_count = tide_batch_row_count(batch);
    if (row_count > 0) {
        tide_batch_columns(batch, columns);
    }
    for (int64_t row = 0; row < row_count; row++) {
        tide_text text;
        tide_text_init(&text);
        tide_row_print_json(batch->schema, columns, batch->schema->field_count, row, &text);
        printf("%s %s\n", kind, tide_text_c(&text));
        tide_text_clear(&text);
    }
}

static void print_counts(const tide_counts *counts)
{
    printf("counts {\"consumed\": %" PRId64 ", \"rebuilt\": %" PRId64 ", \"seen\": %" PRId64
           ", \"unmatched\": %" PRId64 ", \"left\": %" PRId64 ", \"rejected\": %" PRId64
           ", \"emitted\": %" PRId64 ", \"series\": %" PRId64 ", \"days\": %" PRId64
           ", \"gone_or_changed_series\": %" PRId64 ", \"late_or_changed_series\": %" PRId64
           ", \"failed_series\": %" PRId64 ", \"late\": %" PRId64 "}\n",
           counts->consumed, counts->rebuilt, counts->seen, counts->unmatched, counts->left,
           counts->rejected, counts->emitted, counts->series, counts->days,
           counts->gone_or_changed_series, counts->late_or_changed_series, counts->failed_series,
           counts->late);
}

static void print_unit(driver *self, tide_unit *unit)
{
    printf("unit {\"name\": \"%s\", \"chunks\": %zu, \"rejects\": %zu}\n", unit->name,
           unit->chunk_count, unit->rejects.count);
    for (size_t i = 0; i < unit->chunk_count; i++) {
        print_rows("out", &unit->chunks[i].batch);
    }
    print_rows("state", &unit->states);
    print_counts(&unit->counts);
    for (size_t i = 0; i < self->step_count; i++) {
        const tide_step_counts *step = &unit->steps[i];
        printf("step {\"number\": %zu, \"rows_in\": %" PRId64 ", \"rows_out\": %" PRId64
               ", \"filtered\": %" PRId64 ", \"deduplicated\": %" PRId64 "}\n",
               i, step->rows_in, step->rows_out, step->filtered, step->deduplicated);
    }
}

static tide_code run_process(driver *self, tide_error *err)
{
    test_stream rows;
    test_state_stream states;
    tide_process *process = NULL;
    test_stream_init(&rows, &self->layout, self->rows, self->row_count, self->stream_rows);
    test_state_stream_init(&states, &self->states, self->state_rows);
    tide_process_inputs inputs = {.rows = &rows.base, .states = &states.base, .unit_prefix = "p0"};
    tide_code code = tide_process_open(&self->plan, &inputs, &process, err);
    bool has_unit = code == TIDE_OK;
    for (size_t units = 0; has_unit && units < self->units_max; units++) {
        tide_unit unit;
        code = tide_process_next(process, &unit, &has_unit, err);
        if (code == TIDE_OK && has_unit) {
            print_unit(self, &unit);
        }
        tide_unit_clear(&unit);
    }
    tide_process_close(process);
    test_stream_clear(&rows);
    test_state_stream_clear(&states);
    return code;
}

static tide_code prepare(driver *self, tide_error *err)
{
    self->options.series_columns = test_series_columns;
    self->options.series_count = 2;
    self->options.time_column = USED_AT;
    self->options.layout = &self->layout;
    self->options.steps = self->steps;
    self->options.step_count = self->step_count;
    self->options.add_series_and_day = true;
    TIDE_TRY(tide_zone_open(self->zone_name, &self->zone, err));
    self->options.zone = self->zone;
    TIDE_TRY(tide_process_plan_init(&self->plan, &self->options, err));
    test_states_init(&self->states, &self->plan.state);
    for (size_t i = 0; i < self->state_count; i++) {
        TIDE_TRY(add_state(self, self->state_lines[i], err));
    }
    TIDE_TRY(print_digests(self, err));
    return test_rows_sort(&self->layout, self->rows, self->row_count, self->hash_bits, err);
}

static tide_code run(driver *self, tide_error *err)
{
    char *line = NULL;
    size_t capacity = 0;
    TIDE_TRY(test_layout_init(&self->layout, err));
    while (getline(&line, &capacity, stdin) >= 0) {
        TIDE_TRY(read_line(self, line, err));
    }
    free(line);
    tide_schema declared;
    tide_schema_init(&declared);
    for (size_t i = 0; i < DECLARED_COUNT; i++) {
        const tide_field *field = &self->layout.schema.fields[i];
        TIDE_TRY(tide_schema_add(&declared, field->name, field->type, false, err));
    }
    TIDE_TRY(define_steps(self, &declared, err));
    TIDE_TRY(prepare(self, err));
    tide_code code = run_process(self, err);
    tide_schema_clear(&declared);
    return code;
}

static void clear(driver *self)
{
    for (size_t i = 0; i < self->row_count; i++) {
        free((void *)(uintptr_t)self->rows[i].region);
        free((void *)(uintptr_t)self->rows[i].id);
    }
    for (size_t i = 0; i < self->state_count; i++) {
        tide_free(self->state_lines[i]);
    }
    if (self->states.layout != NULL) {
        test_states_clear(&self->states);
    }
    tide_process_plan_clear(&self->plan);
    for (size_t i = 0; i < self->step_count; i++) {
        tide_step_clear(&self->steps[i]);
        tide_free(self->step_names[i]);
    }
    tide_zone_close(self->zone);
    tide_schema_clear(&self->layout.schema);
    tide_free(self->rows);
    tide_free(self->state_lines);
    tide_free(self->zone_name);
}

int main(void)
{
    driver self = {.hash_bits = 64, .stream_rows = 100, .state_rows = 100, .units_max = SIZE_MAX};
    tide_error err;
    tide_error_clear(&err);
    tide_code code = run(&self, &err);
    if (code != TIDE_OK) {
        tide_text message;
        tide_text_init(&message);
        tide_text_append_json_string(&message, tide_str_of(err.message));
        printf("error {\"code\": \"%s\", \"message\": %s}\n", tide_code_name(code),
               tide_text_c(&message));
        tide_text_clear(&message);
    }
    clear(&self);
    return 0;
}
