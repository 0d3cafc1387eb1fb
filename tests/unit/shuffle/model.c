/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"

uint64_t model_next(model_random *random)
{
    uint64_t x = random->state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

uint64_t model_below(model_random *random, uint64_t bound)
{
    return model_next(random) % bound;
}

enum { CUSTOMER, DEVICE, AMOUNT, AT, TIE, PRICE, FLAG, DAY, PAYLOAD, ID, POSITION, FIELD_COUNT };

static const struct {
    const char *name;
    tide_type type;
} fields[FIELD_COUNT] = {
    [CUSTOMER] = {"customer", {TIDE_TEXT, 0, 0}},
    [DEVICE] = {"device", {TIDE_INT32, 0, 0}},
    [AMOUNT] = {"amount", {TIDE_DOUBLE, 0, 0}},
    [AT] = {"at", {TIDE_TIMESTAMP, 0, 0}},
    [TIE] = {"tie", {TIDE_TEXT, 0, 0}},
    [PRICE] = {"price", {TIDE_DECIMAL, 12, 2}},
    [FLAG] = {"flag", {TIDE_BOOL, 0, 0}},
    [DAY] = {"day", {TIDE_DATE, 0, 0}},
    [PAYLOAD] = {"payload", {TIDE_BYTES, 0, 0}},
    [ID] = {"id", {TIDE_UUID, 0, 0}},
    [POSITION] = {"$position", {TIDE_INT64, 0, 0}},
};
static const uint32_t key_columns[] = {CUSTOMER, DEVICE};
static const uint32_t order_columns[] = {AT, TIE, POSITION, AMOUNT, PRICE, FLAG, DAY, PAYLOAD, ID};

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a, b);
}

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_integers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* NaN is the greatest. */
static double rank_of_amount(double amount)
{
    return isnan(amount) ? INFINITY : amount;
}

static int compare_rows(const void *left, const void *right)
{
    const model_row *a = left;
    const model_row *b = right;
    int by[13] = {
        (a->hash > b->hash) - (a->hash < b->hash),
        compare_texts(a->customer, b->customer),
        compare_integers(a->device, b->device), /* null is -1, others are not negative */
        (int)b->timeless - (int)a->timeless,
        compare_integers(a->at, b->at),
        (strcmp(a->tie, "-") != 0) - (strcmp(b->tie, "-") != 0),
        compare_texts(a->tie, b->tie),
        compare_integers(a->position, b->position),
        compare_numbers(rank_of_amount(a->amount), rank_of_amount(b->amount)),
        compare_integers(a->price, b->price),
        compare_integers(a->flag == 2 ? -1 : a->flag, b->flag == 2 ? -1 : b->flag),
        compare_integers(a->day, b->day),
        compare_texts(a->payload, b->payload),
    };
    for (size_t i = 0; i < 13; i++) {
        if (by[i] != 0) {
            return by[i];
        }
    }
    return memcmp(a->id, b->id, sizeof a->id);
}

static void fill_text(model_random *random, unsigned bytes_max, char *out)
{
    size_t size = model_below(random, bytes_max + 1);
    for (size_t i = 0; i < size; i++) {
        out[i] = (char)('a' + model_below(random, 3));
    }
    out[size] = '\0';
}

