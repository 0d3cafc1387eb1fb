/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts: rows come in, and go to the disk when the budget refuses. */
#include <assert.h>

#include "base/memory.h"
#include "shuffle/shuffle_parts.h"

struct tide_shuffle_attempt {
    tide_shuffle *shuffle; /* borrowed */
    uint32_t split;
    tide_sorted_run *current; /* owned: rows since the last spill, not sorted yet */
    tide_run_list spilled;
    tide_column *columns; /* owned: of the batch being written */
    uint64_t *hashes;     /* owned */
    size_t hash_capacity;
    tide_shuffle_counts counts;
};

/* What the row store of an attempt works with. */
static int64_t scratch_bytes(const tide_shuffle *shuffle)
{
    return 2 * (int64_t)shuffle->slab_bytes;
}

tide_code tide_shuffle_attempt_begin(tide_shuffle *shuffle, uint32_t split,
                                     tide_shuffle_attempt **attempt, tide_error *err)
{
    tide_shuffle_attempt *begun = tide_alloc_zero(1, sizeof *begun);
    if (begun == NULL) {
        return TIDE_FAIL_MEMORY(err, "an attempt of a split");
    }
    begun->shuffle = shuffle;
    begun->split = split;
    tide_budget_force(shuffle->options.budget, scratch_bytes(shuffle));
    begun->columns = tide_alloc(shuffle->options.schema->field_count * sizeof *begun->columns);
    tide_code code = begun->columns == NULL
                         ? TIDE_FAIL_MEMORY(err, "an attempt of a split")
                         : tide_shuffle_make_run(shuffle, split, &begun->current, err);
    if (code != TIDE_OK) {
        tide_shuffle_attempt_abort(begun);
        return code;
    }
    *attempt = begun;
    return TIDE_OK;
}

void tide_shuffle_attempt_abort(tide_shuffle_attempt *attempt)
{
    if (attempt == NULL) {
        return;
    }
    tide_shuffle_free_run(attempt->shuffle, attempt->current);
    for (size_t i = 0; i < attempt->spilled.count; i++) {
        tide_shuffle_free_run(attempt->shuffle, attempt->spilled.runs[i]);
    }
    tide_budget_give_back(attempt->shuffle->options.budget, scratch_bytes(attempt->shuffle));
    tide_free(attempt->spilled.runs);
    tide_free(attempt->columns);
    tide_free(attempt->hashes);
    tide_free(attempt);
}

tide_shuffle_counts tide_shuffle_attempt_counts(const tide_shuffle_attempt *attempt)
{
    return attempt->counts;
}

/* From rows in any order to a run. */
static tide_code sort_current(tide_shuffle_attempt *attempt, tide_error *err)
{
    tide_sorted_run *run = attempt->current;
    TIDE_TRY(tide_row_store_sort(&run->rows, err));
    run->row_count = (int64_t)run->rows.row_count;
    run->held_bytes = run->rows.byte_count;
    run->collided = run->rows.collided;
    return TIDE_OK;
}

static void count_spill(tide_shuffle *shuffle)
{
    tide_mutex_lock(&shuffle->lock);
    shuffle->facts.spill_count++;
    tide_mutex_unlock(&shuffle->lock);
}

static tide_code spill_own_rows(tide_shuffle_attempt *attempt, tide_error *err)
{
    tide_sorted_run *next = NULL;
    TIDE_TRY(sort_current(attempt, err));
    TIDE_TRY(tide_shuffle_spill_rows(attempt->shuffle, attempt->current, err));
    attempt->current->place = TIDE_PLACE_DISK;
    TIDE_TRY(tide_shuffle_make_run(attempt->shuffle, attempt->split, &next, err));
    tide_code code = tide_run_list_add(&attempt->spilled, attempt->current, err);
    if (code != TIDE_OK) {
        tide_shuffle_free_run(attempt->shuffle, next);
        return code;
    }
    attempt->current = next;
    count_spill(attempt->shuffle);
    return TIDE_OK;
}

/* Claims the largest finished run that is in memory, if it is larger than `bytes_min`. */
static tide_sorted_run *claim_largest(tide_shuffle *shuffle, int64_t bytes_min)
{
    tide_sorted_run *largest = NULL;
    tide_mutex_lock(&shuffle->lock);
    for (size_t i = 0; i < shuffle->finished.count; i++) {
        tide_sorted_run *run = shuffle->finished.runs[i];
        if (run->place == TIDE_PLACE_MEMORY && run->rows.byte_count > bytes_min) {
            bytes_min = run->rows.byte_count;
            largest = run;
        }
    }
    if (largest != NULL) {
        largest->place = TIDE_PLACE_MOVING;
    }
    tide_mutex_unlock(&shuffle->lock);
    return largest;
}

