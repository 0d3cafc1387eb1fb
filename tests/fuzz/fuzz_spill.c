/* SPDX-License-Identifier: Apache-2.0 */
/* Spilled rows: a block gives back the rows that it was made of, or is refused if a single bit of
 * it has changed; a block whose checksums are right is decoded or refused whatever it holds; sorted
 * runs, spilled and merged, give all rows once and in order, or an error if the file was damaged.
 * The first byte chooses which. */
#include <lz4.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "fuzz_rows.h"
#include "fuzz_spill_file.h"
#include "record/codec.h"
#include "record/order.h"
#include "shuffle/merger.h"
#include "shuffle/spill_writer.h"

#define ROWS_MAX 4096
#define RUNS_MAX 4
#define LARGE_CELL_BYTES_MAX 9000 /* more than a batch of a merge or a chunk of a store */
#define HASHED_BYTES 32           /* of a header, before its own hash */

static const struct {
    const char *name;
    tide_type type;
} fields[] = {
    {"key", {TIDE_TEXT, 0, 0}},  {"time", {TIDE_TIMESTAMP, 0, 0}},
    {"id", {TIDE_INT64, 0, 0}},  {"payload", {TIDE_BYTES, 0, 0}},
    {"flag", {TIDE_BOOL, 0, 0}}, {"sum", {TIDE_DECIMAL, 9, 2}},
};
#define FIELDS (sizeof fields / sizeof fields[0])
static const uint32_t all_fields[FIELDS] = {0, 1, 2, 3, 4, 5};

static struct {
    tide_schema schema;
    tide_row_order order;
    tide_builder rows, decoded;
    tide_codec codec, decoder;
    uint64_t *hashes; /* decoded */
    size_t hash_capacity;
    uint64_t types_hash;
} kept;

static void open_kept(void)
{
    tide_error err;
    bool fine = true;
    for (size_t i = 0; i < FIELDS; i++) {
        fine = fine && tide_schema_add(&kept.schema, fields[i].name, fields[i].type, false, &err) ==
                           TIDE_OK;
    }
    tide_row_order_options options = {.schema = &kept.schema,
                                      .key_columns = all_fields,
                                      .key_count = 1,
                                      .order_columns = all_fields + 1,
                                      .order_count = FIELDS - 1};
    fine = fine && tide_row_order_init(&kept.order, &options, &err) == TIDE_OK &&
           tide_builder_init(&kept.rows, &kept.schema, &err) == TIDE_OK &&
           tide_builder_init(&kept.decoded, &kept.schema, &err) == TIDE_OK;
    FUZZ_CHECK(fine);
    tide_codec_init(&kept.codec);
    tide_codec_init(&kept.decoder);
}

static tide_code append_cell(tide_column_builder *column, fuzz_input *input, uint8_t control,
                             tide_error *err)
{
    size_t size = 0;
    tide_str bytes = {(const char *)input->data, 0};
    if ((control & 7) == 0) {
        return tide_append_null(column, err);
    }
    switch (column->type.id) {
        case TIDE_TIMESTAMP:
        case TIDE_INT64:
            return tide_append_int64(column, (int64_t)fuzz_take_bytes(input, control & 3), err);
        case TIDE_BOOL:
            return tide_append_bool(column, (control & 8) != 0, err);
        case TIDE_DECIMAL:
            return tide_append_decimal(column, (int8_t)fuzz_take(input), err);
        default:
            size = column->type.id == TIDE_TEXT ? control & 1 : control >> 4;
            if (size == 15 && input->size >= FUZZ_LARGE_BYTES) {
                size = fuzz_take_bytes(input, 2) % LARGE_CELL_BYTES_MAX;
                bytes.data = (const char *)input->data;
            }
            bytes.size = size < input->size ? size : input->size;
            input->data += bytes.size;
            input->size -= bytes.size;
            return tide_append_str(column, bytes, err);
    }
}

/* Rows of the input; their hashes are few, so that keys collide and series are long. */
static void make_rows(fuzz_input *input, uint64_t hashes[ROWS_MAX])
{
    tide_error err;
    tide_builder_reset(&kept.rows);
    while (input->size > 0 && kept.rows.row_count < ROWS_MAX) {
        uint64_t control = fuzz_take(input);
        hashes[kept.rows.row_count] = (control & 3) * (UINT64_MAX / 3);
        for (size_t i = 0; i < FIELDS; i++) {
            FUZZ_CHECK(append_cell(&kept.rows.columns[i], input,
                                   (uint8_t)(control * (2 * i + 3) >> 1), &err) == TIDE_OK);
        }
        tide_builder_end_row(&kept.rows);
    }
}

