/* SPDX-License-Identifier: Apache-2.0 */
/* Nanoseconds per row of expressions, on one core: rows made beforehand, in batches as the engine
 * cuts them, evaluated as `where` does or into a column as `derive` does.
 *
 *   expression_bench [MILLIONS_OF_ROWS]
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/calendar.h"
#include "base/limits.h"
#include "process/steps/expression/expression.h"

#define BATCHES 16
#define NULLS_ONE_IN 20

static const char *const conditions[] = {
    "amount > 0",
    "price > 9.99",
    "rate < 0.5e0",
    "code in (3, 5, 8)",
    "code in (1,2,3,5,8,13,21,34,55,89,144,233)",
    "flag",
    "channel in ('app', 'web')",
    "amount > 0 and channel in ('app', 'web')",
    "channel like 'a%'",
    "used_at >= timestamp '2024-01-01T00:00:00Z'",
    "case when amount <> 0 then price / amount > 2 end",
};

static const char *const values[] = {
    "amount * 2 + code",   "price * 1.23 + 0.5",
    "price / 3",           "rate * 2e0",
    "upper(channel)",      "channel || '-' || code::text",
    "date(used_at)",       "date_trunc('hour', used_at)",
    "coalesce(amount, 0)", "round(price, 1)",
    "hash64(channel)",     "case when flag then amount else code end",
};

static void must(tide_code code, const tide_error *err)
{
    if (code != TIDE_OK) {
        fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

static void make_schema(tide_schema *schema)
{
    static const struct {
        const char *name;
        tide_type type;
    } fields[] = {
        {"amount", {TIDE_INT64, 0, 0}},      {"code", {TIDE_INT32, 0, 0}},
        {"price", {TIDE_DECIMAL, 12, 2}},    {"rate", {TIDE_DOUBLE, 0, 0}},
        {"channel", {TIDE_TEXT, 0, 0}},      {"flag", {TIDE_BOOL, 0, 0}},
        {"used_at", {TIDE_TIMESTAMP, 0, 0}},
    };
    tide_error err;
    tide_schema_init(schema);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        must(tide_schema_add(schema, fields[i].name, fields[i].type, false, &err), &err);
    }
}

static tide_code append_row(tide_builder *to, tide_error *err)
{
    static const char *const channels[] = {"app", "web", "shop", "phone", "partner", "app store"};
    static int64_t used_at = INT64_C(1704067200000000);
    used_at += rand() % 100000000;
    if (rand() % NULLS_ONE_IN == 0) {
        TIDE_TRY(tide_append_null(&to->columns[0], err));
    } else {
        TIDE_TRY(tide_append_int64(&to->columns[0], rand() % 2001 - 1000, err));
    }
    TIDE_TRY(tide_append_int32(&to->columns[1], rand() % 256, err));
    TIDE_TRY(tide_append_decimal(&to->columns[2], rand() % 2000, err));
    TIDE_TRY(tide_append_double(&to->columns[3], rand() / (double)RAND_MAX, err));
    TIDE_TRY(tide_append_str(&to->columns[4], tide_str_of(channels[rand() % 6]), err));
    TIDE_TRY(tide_append_bool(&to->columns[5], rand() % 2 == 0, err));
    TIDE_TRY(tide_append_int64(&to->columns[6], used_at, err));
    tide_builder_end_row(to);
    return TIDE_OK;
}

typedef struct bench {
    tide_schema schema;
    tide_zone *zone;
    tide_builder builders[BATCHES];
    tide_column columns[BATCHES][8];
    uint64_t live[TIDE_BATCH_ROWS_MAX / 64];
    size_t rounds; /* of all batches */
} bench;

static void make_rows(bench *self)
{
    tide_error err;
    make_schema(&self->schema);
    must(tide_zone_open("Europe/Warsaw", &self->zone, &err), &err);
    for (size_t i = 0; i < BATCHES; i++) {
        tide_batch view;
        must(tide_builder_init(&self->builders[i], &self->schema, &err), &err);
        for (int row = 0; row < TIDE_BATCH_ROWS_MAX; row++) {
            must(append_row(&self->builders[i], &err), &err);
        }
        must(tide_builder_view(&self->builders[i], &view, &err), &err);
        tide_batch_columns(&view, self->columns[i]);
        tide_batch_clear(&view);
    }
}

static void run_batch(bench *self, tide_evaluator *evaluator, size_t batch, bool filters,
                      tide_column_builder *out)
{
    tide_error err;
    memset(self->live, 0xFF, sizeof self->live);
    if (filters) {
        must(tide_evaluator_filter(evaluator, self->columns[batch], TIDE_BATCH_ROWS_MAX, self->live,
                                   &err),
             &err);
        return;
    }
    tide_column_builder_reset(out);
    must(tide_evaluator_append(evaluator, self->columns[batch], TIDE_BATCH_ROWS_MAX, self->live,
                               out, &err),
         &err);
}

static void measure(bench *self, const char *text, bool filters)
{
    tide_error err;
    tide_expression *expression = NULL;
    tide_evaluator *evaluator = NULL;
    tide_row_errors errors;
    tide_column_builder out;
    tide_expression_options options = {.text = text, .input = &self->schema, .zone = self->zone};
    must(tide_expression_compile(&options, &expression, &err), &err);
    tide_row_errors_init(&errors);
    must(tide_evaluator_open(expression, &errors, &evaluator, &err), &err);
    tide_column_builder_init(&out, tide_expression_type(expression));
    int64_t begin = tide_monotonic_micros();
    for (size_t round = 0; round < self->rounds; round++) {
        for (size_t batch = 0; batch < BATCHES; batch++) {
            run_batch(self, evaluator, batch, filters, &out);
        }
    }
    double micros = (double)(tide_monotonic_micros() - begin);
    double rows = (double)self->rounds * BATCHES * TIDE_BATCH_ROWS_MAX;
    printf("%-52s %6.2f ns/row  %7.1f ms/10M rows\n", text, micros * 1000 / rows,
           micros * 1e4 / rows);
    tide_column_builder_clear(&out);
    tide_evaluator_close(evaluator);
    tide_row_errors_clear(&errors);
    tide_expression_destroy(expression);
}

int main(int argc, char **argv)
{
    static bench self;
    size_t millions = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
    srand(1);
    self.rounds = millions * 1000000 / (BATCHES * TIDE_BATCH_ROWS_MAX) + 1;
    make_rows(&self);
    puts("where:");
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        measure(&self, conditions[i], true);
    }
    puts("derive:");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        measure(&self, values[i], false);
    }
    for (size_t i = 0; i < BATCHES; i++) {
        tide_builder_clear(&self.builders[i]);
    }
    tide_schema_clear(&self.schema);
    tide_zone_close(self.zone);
    return 0;
}
