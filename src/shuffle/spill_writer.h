/* SPDX-License-Identifier: Apache-2.0 */
/* Spill writer: sorted batches to a run in the spill file. One thread.
 *
 * Order of calls: init, add..., finish, clear. When add or finish has failed, or finish was not
 * called, the run holds some first part of the rows and is to be cleared after the writer.
 */
#ifndef TIDE_SHUFFLE_SPILL_WRITER_H
#define TIDE_SHUFFLE_SPILL_WRITER_H

#include "record/codec.h"
#include "shuffle/sorted_run.h"

typedef struct tide_spill_writer {
    tide_spill_file *file; /* borrowed */
    tide_sorted_run *run;  /* borrowed: gets the blocks */
    tide_codec codec;
    tide_text piece;     /* encoded blocks that are not written yet */
    size_t piece_blocks; /* the last so many of run->blocks */
} tide_spill_writer;

void tide_spill_writer_init(tide_spill_writer *writer, tide_spill_file *file, tide_sorted_run *run);
void tide_spill_writer_clear(tide_spill_writer *writer);
/* One block of all rows of the batch. */
TIDE_MUST_CHECK tide_code tide_spill_writer_add(tide_spill_writer *writer, const tide_batch *batch,
                                                const uint64_t *hashes, tide_error *err);
TIDE_MUST_CHECK tide_code tide_spill_writer_finish(tide_spill_writer *writer, tide_error *err);

#endif