static void make_row(const model_shape *shape, model_random *random, model_row *row)
{
    bool giant = model_below(random, 100) < shape->giant;
    memset(row, 0, sizeof *row);
    (void)snprintf(
        row->customer, sizeof row->customer, "c%u",
        shape->first_customer + (giant ? 0 : (unsigned)model_below(random, shape->customers)));
    row->device = giant ? 1 : (int)model_below(random, 3) - 1;
    row->at = (int64_t)model_below(random, shape->times) * 1000003 - 5000000;
    if (shape->times > 2 && model_below(random, 500) == 0) {
        row->at = model_below(random, 2) == 0 ? INT64_MIN : INT64_MAX;
    }
    if (model_below(random, 20) == 0) {
        row->timeless = true;
        row->at = 0;
    }
    if (model_below(random, 4) == 0) {
        (void)snprintf(row->tie, sizeof row->tie, "-");
    } else {
        fill_text(random, 2, row->tie);
    }
    row->position = (int64_t)model_below(random, 4);
    row->amount = (double)model_below(random, 4) - 1;
    if (model_below(random, 8) == 0) {
        row->amount = NAN;
    }
    row->price = (int64_t)model_below(random, 3) - 1;
    row->flag = (int)model_below(random, 3);
    row->day = (int)model_below(random, 3) - 1;
    fill_text(random, shape->payload_max, row->payload);
    row->id[15] = (uint8_t)model_below(random, 3);
}

static void append_row(tide_builder *builder, const model_row *row)
{
    tide_error err;
    tide_column_builder *c = builder->columns;
    int code = tide_append_str(&c[CUSTOMER], tide_str_of(row->customer), &err);
    code |= row->device < 0 ? tide_append_null(&c[DEVICE], &err)
                            : tide_append_int32(&c[DEVICE], row->device, &err);
    code |= row->amount == -1 ? tide_append_null(&c[AMOUNT], &err)
                              : tide_append_double(&c[AMOUNT], row->amount, &err);
    code |=
        row->timeless ? tide_append_null(&c[AT], &err) : tide_append_int64(&c[AT], row->at, &err);
    code |= strcmp(row->tie, "-") == 0 ? tide_append_null(&c[TIE], &err)
                                       : tide_append_str(&c[TIE], tide_str_of(row->tie), &err);
    code |= tide_append_decimal(&c[PRICE], row->price, &err);
    code |= row->flag == 2 ? tide_append_null(&c[FLAG], &err)
                           : tide_append_bool(&c[FLAG], row->flag == 1, &err);
    code |=
        row->day < 0 ? tide_append_null(&c[DAY], &err) : tide_append_int32(&c[DAY], row->day, &err);
    code |= tide_append_str(&c[PAYLOAD], tide_str_of(row->payload), &err);
    code |= tide_append_uuid(&c[ID], row->id, &err);
    code |= tide_append_int64(&c[POSITION], row->position, &err);
    assert_int_equal(code, TIDE_OK);
    tide_builder_end_row(builder);
}

void model_append(model_rows *to, const model_rows *from)
{
    if (from->count == 0) {
        return;
    }
    if (to->count + from->count > to->capacity) {
        to->capacity = (to->count + from->count) * 2;
        to->rows = realloc(to->rows, to->capacity * sizeof *to->rows);
        assert_non_null(to->rows);
    }
    memcpy(to->rows + to->count, from->rows, from->count * sizeof *to->rows);
    to->count += from->count;
}

void model_clear_rows(model_rows *rows)
{
    free(rows->rows);
    *rows = (model_rows){0};
}

void model_sort(model_rows *rows)
{
    if (rows->count > 1) {
        qsort(rows->rows, rows->count, sizeof *rows->rows, compare_rows);
    }
}

/* Few hashes: of the whole key, so that the rows of a series keep one, but far apart. */
static uint64_t few_hash(const model_row *row, unsigned hashes)
{
    uint64_t sum = (uint64_t)(row->device + 1);
    for (const char *c = row->customer; *c != '\0'; c++) {
        sum = sum * 31 + (unsigned char)*c;
    }
    return hashes == 1 ? UINT64_MAX : sum % hashes * (UINT64_MAX / (hashes - 1));
}

