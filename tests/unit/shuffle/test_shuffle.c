/* SPDX-License-Identifier: Apache-2.0 */
/* The shuffle against the model, on random data and random limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "model.h"

static const model_shape plain = {.customers = 50, .times = 1000, .payload_max = 8};
static const model_options roomy = {.budget_bytes = INT64_C(1) << 30};

static void check_ok(tide_code code, const tide_error *err)
{
    if (code != TIDE_OK) {
        fail_msg("%s", err->message);
    }
}

/* One attempt of a split: some are aborted and begun anew, some are discarded after their end. */
static void read_split(model *m, uint32_t split, size_t row_count, size_t batch_max,
                       model_rows *rows)
{
    tide_error err;
    for (;;) {
        tide_shuffle_attempt *attempt = NULL;
        model_rows read = {0};
        check_ok(tide_shuffle_attempt_begin(m->shuffle, split, &attempt, &err), &err);
        check_ok(model_write(m, &m->random, attempt, row_count, batch_max, &read, &err), &err);
        assert_int_equal(tide_shuffle_attempt_counts(attempt).row_count, row_count);
        int64_t bytes_before = tide_shuffle_get_facts(m->shuffle).byte_count;
        uint64_t fate = model_below(&m->random, 6);
        if (fate == 0) {
            tide_shuffle_attempt_abort(attempt);
        } else {
            check_ok(tide_shuffle_attempt_finish(attempt, &err), &err);
        }
        if (fate == 1) {
            assert_int_equal(tide_shuffle_discard_split(m->shuffle, split), row_count);
        }
        if (fate < 2) {
            assert_int_equal(tide_shuffle_get_facts(m->shuffle).byte_count, bytes_before);
        }
        if (fate > 1) {
            model_append(rows, &read);
            model_clear_rows(&read);
            return;
        }
        model_clear_rows(&read);
    }
}

static void check_partition_rows(model *m, const model_rows *sorted, uint32_t partition_count)
{
    int64_t *rows = malloc(partition_count * sizeof *rows);
    int64_t sum = 0;
    tide_shuffle_partition_rows(m->shuffle, partition_count, rows);
    bool exact = tide_shuffle_get_facts(m->shuffle).disk_runs == 0;
    for (uint32_t p = 0; p < partition_count; p++) {
        int64_t expected = 0;
        for (size_t i = 0; exact && i < sorted->count; i++) {
            expected += tide_partition_of(sorted->rows[i].hash, partition_count) == p;
        }
        assert_true(rows[p] >= 0);
        assert_true(!exact || rows[p] == expected);
        sum += rows[p];
    }
    assert_int_equal(sum, sorted->count);
    free(rows);
}

/* Ranges of one hash, which may be the first or the last of a block. */
static void check_single_hashes(model *m, const model_rows *sorted)
{
    for (int i = 0; i < 8 && sorted->count > 0; i++) {
        size_t at = model_below(&m->random, sorted->count);
        uint64_t hash = sorted->rows[at].hash;
        while (at > 0 && sorted->rows[at - 1].hash == hash) {
            at--;
        }
        model_check_range(m, (tide_hash_range){hash, hash}, sorted, &at);
        assert_true(at == sorted->count || sorted->rows[at].hash != hash);
    }
}

static void run_random_case(uint64_t seed)
{
    model_random random = {seed};
    model_shape shape = {
        .customers = 1 + (unsigned)model_below(&random, 300),
        .times = 1 + (unsigned)model_below(&random, 2000),
        .hashes = model_below(&random, 3) == 0 ? 1 + (unsigned)model_below(&random, 5) : 0,
        .giant = model_below(&random, 4) == 0 ? 90 : 0,
        .payload_max = (unsigned)model_below(&random, MODEL_TEXT_BYTES),
    };
    model_options options = {
        .budget_bytes = model_below(&random, 3) == 0
                            ? INT64_C(1) << 30
                            : 20000 + (int64_t)model_below(&random, 500000),
        .resident_bytes_max =
            model_below(&random, 4) == 0 ? 10000 + (int64_t)model_below(&random, 200000) : 0,
        .stream_bytes_max = 1 + (int64_t)model_below(&random, 2000000),
    };
    model m;
    model_rows rows = {0};
    tide_error err;
    model_open(&m, seed, &shape, &options);
    uint32_t split_count = 1 + (uint32_t)model_below(&random, 16);
    for (uint32_t split = 0; split < split_count; split++) {
        size_t row_count =
            model_below(&random, 3) == 0 ? model_below(&random, 4) : model_below(&random, 4000);
        read_split(&m, split, row_count, 1 + model_below(&random, 2000), &rows);
    }
    check_ok(tide_shuffle_seal(m.shuffle, 1 + (unsigned)model_below(&random, 3), &err), &err);
    tide_shuffle_facts facts = tide_shuffle_get_facts(m.shuffle);
    assert_int_equal(facts.row_count, rows.count);
    model_sort(&rows);
    model_check_all(&m, &rows, 1);
    model_check_all(&m, &rows, 1 + (uint32_t)model_below(&random, 40));
    check_single_hashes(&m, &rows);
    check_partition_rows(&m, &rows, 1 + (uint32_t)model_below(&random, 9));
    model_clear_rows(&rows);
    model_close(&m);
}

