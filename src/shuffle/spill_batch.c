/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/spill_batch.h"

#include "base/memory.h"

static tide_code on_our_side(tide_code code, tide_error *err)
{
    if (code != TIDE_OK && err->side == TIDE_SIDE_NONE) {
        err->side = TIDE_SIDE_PROCESS;
    }
    return code;
}

tide_code tide_spill_batch_write(tide_spill_file *file, const tide_batch *batch,
                                 tide_spill_piece *piece, tide_error *err)
{
    int64_t rows = tide_batch_row_count(batch);
    tide_codec codec;
    tide_str block;
    uint64_t *hashes = tide_alloc_zero((size_t)rows, sizeof *hashes); /* blocks have some */
    if (hashes == NULL) {
        return on_our_side(TIDE_FAIL_MEMORY(err, "rows to be spilled"), err);
    }
    tide_codec_init(&codec);
    tide_code code = tide_codec_encode(&codec, batch, hashes, 0, rows, &block, err);
    if (code == TIDE_OK) {
        code = tide_spill_file_write(file, block, &piece->offset, err);
    }
    if (code == TIDE_OK) {
        piece->size = block.size;
    }
    tide_codec_clear(&codec);
    tide_free(hashes);
    return on_our_side(code, err);
}

tide_code tide_spill_batch_read(const tide_spill_file *file, const tide_spill_piece *piece,
                                tide_builder *builder, tide_error *err)
{
    tide_codec codec;
    uint64_t *hashes = NULL;
    size_t hash_capacity = 0;
    char *bytes = tide_alloc(piece->size);
    if (bytes == NULL) {
        return on_our_side(TIDE_FAIL_MEMORY(err, "reading spilled rows back"), err);
    }
    tide_codec_init(&codec);
    tide_code code = tide_spill_file_read(file, piece->offset, piece->size, bytes, err);
    if (code == TIDE_OK) {
        code = tide_codec_decode(&codec, (tide_str){bytes, piece->size}, builder, &hashes,
                                 &hash_capacity, err);
    }
    tide_codec_clear(&codec);
    tide_free(hashes);
    tide_free(bytes);
    return on_our_side(code, err);
}
