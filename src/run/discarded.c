/* SPDX-License-Identifier: Apache-2.0 */
/* The discarded route: rows are decoded, counted and thrown away. For measuring. */
#include "run/execution.h"

static tide_code begin(void *outlet, unsigned worker, uint32_t split, uint32_t attempt,
                       void **writer, tide_error *err)
{
    (void)worker;
    (void)split;
    (void)attempt;
    (void)err;
    *writer = outlet;
    return TIDE_OK;
}

static tide_code write(void *writer, const tide_batch *batch, tide_reject_list *rejects,
                       tide_error *err)
{
    (void)writer;
    (void)batch;
    (void)rejects;
    (void)err;
    return TIDE_OK;
}

static tide_code finish(void *writer, const tide_reject_list *rejects, tide_error *err)
{
    (void)writer;
    (void)rejects;
    (void)err;
    return TIDE_OK;
}

static void forget(void *writer)
{
    (void)writer;
}

static void discard(void *outlet, uint32_t split)
{
    (void)outlet;
    (void)split;
}

tide_code tide_run_discarded(tide_execution *execution, tide_error *err)
{
    static const tide_outlet_vtable vtable = {begin, write, finish, forget, discard};
    TIDE_TRY(tide_execution_read(execution, &vtable, execution, NULL, err));
    tide_counts *counts = &execution->result->counts;
    counts->consumed = counts->read - counts->rejected - counts->discarded;
    return tide_execution_reject(execution, err);
}
