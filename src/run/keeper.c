/* SPDX-License-Identifier: Apache-2.0 */
#include "run/keeper.h"

#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"

/* Parts of a reader's patience: when it is due to be asked, and how often that is looked at. */
#define DUE_PART 3
#define LOOK_PART 6
#define LOOK_MS_MIN 20
#define MICROS_PER_MILLI 1000

void tide_keeping_init(tide_keeping *keeping, const tide_schema *schema,
                       const char *spill_directory, int64_t rejects_max)
{
    *keeping = (tide_keeping){.schema = schema, .rejects_max = rejects_max};
    tide_spill_file_init(&keeping->file, spill_directory);
}

void tide_keeping_clear(tide_keeping *keeping)
{
    tide_spill_file_clear(&keeping->file);
}

void tide_keeper_init(tide_keeper *keeper, tide_keeping *keeping)
{
    *keeper = (tide_keeper){.keeping = keeping};
    tide_mutex_init(&keeper->lock);
    tide_condition_init(&keeper->changed);
    tide_error_clear(&keeper->failure);
    tide_batch_init(&keeper->view);
    tide_reject_list_init(&keeper->rejects);
}

/* --- to the disk and back --- */

static tide_code write_rows(tide_keeper *k, const tide_batch *batch, tide_kept_read *kept,
                            tide_error *err)
{
    TIDE_TRY(tide_spill_batch_write(&k->keeping->file, batch, &kept->rows, err));
    (void)tide_atomic_add(&k->keeping->rows, tide_batch_row_count(batch));
    (void)tide_atomic_add(&k->keeping->bytes, (int64_t)kept->rows.size);
    return TIDE_OK;
}

static tide_code keep_read(tide_keeper *k, const tide_read *read, tide_kept_read *kept,
                           tide_error *err)
{
    kept->byte_count = read->byte_count;
    kept->end = read->end;
    if (read->rejects != NULL && read->rejects->count > 0) {
        TIDE_TRY(tide_reject_list_append(&kept->rejects, read->rejects, err));
    }
    return tide_batch_row_count(&read->batch) > 0 ? write_rows(k, &read->batch, kept, err)
                                                  : TIDE_OK;
}

static void release(const tide_keeper *k, const tide_kept_read *kept)
{
    tide_spill_file_release(&k->keeping->file, kept->rows.offset, (int64_t)kept->rows.size);
}

static tide_code read_rows(tide_keeper *k, const tide_kept_read *kept, tide_error *err)
{
    tide_code code = tide_spill_batch_read(&k->keeping->file, &kept->rows, &k->builder, err);
    release(k, kept);
    return code;
}

static tide_code give_out(tide_keeper *k, tide_kept_read *kept, tide_read *out, tide_error *err)
{
    tide_reject_list_clear(&k->rejects);
    k->rejects = kept->rejects;
    tide_reject_list_init(&kept->rejects);
    k->reject_count -= (int64_t)k->rejects.count;
    tide_batch_clear(&k->view);
    tide_builder_reset(&k->builder);
    if (kept->rows.size > 0) {
        TIDE_TRY(read_rows(k, kept, err));
    }
    TIDE_TRY(tide_builder_view(&k->builder, &k->view, err));
    *out = (tide_read){
        .batch = k->view, .rejects = &k->rejects, .byte_count = kept->byte_count, .end = kept->end};
    return TIDE_OK;
}

/* --- the thread --- */

static tide_code read_on(tide_keeper *k, tide_kept_read *kept, tide_error *err)
{
    tide_read read = {0};
    TIDE_TRY(k->reader->vtable->next_aside(k->reader, &read, err));
    return keep_read(k, &read, kept, err);
}

static tide_code add_read(tide_keeper *k, tide_kept_read *kept, tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&k->reads, &k->capacity, k->count + 1, sizeof *k->reads, err));
    k->reject_count += (int64_t)kept->rejects.count;
    k->reads[k->count++] = *kept;
    tide_reject_list_init(&kept->rejects);
    if (k->reject_count > k->keeping->rejects_max) {
        return TIDE_FAIL(err, TIDE_OVER_REJECTS,
                         "more than %lld rows could not be decoded while the sink held the reader "
                         "back, and more are not held in memory: mend the data or the columns, or "
                         "raise --memory",
                         (long long)k->keeping->rejects_max);
    }
    return TIDE_OK;
}

