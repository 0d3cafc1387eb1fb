/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sqlite/reduction.h"

#include <stdlib.h>

#include "base/memory.h"

static tide_code make_rank(tide_reduction *reduction, const tide_target *target, tide_error *err)
{
    size_t field_count = target->output->field_count;
    reduction->rank_columns = tide_alloc_zero(field_count, sizeof *reduction->rank_columns);
    if (reduction->rank_columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "the order of a merge");
    }
    if (target->newest_column != TIDE_NO_FIELD) {
        reduction->rank_columns[reduction->rank_count++] = (uint32_t)target->newest_column;
    }
    for (size_t i = 0; i < field_count; i++) {
        if (i != target->newest_column) {
            reduction->rank_columns[reduction->rank_count++] = (uint32_t)i;
        }
    }
    return tide_order_init(&reduction->rank, target->output, reduction->rank_columns,
                           reduction->rank_count, err);
}

tide_code tide_reduction_init(tide_reduction *reduction, const tide_target *target, tide_error *err)
{
    memset(reduction, 0, sizeof *reduction);
    TIDE_TRY(tide_order_init(&reduction->key, target->output, target->key_columns,
                             target->key_count, err));
    tide_code code = make_rank(reduction, target, err);
    if (code != TIDE_OK) {
        tide_reduction_clear(reduction);
    }
    return code;
}

void tide_reduction_clear(tide_reduction *reduction)
{
    tide_order_clear(&reduction->key);
    tide_order_clear(&reduction->rank);
    tide_free(reduction->rank_columns);
    memset(reduction, 0, sizeof *reduction);
}

static int compare_candidates(const void *a, const void *b, void *context)
{
    const tide_reduction *reduction = context;
    const tide_candidate *left = a;
    const tide_candidate *right = b;
    int by_key = tide_order_compare(&reduction->key, left->row, right->row);
    return by_key != 0 ? by_key : tide_order_compare(&reduction->rank, right->row, left->row);
}

size_t tide_reduction_reduce(const tide_reduction *reduction, tide_candidate *candidates,
                             size_t count)
{
    union {
        const tide_reduction *in;
        void *out;
    } context = {.in = reduction}; /* qsort_r wants a plain pointer */
    qsort_r(candidates, count, sizeof *candidates, compare_candidates, context.out);
    size_t kept = count > 0 ? 1 : 0;
    for (size_t i = 1; i < count; i++) {
        if (tide_order_compare(&reduction->key, candidates[kept - 1].row, candidates[i].row) != 0) {
            candidates[kept++] = candidates[i];
        }
    }
    return kept;
}
