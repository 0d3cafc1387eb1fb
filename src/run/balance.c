/* SPDX-License-Identifier: Apache-2.0 */
/* The row balance: nothing silently lost. */
#include <inttypes.h>

#include "base/problem.h"
#include "run/execution.h"

static tide_code fail_sum(const char *what, int64_t left, int64_t right, tide_error *err)
{
    return TIDE_FAIL(err, TIDE_E_DEFECT,
                     "the row balance does not add up: %s, but %" PRId64 " is not %" PRId64
                     "; this is a bug in tidemill: please report it with the run's record",
                     what, left, right);
}

static tide_code check_step(const tide_step *step, const tide_step_counts *c, tide_error *err)
{
    int64_t out = c->rows_out + c->filtered + c->deduplicated + c->rejected;
    if (!step->emits && c->rows_in != out) {
        (void)fail_sum("into a step = passed + filtered + deduplicated + rejected", c->rows_in, out,
                       err);
        return tide_error_context(err, "step %s", step->label);
    }
    return TIDE_OK;
}

tide_code tide_check_load_balance(const tide_run_result *result, tide_error *err)
{
    const tide_counts *c = &result->counts;
    int64_t emitted = c->loaded + c->superseded + c->refused;
    if (c->emitted != emitted) {
        return fail_sum("emitted = loaded + superseded + refused", c->emitted, emitted, err);
    }
    return TIDE_OK;
}

tide_code tide_check_read_balance(const tide_run_result *result, const tide_pipeline *pipeline,
                                  tide_error *err)
{
    const tide_counts *c = &result->counts;
    int64_t read = c->consumed + c->rebuilt + c->seen + c->late + c->unmatched + c->left +
                   c->rejected + c->discarded;
    if (c->read != read) {
        return fail_sum(
            "read = consumed + rebuilt + seen + late + unmatched + left + rejected + discarded",
            c->read, read, err);
    }
    for (size_t i = 0; i < result->step_count; i++) {
        TIDE_TRY(check_step(&pipeline->steps[i], &result->steps[i], err));
    }
    return TIDE_OK;
}
