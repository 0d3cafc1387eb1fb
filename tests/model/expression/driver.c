/* SPDX-License-Identifier: Apache-2.0 */
/* Driver: expressions over rows from the standard input, results to the standard output, for the
 * comparison with SQLite and PostgreSQL. Lines; cells are parted by tabs; \t \n \\ in cells are
 * escaped, \N is null.
 *
 *   zone NAME
 *   schema     NAME TYPE ...       (all parted by tabs)
 *   rows       COUNT               and as many lines of cells
 *   expression TEXT                -> "error MESSAGE", or "type NAME" and a line per row:
 *                                     "=VALUE", "null" or "!REASON"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "process/steps/expression/expression.h"
#include "record/decimal.h"
#include "record/timestamp.h"
#include "record/value.h"

typedef struct driver {
    tide_zone *zone;
    tide_time_parser *times;
    tide_schema schema;
    tide_builder rows;
    bool has_rows;
    tide_batch batch;
    tide_column *columns;
} driver;

static void check(tide_code code, const tide_error *err)
{
    if (code != TIDE_OK) {
        fprintf(stderr, "driver: %s\n", err->message);
        exit(2);
    }
}

/* Undoes the escapes in place; false for null. */
static bool unescape(char *cell)
{
    char *to = cell;
    if (strcmp(cell, "\\N") == 0) {
        return false;
    }
    for (const char *from = cell; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0') {
            from++;
            *to++ = *from == 't' ? '\t' : *from == 'n' ? '\n' : *from;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return true;
}

static void print_escaped(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            fputs("\\n", stdout);
        } else if (*text == '\t') {
            fputs("\\t", stdout);
        } else if (*text == '\\') {
            fputs("\\\\", stdout);
        } else {
            putchar(*text);
        }
    }
    putchar('\n');
}

static char *next_cell(char **rest)
{
    return strsep(rest, "\t");
}

static tide_code append_cell(driver *self, tide_column_builder *column, char *cell, tide_error *err)
{
    int64_t integer = 0;
    int32_t day = 0;
    double number = 0;
    tide_int128 decimal = 0;
    if (!unescape(cell)) {
        return tide_append_null(column, err);
    }
    tide_str text = tide_str_of(cell);
    switch (column->type.id) {
        case TIDE_BOOL:
            return tide_append_bool(column, strcmp(cell, "true") == 0, err);
        case TIDE_INT32:
            (void)tide_int64_parse(text, &integer);
            return tide_append_int32(column, (int32_t)integer, err);
        case TIDE_INT64:
            (void)tide_int64_parse(text, &integer);
            return tide_append_int64(column, integer, err);
        case TIDE_DOUBLE:
            (void)tide_double_parse(text, &number);
            return tide_append_double(column, number, err);
        case TIDE_DECIMAL:
            (void)tide_decimal_parse(text, column->type.precision, column->type.scale, &decimal);
            return tide_append_decimal(column, decimal, err);
        case TIDE_DATE:
            (void)tide_parse_day(text, &day);
            return tide_append_int32(column, day, err);
        case TIDE_TIMESTAMP:
            if (tide_time_parse(self->times, text, false, &integer) != TIDE_TIME_OK) {
                return TIDE_FAIL(err, TIDE_BAD_DATA, "not a timestamp: %s", cell);
            }
            return tide_append_int64(column, integer, err);
        default:
            return tide_append_str(column, text, err);
    }
}

static void clear_rows(driver *self)
{
    if (self->has_rows) {
        tide_batch_clear(&self->batch);
        tide_builder_clear(&self->rows);
        free(self->columns);
        self->has_rows = false;
    }
}

static void read_schema(driver *self, char *rest)
{
    tide_error err;
    clear_rows(self);
    tide_schema_clear(&self->schema);
    for (char *name = next_cell(&rest); name != NULL; name = next_cell(&rest)) {
        tide_type type;
        const char *type_name = next_cell(&rest);
        check(tide_type_parse(tide_str_of(type_name), &type, &err), &err);
        check(tide_schema_add(&self->schema, name, type, false, &err), &err);
    }
}