static tide_code decode(tide_str block)
{
    tide_error err;
    tide_builder_reset(&kept.decoded);
    tide_code code = tide_codec_decode(&kept.decoder, block, &kept.decoded, &kept.hashes,
                                       &kept.hash_capacity, &err);
    FUZZ_CHECK(code == TIDE_OK || code == TIDE_BAD_DATA);
    return code;
}

static void encode(int64_t begin, int64_t end, const uint64_t *hashes, tide_str *block)
{
    tide_error err;
    tide_batch batch;
    FUZZ_CHECK(tide_builder_view(&kept.rows, &batch, &err) == TIDE_OK);
    FUZZ_CHECK(tide_codec_encode(&kept.codec, &batch, hashes, begin, end, block, &err) == TIDE_OK);
    tide_batch_clear(&batch);
}

static void check_block(fuzz_input *input, bool damaged)
{
    uint64_t hashes[ROWS_MAX] = {0};
    tide_str block;
    uint64_t place = fuzz_take_bytes(input, 2);
    uint8_t flips = (uint8_t)(1u << (place & 7));
    make_rows(input, hashes);
    int64_t end = kept.rows.row_count;
    int64_t begin = end == 0 ? 0 : (int64_t)(place % (uint64_t)end);
    encode(begin, end, hashes, &block);
    if (damaged) {
        place = (place >> 3) % block.size;
        kept.codec.compressed.data[place] ^= (char)flips;
        FUZZ_CHECK(decode(block) == TIDE_BAD_DATA);
        kept.codec.compressed.data[place] ^= (char)flips;
        FUZZ_CHECK(decode((tide_str){block.data, place}) == TIDE_BAD_DATA);
        return;
    }
    size_t payload;
    tide_error err;
    FUZZ_CHECK(tide_codec_payload_bytes((const uint8_t *)block.data, &payload, &err) == TIDE_OK);
    FUZZ_CHECK(payload + TIDE_CODEC_HEADER_BYTES == block.size);
    FUZZ_CHECK(decode(block) == TIDE_OK && kept.decoded.row_count == end - begin);
    for (int64_t row = begin; row < end; row++) {
        FUZZ_CHECK(fuzz_rows_equal(&kept.rows, row, &kept.decoded, row - begin, FIELDS));
        FUZZ_CHECK(kept.hashes[row - begin] == hashes[row]);
    }
}

/* With checksums that are right (codec.c draws the header), as no damage would leave it. */
static void check_forged(fuzz_input *input, bool is_packed)
{
    static char block[1 << 17];
    static const uint64_t none[1];
    uint32_t words[4] = {UINT32_C(0x31424D54), (uint32_t)fuzz_take(input)};
    uint64_t hashes[2];
    char *payload = block + TIDE_CODEC_HEADER_BYTES;
    if (kept.types_hash == 0) {
        tide_str empty;
        tide_builder_reset(&kept.rows);
        encode(0, 0, none, &empty);
        memcpy(&kept.types_hash, empty.data + 24, sizeof kept.types_hash);
    }
    int size;
    if (is_packed) {
        words[2] = (uint32_t)fuzz_take_bytes(input, 2);
        size = (int)input->size;
        memcpy(payload, input->data, input->size);
    } else {
        words[2] = (uint32_t)input->size;
        size = LZ4_compress_default((const char *)input->data, payload, (int)input->size,
                                    (int)sizeof block - TIDE_CODEC_HEADER_BYTES);
        FUZZ_CHECK(size > 0);
    }
    words[3] = (uint32_t)size;
    hashes[0] = XXH3_64bits(payload, (size_t)size);
    hashes[1] = kept.types_hash;
    memcpy(block, words, sizeof words);
    memcpy(block + 16, hashes, sizeof hashes);
    uint64_t header_hash = XXH3_64bits(block, HASHED_BYTES);
    memcpy(block + HASHED_BYTES, &header_hash, sizeof header_hash);
    if (decode((tide_str){block, TIDE_CODEC_HEADER_BYTES + (size_t)size}) != TIDE_OK) {
        return;
    }
    FUZZ_CHECK(kept.decoded.row_count == words[1]);
    for (size_t i = 0; i < FIELDS; i++) {
        tide_column column;
        tide_column_builder_view(&kept.decoded.columns[i], &column);
        FUZZ_CHECK(column.row_count == kept.decoded.row_count);
        bool variable = tide_type_is_variable(column.type);
        for (int64_t row = 0; variable && row < column.row_count; row++) {
            FUZZ_CHECK(column.offsets[row] <= column.offsets[row + 1]);
        }
        FUZZ_CHECK(!variable ||
                   (size_t)column.offsets[column.row_count] == kept.decoded.columns[i].data_bytes);
    }
}

