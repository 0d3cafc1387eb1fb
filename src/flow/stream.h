/* SPDX-License-Identifier: Apache-2.0 */
/* Stream: batches pulled one by one inside a thread. Rows of process and of state come so, sorted
 * by series hash. */
#ifndef TIDE_FLOW_STREAM_H
#define TIDE_FLOW_STREAM_H

#include "record/batch.h"

typedef struct tide_stream tide_stream;

typedef struct tide_stream_vtable {
    /* Gives the next batch, borrowed until the next call or close; no rows = end. *hashes has one
     * series hash per row, borrowed likewise (NULL when the stream is not keyed). */
    tide_code (*next)(tide_stream *stream, tide_batch *out, const uint64_t **hashes,
                      tide_error *err);
    void (*close)(tide_stream *stream); /* also frees it */
} tide_stream_vtable;

struct tide_stream {
    const tide_stream_vtable *vtable;
};

#endif
