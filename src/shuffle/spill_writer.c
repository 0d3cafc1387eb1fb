/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/spill_writer.h"
#include "base/limits.h"
#include "base/memory.h"

void tide_spill_writer_init(tide_spill_writer *writer, tide_spill_file *file, tide_sorted_run *run)
{
    *writer = (tide_spill_writer){.file = file, .run = run};
    tide_codec_init(&writer->codec);
    tide_text_init(&writer->piece);
}

void tide_spill_writer_clear(tide_spill_writer *writer)
{
    tide_codec_clear(&writer->codec);
    tide_text_clear(&writer->piece);
    writer->run->block_count -= writer->piece_blocks; /* never written */
    writer->piece_blocks = 0;
}

static tide_code write_piece(tide_spill_writer *writer, tide_error *err)
{
    if (writer->piece_blocks == 0) {
        return TIDE_OK;
    }
    int64_t offset = 0;
    tide_str bytes = {writer->piece.data, writer->piece.size};
    TIDE_TRY(tide_spill_file_write(writer->file, bytes, &offset, err));
    tide_sorted_run *run = writer->run;
    for (size_t i = run->block_count - writer->piece_blocks; i < run->block_count; i++) {
        run->blocks[i].offset = offset;
        offset += run->blocks[i].byte_count;
    }
    run->piece_bytes += (int64_t)bytes.size;
    writer->piece_blocks = 0;
    tide_text_reset(&writer->piece);
    return TIDE_OK;
}

tide_code tide_spill_writer_add(tide_spill_writer *writer, const tide_batch *batch,
                                const uint64_t *hashes, tide_error *err)
{
    int64_t row_count = tide_batch_row_count(batch);
    if (row_count == 0) {
        return TIDE_OK;
    }
    tide_sorted_run *run = writer->run;
    TIDE_TRY(tide_grow((void **)&run->blocks, &run->block_capacity, run->block_count + 1,
                       sizeof *run->blocks, err));
    tide_str block;
    TIDE_TRY(tide_codec_encode(&writer->codec, batch, hashes, 0, row_count, &block, err));
    tide_text_append_str(&writer->piece, block);
    if (tide_text_failed(&writer->piece)) {
        return TIDE_FAIL_MEMORY(err, "rows to be spilled");
    }
    run->blocks[run->block_count++] = (tide_block){
        .first_hash = hashes[0],
        .last_hash = hashes[row_count - 1],
        .byte_count = (uint32_t)block.size,
        .row_count = (uint32_t)row_count,
    };
    run->row_count += row_count;
    run->raw_bytes += (int64_t)tide_batch_bytes(batch);
    writer->piece_blocks++;
    return writer->piece.size >= TIDE_SPILL_WRITE_BYTES ? write_piece(writer, err) : TIDE_OK;
}

tide_code tide_spill_writer_finish(tide_spill_writer *writer, tide_error *err)
{
    return write_piece(writer, err);
}
