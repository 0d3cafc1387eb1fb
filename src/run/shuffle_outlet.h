/* SPDX-License-Identifier: Apache-2.0 */
/* Shuffle outlet: rows of all splits, as far as they can be ordered, go to a shuffle. */
#ifndef TIDE_RUN_SHUFFLE_OUTLET_H
#define TIDE_RUN_SHUFFLE_OUTLET_H

#include "run/partitions.h"

typedef struct tide_shuffle_outlet {
    tide_execution *execution; /* borrowed */
    tide_shuffle *shuffle;     /* owned */
    tide_admit_rules rules;    /* borrows layout and plan of the execution */
    tide_admit *admits;        /* owned; one per worker */
    unsigned admit_count;
} tide_shuffle_outlet;

/* `order` is what follows the series in the order of rows. */
TIDE_MUST_CHECK tide_code tide_shuffle_outlet_init(tide_shuffle_outlet *outlet,
                                                   tide_execution *execution, const uint32_t *order,
                                                   size_t order_count, tide_error *err);
void tide_shuffle_outlet_clear(tide_shuffle_outlet *outlet);
extern const tide_outlet_vtable tide_shuffle_outlet_vtable;

#endif