static void agrees_with_the_model(void **state)
{
    (void)state;
    const char *given = getenv("TIDEMILL_TEST_SEED");
    uint64_t first = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)tide_now();
    int count = given != NULL ? 1 : 30;
    for (int i = 0; i < count; i++) {
        printf("TIDEMILL_TEST_SEED=%llu\n", (unsigned long long)(first + (uint64_t)i));
        run_random_case(first + (uint64_t)i);
    }
}

static void gives_nothing_for_nothing(void **state)
{
    (void)state;
    model m;
    model_rows none = {0};
    tide_error err;
    model_open(&m, 1, &plain, &roomy);
    read_split(&m, 0, 0, 1, &none);
    check_ok(tide_shuffle_seal(m.shuffle, 2, &err), &err);
    model_check_all(&m, &none, 3);
    check_partition_rows(&m, &none, 5);
    assert_int_equal(tide_shuffle_discard_split(m.shuffle, 77), 0);
    model_close(&m);
}

/* Small memory: several passes, and yet the budget is kept but for what one merge needs. */
static void merges_in_passes(void **state)
{
    (void)state;
    model m;
    model_rows rows = {0};
    tide_error err;
    model_options tiny = {.budget_bytes = 100000, .stream_bytes_max = 1};
    model_open(&m, 5, &plain, &tiny);
    for (uint32_t split = 0; split < 4; split++) {
        read_split(&m, split, 8000, 500, &rows);
    }
    tide_shuffle_facts before = tide_shuffle_get_facts(m.shuffle);
    assert_true(before.disk_runs > 20);
    assert_int_equal(model_count_files(m.directory), 1);
    check_ok(tide_shuffle_seal(m.shuffle, 1, &err), &err);
    tide_shuffle_facts after = tide_shuffle_get_facts(m.shuffle);
    assert_int_equal(after.disk_runs, 2);
    assert_int_equal(after.merge_count, before.disk_runs - 2);
    assert_true(after.spilled_bytes > before.spilled_bytes);
    assert_int_equal(after.byte_count, before.byte_count);
    assert_true(tide_budget_peak(&m.budget) < 100000 + (3 << 20));
    model_sort(&rows);
    model_check_all(&m, &rows, 4);
    model_clear_rows(&rows);
    model_close(&m);
}

/* Keys with one hash that first meet in a merge: each split has one key only. */
static void keeps_keys_apart_that_meet_in_a_merge(void **state)
{
    (void)state;
    model m;
    model_rows rows = {0};
    tide_error err;
    model_shape one_key = {.customers = 1, .times = 100, .hashes = 1, .giant = 100};
    model_options tiny = {.budget_bytes = 30000, .stream_bytes_max = 1};
    model_open(&m, 12, &one_key, &tiny);
    for (uint32_t split = 0; split < 9; split++) {
        m.shape.first_customer = split % 3;
        read_split(&m, split, 400, 100, &rows);
    }
    check_ok(tide_shuffle_seal(m.shuffle, 1, &err), &err);
    assert_true(tide_shuffle_get_facts(m.shuffle).merge_count > 4);
    model_sort(&rows);
    model_check_all(&m, &rows, 1);
    model_clear_rows(&rows);
    model_close(&m);
}

/* When an attempt is refused memory, the largest finished run goes first. */
static void spills_finished_runs(void **state)
{
    (void)state;
    model m;
    model_rows rows = {0};
    tide_error err;
    tide_shuffle_attempt *attempt = NULL;
    model_open(&m, 6, &plain, &roomy);
    check_ok(tide_shuffle_attempt_begin(m.shuffle, 0, &attempt, &err), &err);
    check_ok(model_write(&m, &m.random, attempt, 20000, 1000, &rows, &err), &err);
    check_ok(tide_shuffle_attempt_finish(attempt, &err), &err);
    assert_int_equal(tide_shuffle_get_facts(m.shuffle).memory_runs, 1);
    int64_t run_bytes = tide_budget_used(&m.budget);
    check_ok(tide_shuffle_attempt_begin(m.shuffle, 1, &attempt, &err), &err);
    m.budget.limit_bytes = tide_budget_used(&m.budget) + run_bytes / 2;
    check_ok(model_write(&m, &m.random, attempt, 15000, 1000, &rows, &err), &err);
    assert_int_equal(tide_shuffle_get_facts(m.shuffle).spill_count, 1);
    assert_int_equal(tide_shuffle_get_facts(m.shuffle).disk_runs, 1);
    check_ok(tide_shuffle_attempt_finish(attempt, &err), &err);
    check_ok(tide_shuffle_seal(m.shuffle, 1, &err), &err);
    model_sort(&rows);
    model_check_all(&m, &rows, 2);
    model_clear_rows(&rows);
    model_close(&m);
}