/* Every so many rows of kept.rows, sorted, as a run in memory or in the file. */
static void make_run(tide_sorted_run *run, const uint64_t *hashes, int64_t first, int64_t step)
{
    tide_error err;
    tide_row_store store;
    tide_batch batch;
    tide_column columns[FIELDS];
    uint32_t rows[ROWS_MAX];
    uint64_t some[ROWS_MAX];
    size_t count = 0;
    FUZZ_CHECK(tide_builder_view(&kept.rows, &batch, &err) == TIDE_OK);
    tide_batch_columns(&batch, columns);
    for (int64_t row = first; row < kept.rows.row_count; row += step) {
        some[count] = hashes[row];
        rows[count++] = (uint32_t)row;
    }
    tide_builder_reset(&kept.decoded);
    FUZZ_CHECK(tide_builder_take(&kept.decoded, columns, rows, count, &err) == TIDE_OK);
    tide_batch_clear(&batch);
    FUZZ_CHECK(tide_builder_view(&kept.decoded, &batch, &err) == TIDE_OK);
    tide_batch_columns(&batch, columns);
    tide_row_store_init(&store, &kept.schema, &kept.order, 256);
    FUZZ_CHECK(tide_row_store_add(&store, columns, some, (int64_t)count, &err) == TIDE_OK);
    tide_batch_clear(&batch);
    FUZZ_CHECK(tide_row_store_sort(&store, &err) == TIDE_OK);
    tide_sorted_run_init(run, &store, (uint32_t)first);
    run->row_count = (int64_t)count;
    run->collided = store.collided;
}

static tide_merger_options merge_options(tide_spill_file *file, tide_budget *budget,
                                         tide_cancel *cancel, size_t rows_max)
{
    return (tide_merger_options){.schema = &kept.schema,
                                 .order = &kept.order,
                                 .file = file,
                                 .budget = budget,
                                 .cancel = cancel,
                                 .range = {0, UINT64_MAX},
                                 .batch_rows_max = rows_max,
                                 .batch_bytes_max = 1 << 12};
}

typedef struct bench {
    tide_spill_file file;
    tide_budget budget;
    tide_cancel cancel;
    tide_sorted_run runs[RUNS_MAX];
    const tide_sorted_run *list[RUNS_MAX];
    size_t count;
} bench;

/* As shuffle.c does: a merge of the one run, in blocks of a few rows. */
static void spill(bench *b, tide_sorted_run *run, size_t rows_max)
{
    tide_error err;
    tide_merger merger;
    tide_spill_writer writer;
    tide_batch batch;
    const uint64_t *hashes;
    const tide_sorted_run *one = run;
    tide_merger_options options = merge_options(&b->file, &b->budget, &b->cancel, rows_max);
    int64_t row_count = run->row_count;
    run->row_count = 0;
    tide_spill_writer_init(&writer, &b->file, run);
    FUZZ_CHECK(tide_merger_init(&merger, &options, &one, 1, &err) == TIDE_OK);
    do {
        FUZZ_CHECK(tide_merger_next(&merger, &batch, &hashes, &err) == TIDE_OK);
        FUZZ_CHECK(tide_spill_writer_add(&writer, &batch, hashes, &err) == TIDE_OK);
    } while (tide_batch_row_count(&batch) > 0);
    FUZZ_CHECK(tide_spill_writer_finish(&writer, &err) == TIDE_OK);
    tide_merger_clear(&merger);
    tide_spill_writer_clear(&writer);
    FUZZ_CHECK(run->row_count == row_count);
    tide_row_store_clear(&run->rows);
    run->place = TIDE_PLACE_DISK;
}