void model_make_batch(model *m, model_random *random, size_t count, tide_batch *batch,
                      uint64_t **hashes, model_rows *rows)
{
    tide_error err;
    tide_builder builder;
    model_rows made = {malloc((count + 1) * sizeof(model_row)), count, count};
    assert_non_null(made.rows);
    assert_int_equal(tide_builder_init(&builder, &m->schema, &err), TIDE_OK);
    for (size_t i = 0; i < count; i++) {
        make_row(&m->shape, random, &made.rows[i]);
        append_row(&builder, &made.rows[i]);
    }
    assert_int_equal(tide_builder_finish(&builder, batch, &err), TIDE_OK);
    tide_builder_clear(&builder);
    *hashes = malloc((count + 1) * sizeof **hashes);
    tide_column columns[FIELD_COUNT];
    tide_batch_columns(batch, columns);
    tide_hash_rows(columns, key_columns, 2, (int64_t)count, *hashes);
    for (size_t i = 0; i < count; i++) {
        if (m->shape.hashes != 0) {
            (*hashes)[i] = few_hash(&made.rows[i], m->shape.hashes);
        }
        made.rows[i].hash = (*hashes)[i];
    }
    if (rows != NULL) {
        model_append(rows, &made);
    }
    free(made.rows);
}

tide_code model_write(model *m, model_random *random, tide_shuffle_attempt *attempt, size_t count,
                      size_t batch_max, model_rows *rows, tide_error *err)
{
    while (count > 0) {
        size_t size = 1 + model_below(random, batch_max);
        size = size > count ? count : size;
        tide_batch batch;
        uint64_t *hashes;
        model_make_batch(m, random, size, &batch, &hashes, rows);
        bool let_it_hash = m->shape.hashes == 0;
        tide_code code =
            tide_shuffle_attempt_write(attempt, &batch, let_it_hash ? NULL : hashes, err);
        tide_batch_clear(&batch);
        free(hashes);
        if (code != TIDE_OK) {
            return code;
        }
        count -= size;
    }
    return TIDE_OK;
}

tide_code model_create_shuffle(model *m, const model_options *options, tide_error *err)
{
    tide_shuffle_options shuffle = {
        .schema = &m->schema,
        .key_columns = key_columns,
        .key_count = sizeof key_columns / sizeof key_columns[0],
        .order_columns = order_columns,
        .order_count = sizeof order_columns / sizeof order_columns[0],
        .spill_directory = m->directory,
        .budget = &m->budget,
        .cancel = &m->cancel,
        .resident_bytes_max = options->resident_bytes_max,
        .stream_bytes_max = options->stream_bytes_max,
    };
    return tide_shuffle_create(&shuffle, &m->shuffle, err);
}

void model_open(model *m, uint64_t seed, const model_shape *shape, const model_options *options)
{
    tide_error err;
    *m = (model){.random = {seed}, .shape = *shape};
    tide_schema_init(&m->schema);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        assert_int_equal(tide_schema_add(&m->schema, fields[i].name, fields[i].type, false, &err),
                         TIDE_OK);
    }
    tide_budget_init(&m->budget, options->budget_bytes);
    tide_cancel_init(&m->cancel);
    const char *root = getenv("TMPDIR");
    (void)snprintf(m->directory, sizeof m->directory, "%s/tide-shuffle-XXXXXX",
                   root != NULL && strlen(root) < 30 ? root : "/tmp");
    assert_non_null(mkdtemp(m->directory));
    assert_int_equal(model_create_shuffle(m, options, &err), TIDE_OK);
}

size_t model_count_files(const char *directory)
{
    size_t count = 0;
    DIR *listing = opendir(directory);
    if (listing == NULL) {
        return 0;
    }
    const struct dirent *item;
    while ((item = readdir(listing)) != NULL) {
        count += item->d_name[0] != '.';
    }
    (void)closedir(listing);
    return count;
}

void model_close(model *m)
{
    tide_shuffle_destroy(m->shuffle);
    m->shuffle = NULL;
    assert_int_equal(tide_budget_used(&m->budget), 0);
    assert_int_equal(model_count_files(m->directory), 0);
    assert_int_equal(rmdir(m->directory), 0);
    tide_schema_clear(&m->schema);
}

