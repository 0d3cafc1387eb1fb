/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/budget.h"

void tide_budget_init(tide_budget *budget, int64_t limit_bytes)
{
    budget->limit_bytes = limit_bytes;
    tide_atomic_set(&budget->used_bytes, 0);
    tide_atomic_set(&budget->peak_bytes, 0);
}

static void note_peak(tide_budget *budget, int64_t used)
{
    int64_t peak = tide_atomic_get(&budget->peak_bytes);
    while (used > peak && !tide_atomic_swap_if(&budget->peak_bytes, peak, used)) {
        peak = tide_atomic_get(&budget->peak_bytes);
    }
}

/* By compare and swap, so that a taker that is refused never makes another one be refused. */
bool tide_budget_take(tide_budget *budget, int64_t bytes)
{
    int64_t used = tide_atomic_get(&budget->used_bytes);
    while (bytes <= budget->limit_bytes - used) {
        if (tide_atomic_swap_if(&budget->used_bytes, used, used + bytes)) {
            note_peak(budget, used + bytes);
            return true;
        }
        used = tide_atomic_get(&budget->used_bytes);
    }
    return false;
}

void tide_budget_force(tide_budget *budget, int64_t bytes)
{
    note_peak(budget, tide_atomic_add(&budget->used_bytes, bytes));
}

void tide_budget_give_back(tide_budget *budget, int64_t bytes)
{
    (void)tide_atomic_add(&budget->used_bytes, -bytes);
}

int64_t tide_budget_used(const tide_budget *budget)
{
    return tide_atomic_get(&budget->used_bytes);
}

int64_t tide_budget_peak(const tide_budget *budget)
{
    return tide_atomic_get(&budget->peak_bytes);
}
