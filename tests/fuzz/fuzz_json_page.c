/* SPDX-License-Identifier: Apache-2.0 */
/* A search answer is a row or a reject for each hit, or bad_data and nothing. */
#include "fuzz.h"

#include "fuzz_columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_state *state = fuzz_open(TIDE_HIDDEN_ID);
    char *copy = fuzz_padded(data, size);
    tide_provenance from = {.name = TIDE_STR("i")};
    tide_search_page page;
    tide_code code = tide_json_decode_page(state->decoder, (tide_str){copy, size}, &from,
                                           &state->builder, &state->rejects, &page, &state->err);
    FUZZ_CHECK(code == TIDE_OK || code == TIDE_BAD_DATA);
    int64_t made = state->builder.row_count + (int64_t)state->rejects.count;
    FUZZ_CHECK(made == (code == TIDE_OK ? page.hit_count : 0));
    fuzz_check_rows(state);
    tide_builder_reset(&state->builder);
    tide_reject_list_reset(&state->rejects);
    free(copy);
    return 0;
}