/* A batch of many columns' worth of bytes is cut by bytes, not only by rows. */
static void cuts_batches_by_bytes(void **state)
{
    (void)state;
    enum { ROWS = 40, BYTES = 300000 };
    model m;
    tide_error err;
    model_open(&m, 8, &plain, &roomy);
    tide_schema schema;
    tide_schema_init(&schema);
    check_ok(tide_schema_add(&schema, "key", (tide_type){TIDE_INT64, 0, 0}, false, &err), &err);
    check_ok(tide_schema_add(&schema, "value", (tide_type){TIDE_TEXT, 0, 0}, false, &err), &err);
    const uint32_t columns[] = {0, 1};
    tide_shuffle_options options = {.schema = &schema,
                                    .key_columns = columns,
                                    .key_count = 1,
                                    .order_columns = columns + 1,
                                    .order_count = 1,
                                    .spill_directory = m.directory,
                                    .budget = &m.budget,
                                    .cancel = &m.cancel};
    tide_shuffle *shuffle;
    check_ok(tide_shuffle_create(&options, &shuffle, &err), &err);
    tide_builder builder;
    check_ok(tide_builder_init(&builder, &schema, &err), &err);
    char *text = malloc(6000000);
    memset(text, 'x', 6000000);
    for (int i = 0; i < ROWS; i++) {
        tide_str value = {text, i == 7 ? 6000000 : BYTES};
        check_ok(tide_append_int64(&builder.columns[0], i, &err), &err);
        check_ok(tide_append_str(&builder.columns[1], value, &err), &err);
        tide_builder_end_row(&builder);
    }
    tide_batch batch;
    tide_shuffle_attempt *attempt;
    check_ok(tide_builder_view(&builder, &batch, &err), &err);
    check_ok(tide_shuffle_attempt_begin(shuffle, 0, &attempt, &err), &err);
    check_ok(tide_shuffle_attempt_write(attempt, &batch, NULL, &err), &err);
    check_ok(tide_shuffle_attempt_finish(attempt, &err), &err);
    check_ok(tide_shuffle_seal(shuffle, 1, &err), &err);
    tide_stream *stream;
    check_ok(tide_shuffle_open_range(shuffle, (tide_hash_range){0, UINT64_MAX}, &stream, &err),
             &err);
    int64_t rows = 0;
    for (;;) {
        tide_batch out;
        const uint64_t *hashes;
        check_ok(stream->vtable->next(stream, &out, &hashes, &err), &err);
        int64_t count = tide_batch_row_count(&out);
        if (count == 0) {
            break;
        }
        assert_true(count == 1 || tide_batch_bytes(&out) <= (4 << 20) + 64);
        rows += count;
    }
    assert_int_equal(rows, ROWS);
    stream->vtable->close(stream);
    tide_shuffle_destroy(shuffle);
    tide_batch_clear(&batch);
    tide_builder_clear(&builder);
    tide_schema_clear(&schema);
    free(text);
    model_close(&m);
}

static void stops_when_cancelled(void **state)
{
    (void)state;
    model m;
    model_rows rows = {0};
    tide_error err;
    tide_shuffle_attempt *attempt = NULL;
    tide_stream *stream = NULL;
    tide_batch batch;
    const uint64_t *hashes;
    model_open(&m, 9, &plain, &roomy);
    read_split(&m, 0, 100, 10, &rows);
    check_ok(tide_shuffle_seal(m.shuffle, 1, &err), &err);
    check_ok(tide_shuffle_attempt_begin(m.shuffle, 1, &attempt, &err), &err);
    check_ok(tide_shuffle_open_range(m.shuffle, (tide_hash_range){0, UINT64_MAX}, &stream, &err),
             &err);
    tide_cancel_raise(&m.cancel, TIDE_STOPPING);
    assert_int_equal(stream->vtable->next(stream, &batch, &hashes, &err), TIDE_CANCELLED);
    stream->vtable->close(stream);
    assert_int_equal(model_write(&m, &m.random, attempt, 10, 10, NULL, &err), TIDE_CANCELLED);
    tide_shuffle_attempt_abort(attempt);
    model_clear_rows(&rows);
    model_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_model),
        cmocka_unit_test(gives_nothing_for_nothing),
        cmocka_unit_test(merges_in_passes),
        cmocka_unit_test(spills_finished_runs),
        cmocka_unit_test(keeps_keys_apart_that_meet_in_a_merge),
        cmocka_unit_test(cuts_batches_by_bytes),
        cmocka_unit_test(stops_when_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
