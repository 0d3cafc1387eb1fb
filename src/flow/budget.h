/* SPDX-License-Identifier: Apache-2.0 */
/* Budget: how many bytes of our own buffers may live at a time, shared by all threads of a run.
 *
 * A taker that is refused spills what it holds, or waits, or stops with over_budget. Shares that
 * must never be refused (a page in flight, a batch being written) are taken with
 * tide_budget_force and counted all the same. Thread-safe.
 */
#ifndef TIDE_FLOW_BUDGET_H
#define TIDE_FLOW_BUDGET_H

#include <stdbool.h>

#include "base/thread.h"

typedef struct tide_budget {
    int64_t limit_bytes;
    tide_atomic used_bytes;
    tide_atomic peak_bytes;
} tide_budget;

void tide_budget_init(tide_budget *budget, int64_t limit_bytes);
/* False when it does not fit; then nothing was taken. */
bool tide_budget_take(tide_budget *budget, int64_t bytes);
void tide_budget_force(tide_budget *budget, int64_t bytes);
void tide_budget_give_back(tide_budget *budget, int64_t bytes);
int64_t tide_budget_used(const tide_budget *budget);
int64_t tide_budget_peak(const tide_budget *budget);

#endif