static void read_rows(driver *self, size_t count)
{
    tide_error err;
    char *line = NULL;
    size_t capacity = 0;
    clear_rows(self);
    check(tide_builder_init(&self->rows, &self->schema, &err), &err);
    for (size_t i = 0; i < count && getline(&line, &capacity, stdin) > 0; i++) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line;
        for (size_t column = 0; column < self->schema.field_count; column++) {
            check(append_cell(self, &self->rows.columns[column], next_cell(&rest), &err), &err);
        }
        tide_builder_end_row(&self->rows);
    }
    free(line);
    self->columns = calloc(self->schema.field_count, sizeof *self->columns);
    check(tide_builder_view(&self->rows, &self->batch, &err), &err);
    tide_batch_columns(&self->batch, self->columns);
    self->has_rows = true;
}

static const char *find_error(const tide_row_errors *errors, int64_t row)
{
    for (size_t i = 0; i < errors->count; i++) {
        if (errors->items[i].row == row) {
            return errors->items[i].reason;
        }
    }
    return NULL;
}

static void print_results(const tide_column_builder *results, const tide_row_errors *errors)
{
    char name[24];
    tide_column column;
    tide_text text;
    tide_text_init(&text);
    tide_column_builder_view(results, &column);
    printf("type %s\n", tide_type_format(results->type, name));
    for (int64_t row = 0; row < results->row_count; row++) {
        const char *reason = find_error(errors, row);
        if (reason != NULL) {
            putchar('!');
            print_escaped(reason);
        } else if (tide_column_is_null(&column, row)) {
            puts("null");
        } else {
            tide_text_reset(&text);
            tide_column_print(&column, row, &text);
            putchar('=');
            print_escaped(tide_text_c(&text));
        }
    }
    tide_text_clear(&text);
}

static void evaluate(driver *self, const tide_expression *expression)
{
    tide_error err;
    tide_row_errors errors;
    tide_evaluator *evaluator = NULL;
    tide_column_builder results;
    int64_t row_count = tide_batch_row_count(&self->batch);
    uint64_t *live = calloc((size_t)row_count / 64 + 1, sizeof *live);
    for (int64_t row = 0; row < row_count; row++) {
        live[row / 64] |= UINT64_C(1) << row % 64;
    }
    tide_row_errors_init(&errors);
    tide_column_builder_init(&results, tide_expression_type(expression));
    check(tide_evaluator_open(expression, &errors, &evaluator, &err), &err);
    check(tide_evaluator_append(evaluator, self->columns, row_count, live, &results, &err), &err);
    print_results(&results, &errors);
    tide_evaluator_close(evaluator);
    tide_column_builder_clear(&results);
    tide_row_errors_clear(&errors);
    free(live);
}

static void run_expression(driver *self, char *text)
{
    tide_error err;
    tide_expression *expression = NULL;
    (void)unescape(text);
    tide_expression_options options = {.text = text, .input = &self->schema, .zone = self->zone};
    if (tide_expression_compile(&options, &expression, &err) != TIDE_OK) {
        fputs("error ", stdout);
        print_escaped(err.message);
    } else {
        evaluate(self, expression);
        tide_expression_destroy(expression);
    }
    fflush(stdout);
}

static void open_zone(driver *self, const char *name)
{
    tide_error err;
    tide_time_parser_destroy(self->times);
    tide_zone_close(self->zone);
    self->times = NULL;
    self->zone = NULL;
    check(tide_zone_open(name, &self->zone, &err), &err);
    tide_time_options options = {.format = "iso8601", .zone = self->zone};
    check(tide_time_parser_create(&options, &self->times, &err), &err);
}

int main(void)
{
    driver self = {.has_rows = false};
    char *line = NULL;
    size_t capacity = 0;
    tide_schema_init(&self.schema);
    open_zone(&self, "UTC");
    while (getline(&line, &capacity, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line;
        const char *command = next_cell(&rest);
        if (rest == NULL) {
            fprintf(stderr, "driver: `%s` is no command\n", command);
            return 2;
        }
        if (strcmp(command, "zone") == 0) {
            open_zone(&self, rest);
        } else if (strcmp(command, "schema") == 0) {
            read_schema(&self, rest);
        } else if (strcmp(command, "rows") == 0) {
            read_rows(&self, strtoul(rest, NULL, 10));
        } else {
            run_expression(&self, rest);
        }
    }
    free(line);
    clear_rows(&self);
    tide_schema_clear(&self.schema);
    tide_time_parser_destroy(self.times);
    tide_zone_close(self.zone);
    return 0;
}