static tide_digest digest_of(const tide_column *columns, int64_t count)
{
    tide_digest sum = {0};
    for (int64_t row = 0; row < count; row++) {
        tide_digest_add(&sum, tide_digest_row(columns, all_fields, FIELDS, row));
    }
    return sum;
}

/* In order within a batch; the first row of the next one is looked at by its hash only. */
static void check_order(const tide_column *columns, const uint64_t *hashes, int64_t count)
{
    for (int64_t row = 1; row < count; row++) {
        FUZZ_CHECK(hashes[row - 1] <= hashes[row]);
        FUZZ_CHECK(hashes[row - 1] != hashes[row] ||
                   tide_row_order_compare(&kept.order, (tide_row){columns, row - 1},
                                          (tide_row){columns, row}) <= 0);
    }
}

static tide_code merge(bench *b, tide_digest *sum, int64_t *row_count)
{
    tide_error err;
    tide_merger merger;
    tide_batch batch;
    const uint64_t *hashes;
    uint64_t last_hash = 0;
    int64_t count = 1;
    tide_merger_options options = merge_options(&b->file, &b->budget, &b->cancel, 16);
    tide_code code = tide_merger_init(&merger, &options, b->list, b->count, &err);
    if (code != TIDE_OK) {
        return code;
    }
    *row_count = 0;
    while (code == TIDE_OK && count > 0) {
        code = tide_merger_next(&merger, &batch, &hashes, &err);
        count = code == TIDE_OK ? tide_batch_row_count(&batch) : 0;
        if (count > 0) {
            tide_column columns[FIELDS];
            tide_batch_columns(&batch, columns);
            check_order(columns, hashes, count);
            FUZZ_CHECK(last_hash <= hashes[0]);
            last_hash = hashes[count - 1];
            tide_digest_add(sum, digest_of(columns, count));
            *row_count += count;
        }
    }
    tide_merger_clear(&merger);
    return code;
}

static void check_merge(fuzz_input *input)
{
    bench b = {.file = {.path = (char[]){"memory"}}};
    uint64_t hashes[ROWS_MAX] = {0};
    tide_digest sum = {0};
    int64_t count = 0;
    uint8_t shape = fuzz_take(input);
    uint64_t place = fuzz_take_bytes(input, 2);
    bool large = input->size >= FUZZ_LARGE_BYTES;
    file_size = 0;
    tide_budget_init(&b.budget, 1 << 30);
    tide_cancel_init(&b.cancel);
    make_rows(input, hashes);
    b.count = 1 + shape % RUNS_MAX;
    for (size_t i = 0; i < b.count; i++) {
        make_run(&b.runs[i], hashes, (int64_t)i, (int64_t)b.count);
        b.list[i] = &b.runs[i];
        if ((shape >> (2 + i) & 1) != 0) {
            spill(&b, &b.runs[i], 1 + (size_t)(shape & 3) * (large ? 100 : 1));
        }
    }
    bool damaged = (shape & 64) != 0 && file_size > 0;
    if (damaged) {
        file_bytes[(place >> 3) % file_size] ^= (char)(1u << (place & 7));
    }
    tide_code code = merge(&b, &sum, &count);
    FUZZ_CHECK(code == (damaged ? TIDE_BAD_DATA : TIDE_OK));
    if (!damaged) {
        tide_column columns[FIELDS];
        for (size_t i = 0; i < FIELDS; i++) {
            tide_column_builder_view(&kept.rows.columns[i], &columns[i]);
        }
        FUZZ_CHECK(count == kept.rows.row_count);
        FUZZ_CHECK(tide_digest_equal(sum, digest_of(columns, count)));
    }
    for (size_t i = 0; i < b.count; i++) {
        tide_sorted_run_clear(&b.runs[i], &b.file);
    }
    FUZZ_CHECK(tide_budget_used(&b.budget) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    if (size < 4 || size > 1 << 16) {
        return 0;
    }
    if (kept.schema.field_count == 0) {
        open_kept();
    }
    uint8_t choice = fuzz_take(&input);
    switch (choice % 5) {
        case 0:
        case 1:
            check_block(&input, choice % 5 == 1);
            break;
        case 2:
        case 3:
            check_forged(&input, choice % 5 == 3);
            break;
        default:
            check_merge(&input);
            break;
    }
    return 0;
}
