/* SPDX-License-Identifier: Apache-2.0 */
/* CSV encoder: rows of a batch to lines of text, by the format of csv_sink.h. Read-only after init:
 * any number of threads may use one. */
#ifndef TIDE_SINK_CSV_CSV_ENCODER_H
#define TIDE_SINK_CSV_CSV_ENCODER_H

#include "record/batch.h"

typedef void (*tide_csv_append)(tide_text *out, const tide_column *column, int64_t row);

typedef struct tide_csv_encoder {
    tide_csv_append *appends; /* owned, one per column */
    size_t column_count;
    tide_text header;
} tide_csv_encoder;

/* On failure nothing is owned. */
TIDE_MUST_CHECK tide_code tide_csv_encoder_init(tide_csv_encoder *encoder,
                                                const tide_schema *schema, tide_error *err);
void tide_csv_encoder_clear(tide_csv_encoder *encoder);
/* Appends one line; a failure shows in tide_text_failed(out). */
void tide_csv_encode_row(const tide_csv_encoder *encoder, const tide_column *columns, int64_t row,
                         tide_text *out);

#endif
