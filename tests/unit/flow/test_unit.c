/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "flow/sink.h"
#include "flow/unit.h"

static tide_schema schema;

static int make_schema(void **state)
{
    (void)state;
    tide_error err;
    tide_schema_init(&schema);
    return tide_schema_add(&schema, "n", (tide_type){TIDE_INT64, 0, 0}, false, &err);
}

static int drop_schema(void **state)
{
    (void)state;
    tide_schema_clear(&schema);
    return 0;
}

static tide_batch make_batch(int rows)
{
    tide_builder builder;
    tide_batch batch;
    tide_error err;
    assert_int_equal(tide_builder_init(&builder, &schema, &err), TIDE_OK);
    for (int i = 0; i < rows; i++) {
        assert_int_equal(tide_append_int64(&builder.columns[0], i, &err), TIDE_OK);
        tide_builder_end_row(&builder);
    }
    assert_int_equal(tide_builder_finish(&builder, &batch, &err), TIDE_OK);
    tide_builder_clear(&builder);
    return batch;
}

static void add_chunk(tide_unit *unit, int rows, const tide_segment *segments, size_t count)
{
    tide_error err;
    tide_batch batch = make_batch(rows);
    size_t bytes = unit->byte_count + tide_batch_bytes(&batch);
    assert_int_equal(tide_unit_add_chunk(unit, &batch, segments, count, &err), TIDE_OK);
    assert_null(batch.array.release);
    assert_int_equal(unit->byte_count, bytes);
}

static void name_series(tide_unit *unit)
{
    unit->series_names = tide_alloc_zero(2, sizeof *unit->series_names);
    unit->series_count = 2;
    unit->series_names[0] = tide_copy_string("ann");
    unit->series_names[1] = tide_copy_string("bob");
}

static void check_position(const tide_unit *unit, size_t chunk, int64_t row, const char *expected)
{
    tide_text text;
    tide_text_init(&text);
    tide_unit_print_position(unit, chunk, row, &text);
    assert_string_equal(tide_text_c(&text), expected);
    tide_text_clear(&text);
}

/* Day 0 of ann; day 1 of bob without rows; day 1 of ann over two chunks, interrupted by bob's. */
static void positions_count_within_series_and_day(void **state)
{
    (void)state;
    static const tide_segment first[] = {
        {0, 0, 0, 2, true, true, 0}, {1, 1, 2, 2, true, true, 0}, {0, 1, 2, 5, true, false, 0}};
    static const tide_segment second[] = {{1, 2, 0, 1, true, true, 0},
                                          {0, 1, 1, 3, false, true, 3}};
    tide_unit unit;
    tide_unit_init(&unit);
    name_series(&unit);
    add_chunk(&unit, 5, first, 3);
    add_chunk(&unit, 3, second, 2);
    check_position(&unit, 0, 0, "ann/1970-01-01/1");
    check_position(&unit, 0, 1, "ann/1970-01-01/2");
    check_position(&unit, 0, 2, "ann/1970-01-02/1");
    check_position(&unit, 0, 4, "ann/1970-01-02/3");
    check_position(&unit, 1, 0, "bob/1970-01-03/1");
    check_position(&unit, 1, 1, "ann/1970-01-02/4");
    check_position(&unit, 1, 2, "ann/1970-01-02/5");
    tide_unit_clear(&unit);
}

static void positions_without_series(void **state)
{
    (void)state;
    tide_unit unit;
    tide_unit_init(&unit);
    unit.name = tide_copy_string("split 3");
    add_chunk(&unit, 4, NULL, 0);
    add_chunk(&unit, 4, NULL, 0);
    check_position(&unit, 0, 0, "split 3/1");
    check_position(&unit, 1, 3, "split 3/8");
    tide_unit_clear(&unit);
}

static void a_failed_add_leaves_the_batch(void **state)
{
    (void)state;
    static const tide_segment segments[] = {{0, 0, 0, 2, true, true, 0}};
    tide_batch batch = make_batch(2);
    tide_error err;
    for (size_t n = 1; n <= 2; n++) {
        tide_unit unit;
        tide_unit_init(&unit);
        (void)tide_memory_fail_nth(n, 0);
        assert_int_equal(tide_unit_add_chunk(&unit, &batch, segments, 1, &err), TIDE_OUT_OF_MEMORY);
        (void)tide_memory_fail_nth(0, 0);
        assert_non_null(batch.array.release);
        assert_int_equal(unit.chunk_count, 0);
        tide_unit_clear(&unit);
    }
    tide_batch_clear(&batch);
}

/* Every count is added, whichever there are. */
static void counts_add_up(void **state)
{
    (void)state;
    enum { FIELDS = sizeof(tide_counts) / sizeof(int64_t) };
    int64_t numbers[FIELDS];
    tide_counts sum, part;
    for (int i = 0; i < FIELDS; i++) {
        numbers[i] = i + 1;
    }
    memcpy(&part, numbers, sizeof part);
    memset(&sum, 0, sizeof sum);
    tide_counts_add(&sum, &part);
    tide_counts_add(&sum, &part);
    memcpy(numbers, &sum, sizeof sum);
    for (int i = 0; i < FIELDS; i++) {
        assert_int_equal(numbers[i], 2 * (i + 1));
    }
}

static int destroyed;

static void destroy(void *definition)
{
    destroyed++;
    tide_free(definition);
}

static void clearing_a_step_destroys_its_definition(void **state)
{
    (void)state;
    static const tide_step_vtable vtable = {.destroy = destroy};
    tide_step step = {.vtable = &vtable, .definition = tide_alloc(1)};
    step.label = tide_copy_string("1 where");
    tide_text_append(&step.fingerprint, "where x > 0");
    tide_step_clear(&step);
    assert_int_equal(destroyed, 1);
    assert_null(step.label);
    tide_step_clear(&step);
    assert_int_equal(destroyed, 1);
}

static void clearing_what_a_sink_gave(void **state)
{
    (void)state;
    tide_run_row row = {.plan = tide_copy_string("{}"), .record = tide_copy_string("{}")};
    tide_sink_facts facts = {.server = tide_copy_string("SQLite 3.40.1")};
    tide_text_append(&facts.problems, "a problem\n");
    tide_run_row_clear(&row);
    tide_sink_facts_clear(&facts);
    assert_null(row.plan);
    assert_null(facts.server);
    assert_string_equal(tide_text_c(&facts.problems), "");
    assert_string_equal(tide_run_status_name(TIDE_RUN_STARTED), "started");
    assert_string_equal(tide_run_status_name(TIDE_RUN_ABANDONED), "abandoned");
    assert_string_equal(tide_run_status_name((tide_run_status)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_count_within_series_and_day),
        cmocka_unit_test(positions_without_series),
        cmocka_unit_test(a_failed_add_leaves_the_batch),
        cmocka_unit_test(counts_add_up),
        cmocka_unit_test(clearing_a_step_destroys_its_definition),
        cmocka_unit_test(clearing_what_a_sink_gave),
    };
    return cmocka_run_group_tests(tests, make_schema, drop_schema);
}
