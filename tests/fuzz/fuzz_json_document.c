/* SPDX-License-Identifier: Apache-2.0 */
/* A document is one row or one reject, whatever its bytes. */
#include "fuzz.h"

#include "fuzz_columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_state *state = fuzz_open(TIDE_HIDDEN_POSITION);
    char *copy = fuzz_padded(data, size);
    tide_provenance from = {.name = TIDE_STR("f")};
    FUZZ_CHECK(tide_json_decode_document(state->decoder, (tide_str){copy, size}, &from,
                                         &state->builder, &state->rejects, &state->err) == TIDE_OK);
    FUZZ_CHECK(state->builder.row_count + (int64_t)state->rejects.count == 1);
    fuzz_check_rows(state);
    tide_builder_reset(&state->builder);
    tide_reject_list_reset(&state->rejects);
    free(copy);
    return 0;
}