static tide_code spill_claimed(tide_shuffle *shuffle, tide_sorted_run *run, tide_error *err)
{
    tide_code code = tide_shuffle_spill_rows(shuffle, run, err);
    tide_mutex_lock(&shuffle->lock);
    run->place = code == TIDE_OK ? TIDE_PLACE_DISK : TIDE_PLACE_MEMORY;
    shuffle->facts.spill_count += code == TIDE_OK ? 1 : 0;
    tide_condition_broadcast(&shuffle->moved);
    tide_mutex_unlock(&shuffle->lock);
    return code;
}

/* Takes `bytes` from the budget, whatever it costs. */
static tide_code take_bytes(tide_shuffle_attempt *attempt, int64_t bytes, tide_error *err)
{
    tide_shuffle *shuffle = attempt->shuffle;
    while (!tide_shuffle_take_bytes(shuffle, bytes)) {
        int64_t own_bytes = attempt->current->rows.byte_count;
        bool own_is_worth_it = own_bytes > 0 && own_bytes >= shuffle->spill_bytes_min;
        int64_t bytes_min = own_is_worth_it ? own_bytes : shuffle->spill_bytes_min - 1;
        tide_sorted_run *other = claim_largest(shuffle, bytes_min);
        if (other != NULL) {
            TIDE_TRY(spill_claimed(shuffle, other, err));
        } else if (own_is_worth_it) {
            TIDE_TRY(spill_own_rows(attempt, err));
        } else {
            tide_shuffle_force_bytes(shuffle, bytes);
            return TIDE_OK;
        }
    }
    return TIDE_OK;
}

/* The hashes that were given, or those of the key columns. */
static tide_code find_hashes(tide_shuffle_attempt *attempt, int64_t row_count,
                             const uint64_t **hashes, tide_error *err)
{
    if (*hashes != NULL) {
        return TIDE_OK;
    }
    const tide_shuffle *shuffle = attempt->shuffle;
    TIDE_TRY(tide_grow((void **)&attempt->hashes, &attempt->hash_capacity, (size_t)row_count,
                       sizeof *attempt->hashes, err));
    tide_hash_rows(attempt->columns, shuffle->key_columns, shuffle->options.key_count, row_count,
                   attempt->hashes);
    *hashes = attempt->hashes;
    return TIDE_OK;
}

tide_code tide_shuffle_attempt_write(tide_shuffle_attempt *attempt, const tide_batch *batch,
                                     const uint64_t *hashes, tide_error *err)
{
    tide_shuffle *shuffle = attempt->shuffle;
    int64_t row_count = tide_batch_row_count(batch);
    TIDE_TRY(tide_cancel_check(shuffle->options.cancel, err));
    if (row_count == 0) {
        return TIDE_OK;
    }
    tide_batch_columns(batch, attempt->columns);
    TIDE_TRY(find_hashes(attempt, row_count, &hashes, err));
    int64_t bytes = tide_row_store_add_bytes(&attempt->current->rows, attempt->columns, row_count);
    TIDE_TRY(take_bytes(attempt, bytes, err));
    tide_code code =
        tide_row_store_add(&attempt->current->rows, attempt->columns, hashes, row_count, err);
    if (code != TIDE_OK) {
        tide_shuffle_give_back_bytes(shuffle, bytes);
        return code;
    }
    attempt->counts.row_count += row_count;
    attempt->counts.byte_count += bytes;
    return TIDE_OK;
}

tide_code tide_shuffle_attempt_finish(tide_shuffle_attempt *attempt, tide_error *err)
{
    tide_shuffle *shuffle = attempt->shuffle;
    tide_run_list *list = &shuffle->finished;
    TIDE_TRY(sort_current(attempt, err));
    tide_mutex_lock(&shuffle->lock);
    tide_code code = tide_grow((void **)&list->runs, &list->capacity,
                               list->count + attempt->spilled.count + 1, sizeof *list->runs, err);
    if (code == TIDE_OK) {
        for (size_t i = 0; i < attempt->spilled.count; i++) {
            list->runs[list->count++] = attempt->spilled.runs[i];
        }
        if (attempt->current->row_count > 0) {
            list->runs[list->count++] = attempt->current;
            attempt->current = NULL;
        }
        attempt->spilled.count = 0;
        shuffle->facts.row_count += attempt->counts.row_count;
        shuffle->facts.byte_count += attempt->counts.byte_count;
    }
    tide_mutex_unlock(&shuffle->lock);
    if (code == TIDE_OK) {
        tide_shuffle_attempt_abort(attempt); /* what is left of it */
    }
    return code;
}