static void check_text(const tide_column *column, int64_t row, const char *expected)
{
    tide_str got = tide_column_str(column, row);
    if (!tide_str_equal_c(got, expected)) {
        fail_msg("`%.*s` instead of `%s`", (int)got.size, got.data, expected);
    }
}

static void check_null(const tide_column *column, int64_t row, bool expected)
{
    assert_int_equal(tide_column_is_null(column, row), expected);
}

static void check_row(const tide_column *c, int64_t row, uint64_t hash, const model_row *expected)
{
    assert_true(hash == expected->hash);
    check_text(&c[CUSTOMER], row, expected->customer);
    check_null(&c[DEVICE], row, expected->device < 0);
    if (expected->device >= 0) {
        assert_int_equal(tide_column_int32(&c[DEVICE], row), expected->device);
    }
    check_null(&c[AT], row, expected->timeless);
    assert_true(expected->timeless || tide_column_int64(&c[AT], row) == expected->at);
    check_null(&c[TIE], row, strcmp(expected->tie, "-") == 0);
    if (strcmp(expected->tie, "-") != 0) {
        check_text(&c[TIE], row, expected->tie);
    }
    assert_true(tide_column_int64(&c[POSITION], row) == expected->position);
    check_null(&c[AMOUNT], row, expected->amount == -1);
    if (expected->amount != -1) {
        double amount = tide_column_double(&c[AMOUNT], row);
        assert_true(isnan(expected->amount) ? isnan(amount) : amount == expected->amount);
    }
    assert_true(tide_column_decimal(&c[PRICE], row) == expected->price);
    check_null(&c[FLAG], row, expected->flag == 2);
    if (expected->flag != 2) {
        assert_int_equal(tide_column_bool(&c[FLAG], row), expected->flag);
    }
    check_null(&c[DAY], row, expected->day < 0);
    if (expected->day >= 0) {
        assert_int_equal(tide_column_int32(&c[DAY], row), expected->day);
    }
    check_text(&c[PAYLOAD], row, expected->payload);
    assert_memory_equal(tide_column_uuid(&c[ID], row), expected->id, 16);
}

void model_check_range(model *m, tide_hash_range range, const model_rows *sorted, size_t *at)
{
    tide_error err;
    tide_stream *stream = NULL;
    tide_error_clear(&err);
    if (tide_shuffle_open_range(m->shuffle, range, &stream, &err) != TIDE_OK) {
        fail_msg("%s", err.message);
    }
    for (;;) {
        tide_batch batch;
        const uint64_t *hashes;
        if (stream->vtable->next(stream, &batch, &hashes, &err) != TIDE_OK) {
            fail_msg("%s", err.message);
        }
        int64_t count = tide_batch_row_count(&batch);
        if (count == 0) {
            break;
        }
        assert_true(count <= TIDE_BATCH_ROWS_MAX);
        assert_true(tide_batch_bytes(&batch) <= TIDE_BATCH_BYTES_MAX);
        tide_column columns[FIELD_COUNT];
        tide_batch_columns(&batch, columns);
        for (int64_t i = 0; i < count; i++) {
            assert_true(*at < sorted->count);
            assert_true(hashes[i] >= range.first && hashes[i] <= range.last);
            check_row(columns, i, hashes[i], &sorted->rows[(*at)++]);
        }
    }
    stream->vtable->close(stream);
}

void model_check_all(model *m, const model_rows *sorted, uint32_t partition_count)
{
    size_t at = 0;
    for (uint32_t p = 0; p < partition_count; p++) {
        tide_hash_range range = tide_partition_range(p, partition_count);
        size_t begin = at;
        model_check_range(m, range, sorted, &at);
        assert_true(at == begin || sorted->rows[begin].hash >= range.first);
    }
    assert_int_equal(at, sorted->count);
}
