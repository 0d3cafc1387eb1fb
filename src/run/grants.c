/* SPDX-License-Identifier: Apache-2.0 */
#include "run/grants.h"

/* How often one who waits looks at the cancel. */
#define CANCEL_POLL_MS 100

void tide_grants_init(tide_grants *grants, int64_t total_bytes, unsigned at_a_time, size_t count)
{
    *grants = (tide_grants){.total_bytes = total_bytes,
                            .free_bytes = total_bytes,
                            .at_a_time = at_a_time,
                            .waiting = count};
    tide_mutex_init(&grants->lock);
    tide_condition_init(&grants->changed);
    tide_budget_init(&grants->reserve, total_bytes);
    tide_budget_force(&grants->reserve, total_bytes);
}

void tide_grants_clear(tide_grants *grants)
{
    tide_condition_clear(&grants->changed);
    tide_mutex_clear(&grants->lock);
}

/* An equal part for each that may yet begin while this one runs. Under the lock. */
static int64_t fair_part(const tide_grants *grants)
{
    size_t places = grants->at_a_time > grants->running ? grants->at_a_time - grants->running : 1;
    places = places < grants->waiting ? places : grants->waiting;
    return grants->free_bytes / (int64_t)(places > 0 ? places : 1);
}

tide_code tide_grants_take(tide_grants *grants, int64_t least_bytes, const tide_cancel *cancel,
                           int64_t *bytes, tide_error *err)
{
    tide_code code = TIDE_OK;
    int64_t least = least_bytes < grants->total_bytes ? least_bytes : grants->total_bytes;
    tide_mutex_lock(&grants->lock);
    size_t ticket = grants->tickets++;
    while (code == TIDE_OK && (grants->served != ticket || grants->free_bytes < least)) {
        (void)tide_condition_wait_for(&grants->changed, &grants->lock, CANCEL_POLL_MS);
        code = tide_cancel_check(cancel, err);
    }
    if (code == TIDE_OK) {
        int64_t part = fair_part(grants);
        *bytes = part > least ? part : least;
        grants->free_bytes -= *bytes;
        grants->running++;
        grants->served++;
    }
    grants->waiting--;
    tide_condition_broadcast(&grants->changed);
    tide_mutex_unlock(&grants->lock);
    return code;
}

void tide_grants_give_back(tide_grants *grants, int64_t bytes)
{
    tide_mutex_lock(&grants->lock);
    grants->running--;
    if (grants->waiting > 0) {
        grants->free_bytes += bytes;
    } else {
        tide_budget_give_back(&grants->reserve, bytes);
    }
    tide_condition_broadcast(&grants->changed);
    tide_mutex_unlock(&grants->lock);
}