/* Under the lock, which is given up meanwhile: the worker waits for `pulling`. */
static void pull(tide_keeper *k)
{
    tide_error err;
    tide_kept_read kept = {0};
    tide_error_clear(&err);
    tide_reject_list_init(&kept.rejects);
    k->pulling = true;
    tide_mutex_unlock(&k->lock);
    tide_code code = read_on(k, &kept, &err);
    tide_mutex_lock(&k->lock);
    if (code == TIDE_OK && !k->ended) {
        code = add_read(k, &kept, &err);
    }
    if (code != TIDE_OK) {
        k->failure = err;
    }
    k->ended = k->ended || kept.end;
    tide_reject_list_clear(&kept.rejects);
    k->asked_at = tide_monotonic_micros();
    k->pulling = false;
    tide_condition_broadcast(&k->changed);
}

/* After its end only what it shares with other splits is to be kept alive. */
static bool has_to_ask(const tide_keeper *k)
{
    return k->lent && k->failure.code == TIDE_OK &&
           (!k->ended || k->reader->snapshot_generation != 0) &&
           tide_monotonic_micros() - k->asked_at >= k->patience_ms * MICROS_PER_MILLI / DUE_PART;
}

static void keep(void *argument)
{
    tide_keeper *k = argument;
    tide_mutex_lock(&k->lock);
    while (!k->quits) {
        if (!k->watches) {
            tide_condition_wait(&k->changed, &k->lock);
        } else if (has_to_ask(k)) {
            pull(k);
        } else {
            int64_t pause_ms = k->patience_ms / LOOK_PART;
            (void)tide_condition_wait_for(&k->changed, &k->lock,
                                          pause_ms > LOOK_MS_MIN ? pause_ms : LOOK_MS_MIN);
        }
    }
    tide_mutex_unlock(&k->lock);
}

/* --- the worker --- */

static bool needs_watching(const tide_keeper *k, const tide_reader *reader)
{
    return k->keeping->schema != NULL && reader->patience_ms > 0 &&
           reader->vtable->next_aside != NULL;
}

static void forget(tide_keeper *k)
{
    for (size_t i = k->first; i < k->count; i++) {
        tide_reject_list_clear(&k->reads[i].rejects);
        release(k, &k->reads[i]);
    }
    k->first = k->count = 0;
    k->reject_count = 0;
    k->ended = false;
    tide_error_clear(&k->failure);
}

tide_code tide_keeper_attach(tide_keeper *k, tide_reader *reader, tide_error *err)
{
    bool watches = needs_watching(k, reader);
    if (watches && k->builder.schema == NULL) {
        TIDE_TRY(tide_builder_init(&k->builder, k->keeping->schema, err));
    }
    if (watches && !k->thread.started) {
        TIDE_TRY(tide_thread_start(&k->thread, keep, k, err));
    }
    tide_mutex_lock(&k->lock);
    k->reader = reader;
    k->watches = watches;
    k->patience_ms = reader->patience_ms;
    k->asked_at = tide_monotonic_micros();
    tide_condition_broadcast(&k->changed);
    tide_mutex_unlock(&k->lock);
    return TIDE_OK;
}

void tide_keeper_detach(tide_keeper *k)
{
    tide_keeper_take_back(k);
    tide_mutex_lock(&k->lock);
    k->reader = NULL;
    k->watches = false;
    forget(k);
    tide_mutex_unlock(&k->lock);
}

tide_code tide_keeper_next(tide_keeper *k, tide_read *out, tide_error *err)
{
    if (k->first < k->count) {
        return give_out(k, &k->reads[k->first++], out, err);
    }
    k->first = k->count = 0;
    if (k->failure.code != TIDE_OK) {
        *err = k->failure;
        return err->code;
    }
    tide_code code = k->reader->vtable->next(k->reader, out, err);
    k->asked_at = tide_monotonic_micros();
    k->ended = code == TIDE_OK && out->end;
    return code;
}

void tide_keeper_lend(tide_keeper *k)
{
    if (!k->thread.started) {
        return;
    }
    tide_mutex_lock(&k->lock);
    k->lent = true;
    tide_mutex_unlock(&k->lock);
}

void tide_keeper_take_back(tide_keeper *k)
{
    if (!k->thread.started) {
        return;
    }
    tide_mutex_lock(&k->lock);
    k->lent = false;
    while (k->pulling) {
        tide_condition_wait(&k->changed, &k->lock);
    }
    tide_mutex_unlock(&k->lock);
}

void tide_keeper_clear(tide_keeper *k)
{
    if (k->thread.started) {
        tide_mutex_lock(&k->lock);
        k->quits = true;
        tide_condition_broadcast(&k->changed);
        tide_mutex_unlock(&k->lock);
        tide_thread_join(&k->thread);
    }
    forget(k);
    tide_free(k->reads);
    tide_batch_clear(&k->view);
    tide_builder_clear(&k->builder);
    tide_reject_list_clear(&k->rejects);
    tide_condition_clear(&k->changed);
    tide_mutex_clear(&k->lock);
}
