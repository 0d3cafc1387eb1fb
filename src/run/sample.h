/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: seeded example events as NDJSON - uses of promotional offers by customers. The same
 * options give the same bytes everywhere. */
#ifndef TIDE_RUN_SAMPLE_H
#define TIDE_RUN_SAMPLE_H

#include <stdio.h>

#include "base/text.h"

typedef struct tide_sample_options {
    uint64_t seed;
    int64_t row_count;
    int64_t customer_count;
    int64_t day_count;
    int32_t first_day; /* days since 1970-01-01 */
    bool hits;         /* as Elasticsearch hits: {"_index", "_id", "_source"} */
} tide_sample_options;

void tide_sample_defaults(tide_sample_options *options);

/* Row number `row` (from 0), without its newline. */
void tide_sample_row(const tide_sample_options *options, int64_t row, tide_text *out);
TIDE_MUST_CHECK tide_code tide_sample_write(const tide_sample_options *options, FILE *file,
                                            tide_error *err);

#endif
