/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind include/tidemill.h share: handles, errors, Arrow streams of our batches. */
#ifndef TIDE_RUN_API_API_H
#define TIDE_RUN_API_API_H

#include "run/execution.h"
#include "tidemill.h"

struct tidemill_project {
    tide_project project;
    tide_diagnostics diagnostics;
};

struct tidemill_pipeline {
    tide_pipeline bound;
    tide_diagnostics diagnostics;
};

struct tidemill_plan {
    tidemill_pipeline *pipeline; /* borrowed */
    tide_cancel cancel;
    tide_budget budget;
    tide_source *source;
    tide_source_plan plan;
    int64_t horizon;
    tide_text json;
};

struct tidemill_unit {
    tide_unit unit;
    const tide_schema *output; /* borrowed from the pipeline */
    const tide_schema *states;
};

/* Copies code and sentence outwards. */
tidemill_code tide_api_code(tide_code code, const tide_error *from, tidemill_error *err);

/* One batch as a struct array with its schema; moves the batch. */
TIDE_MUST_CHECK tide_code tide_api_export(const tide_schema *schema, tide_batch *batch,
                                          struct ArrowSchema *out_schema,
                                          struct ArrowArray *out_array, tide_error *err);
/* A copy of rows that stay where they are. */
TIDE_MUST_CHECK tide_code tide_api_copy(const tide_batch *batch, tide_batch *out, tide_error *err);
/* Rejects as rows of texts. */
TIDE_MUST_CHECK tide_code tide_api_export_rejects(const tide_reject_list *rejects,
                                                  struct ArrowSchema *schema,
                                                  struct ArrowArray *array, tide_error *err);

/* An Arrow stream over a producer of our batches. */
typedef struct tide_api_producer {
    /* Fills an empty batch with owned rows; none = end. */
    tide_code (*next)(void *self, tide_batch *out, tide_error *err);
    void (*close)(void *self);
} tide_api_producer;

/* `self` is owned by the stream; the schema is borrowed until its release. On failure self is
 * closed. */
TIDE_MUST_CHECK tide_code tide_api_stream(const tide_schema *schema,
                                          const tide_api_producer *producer, void *self,
                                          struct ArrowArrayStream *out, tide_error *err);
/* The producer's self of a stream made by the above with this producer, else NULL. */
void *tide_api_stream_self(const struct ArrowArrayStream *stream,
                           const tide_api_producer *producer);

/* A foreign Arrow stream as one of ours, without hashes of its own: checks its schema. Moved. */
TIDE_MUST_CHECK tide_code tide_api_pull(struct ArrowArrayStream *stream, const tide_schema *schema,
                                        const char *what, tide_error *err);
TIDE_MUST_CHECK tide_code tide_api_pull_batch(struct ArrowArrayStream *stream,
                                              const tide_schema *schema, const char *what,
                                              tide_batch *out, tide_error *err);

#endif
