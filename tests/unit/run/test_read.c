/* SPDX-License-Identifier: Apache-2.0 */
/* Reading all splits: attempts that fail, snapshots that are lost, many workers. A fake source
 * whose rows are numbers; an outlet that keeps what finished attempts wrote. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "run/read.h"

#define SPLITS 6
#define ROWS_PER_READ 3
#define READS 4

/* What attempt n of a split does: after `reads` reads it fails with `code`, or ends. */
typedef struct fake_failure {
    uint32_t split, attempt;
    int reads;
    tide_code code;
    bool lost_snapshot;
    bool page_too_large;
} fake_failure;

typedef struct fake_source {
    tide_source base;
    tide_schema schema;
    fake_failure failures[8];
    size_t failure_count;
    tide_atomic open_readers;
    tide_atomic reopened; /* readers of second attempts */
    uint32_t waiting; /* this split does not end before a reader was reopened, and no attempt fails
                         before it was opened; 0 = none */
    tide_atomic waiting_opened;
    uint64_t ahead[SPLITS]; /* attempt n has read generation n + ahead of its snapshot */
} fake_source;

typedef struct fake_reader {
    tide_reader base;
    fake_source *source;
    uint32_t split, attempt;
    int reads;
    tide_builder builder;
    tide_reject_list rejects;
    tide_batch batch;
} fake_reader;

static const fake_failure *failure_of(const fake_reader *reader)
{
    for (size_t i = 0; i < reader->source->failure_count; i++) {
        const fake_failure *f = &reader->source->failures[i];
        if (f->split == reader->split && f->attempt == reader->attempt) {
            return f;
        }
    }
    return NULL;
}

/* Each read gives three rows and one reject. */
static tide_code fake_next(tide_reader *base, tide_read *out, tide_error *err)
{
    fake_reader *reader = (fake_reader *)base;
    const fake_failure *f = failure_of(reader);
    tide_batch_clear(&reader->batch);
    tide_builder_reset(&reader->builder);
    tide_reject_list_reset(&reader->rejects);
    bool waits = reader->attempt == 1 && reader->split > 0 && reader->reads == READS &&
                 reader->source->waiting == reader->split;
    while (waits && tide_atomic_get(&reader->source->reopened) == 0) {
        (void)sched_yield();
    }
    if (f != NULL && reader->reads == f->reads) {
        while (reader->source->waiting > 0 &&
               tide_atomic_get(&reader->source->waiting_opened) == 0) {
            (void)sched_yield();
        }
        base->lost_snapshot = f->lost_snapshot;
        base->page_too_large = f->page_too_large;
        return TIDE_FAIL(err, f->code, "made to fail");
    }
    out->rejects = &reader->rejects;
    if (reader->reads++ == READS) {
        out->end = true;
        return TIDE_OK;
    }
    for (int i = 0; i < ROWS_PER_READ; i++) {
        TIDE_TRY(tide_append_int64(&reader->builder.columns[0],
                                   reader->split * 1000 + reader->reads * 10 + i, err));
        tide_builder_end_row(&reader->builder);
    }
    tide_reject reject = {.stage = "decode", .position = "x/1", .reason = "bad", .values = "{}"};
    TIDE_TRY(tide_reject_list_add(&reader->rejects, &reject, err));
    TIDE_TRY(tide_builder_view(&reader->builder, &reader->batch, err));
    out->batch = reader->batch;
    return TIDE_OK;
}

static void fake_close(tide_reader *base)
{
    fake_reader *reader = (fake_reader *)base;
    tide_batch_clear(&reader->batch);
    tide_builder_clear(&reader->builder);
    tide_reject_list_clear(&reader->rejects);
    (void)tide_atomic_add(&reader->source->open_readers, -1);
    tide_free(reader);
}

static const tide_reader_vtable fake_reader_vtable = {.next = fake_next, .close = fake_close};

static tide_code fake_open(tide_source *base, const tide_source_plan *plan, uint32_t split,
                           uint32_t attempt, tide_reader **out, tide_error *err)
{
    fake_source *source = (fake_source *)base;
    (void)plan;
    fake_reader *reader = tide_alloc_zero(1, sizeof *reader);
    assert_non_null(reader);
    reader->base.vtable = &fake_reader_vtable;
    reader->source = source;
    reader->split = split;
    reader->attempt = attempt;
    reader->base.snapshot_generation = attempt + source->ahead[split];
    tide_reject_list_init(&reader->rejects);
    (void)tide_atomic_add(&source->open_readers, 1);
    (void)tide_atomic_add(&source->reopened, attempt == 2 ? 1 : 0);
    (void)tide_atomic_add(&source->waiting_opened, split == source->waiting ? 1 : 0);
    *out = &reader->base;
    return tide_builder_init(&reader->builder, &source->schema, err);
}

static const tide_source_vtable fake_source_vtable = {.open_reader = fake_open};

/* --- the outlet --- */

typedef struct kept_rows {
    tide_mutex lock;
    int64_t sum[SPLITS];  /* of finished attempts */
    int finished[SPLITS]; /* how often, discards taken off */
    int discards;
} kept_rows;

typedef struct kept_writer {
    kept_rows *kept;
    uint32_t split;
    int64_t sum;
} kept_writer;

static tide_code keep_begin(void *outlet, unsigned worker, uint32_t split, uint32_t attempt,
                            void **out, tide_error *err)
{
    (void)worker;
    (void)attempt;
    (void)err;
    kept_writer *writer = tide_alloc_zero(1, sizeof *writer);
    assert_non_null(writer);
    *writer = (kept_writer){.kept = outlet, .split = split};
    *out = writer;
    return TIDE_OK;
}

static tide_code keep_write(void *context, const tide_batch *batch, tide_reject_list *rejects,
                            tide_error *err)
{
    kept_writer *writer = context;
    tide_column column;
    (void)rejects;
    (void)err;
    tide_batch_columns(batch, &column);
    for (int64_t i = 0; i < tide_batch_row_count(batch); i++) {
        writer->sum += tide_column_int64(&column, i);
    }
    return TIDE_OK;
}

static tide_code keep_finish(void *context, const tide_reject_list *rejects, tide_error *err)
{
    kept_writer *writer = context;
    (void)err;
    assert_int_equal(rejects->count, READS);
    tide_mutex_lock(&writer->kept->lock);
    writer->kept->sum[writer->split] += writer->sum;
    writer->kept->finished[writer->split]++;
    tide_mutex_unlock(&writer->kept->lock);
    tide_free(writer);
    return TIDE_OK;
}

static void keep_abort(void *context)
{
    tide_free(context);
}

static void keep_discard(void *outlet, uint32_t split)
{
    kept_rows *kept = outlet;
    tide_mutex_lock(&kept->lock);
    kept->sum[split] = 0;
    kept->finished[split]--;
    kept->discards++;
    tide_mutex_unlock(&kept->lock);
}

static const tide_outlet_vtable keep_vtable = {keep_begin, keep_write, keep_finish, keep_abort,
                                               keep_discard};

/* --- a fixture --- */

typedef struct scene {
    fake_source source;
    tide_source_plan plan;
    tide_split splits[SPLITS];
    kept_rows kept;
    tide_cancel cancel;
    tide_progress progress;
    tide_reject_list rejects;
    tide_counts counts;
    tide_error err;
    uint32_t attempts_max; /* 0 = the usual */
} scene;

static void set_up(scene *s, const fake_failure *failures, size_t count)
{
    *s = (scene){0};
    s->source.base = (tide_source){&fake_source_vtable, "fake"};
    for (size_t i = 0; i < count; i++) {
        s->source.failures[i] = failures[i];
    }
    s->source.failure_count = count;
    tide_error_clear(&s->err);
    tide_schema_init(&s->source.schema);
    assert_int_equal(
        tide_schema_add(&s->source.schema, "n", (tide_type){.id = TIDE_INT64}, true, &s->err),
        TIDE_OK);
    for (int i = 0; i < SPLITS; i++) {
        s->splits[i] = (tide_split){.name = "split"};
    }
    s->plan.splits = s->splits;
    s->plan.split_count = SPLITS;
    tide_mutex_init(&s->kept.lock);
    tide_cancel_init(&s->cancel);
    tide_reject_list_init(&s->rejects);
}

static tide_code read_into(scene *s, unsigned workers, const tide_outlet_vtable *vtable)
{
    tide_read_options options = {.source = &s->source.base,
                                 .plan = &s->plan,
                                 .worker_count = workers,
                                 .cancel = &s->cancel,
                                 .progress = &s->progress,
                                 .outlet_vtable = vtable,
                                 .outlet = &s->kept,
                                 .attempts_max = s->attempts_max,
                                 .pause_ms = 1,
                                 .rejects_max = 1000};
    return tide_read_all(&options, &s->rejects, &s->counts, &s->err);
}

static tide_code read_all(scene *s, unsigned workers)
{
    return read_into(s, workers, &keep_vtable);
}

static void tear_down(scene *s)
{
    assert_int_equal(tide_atomic_get(&s->source.open_readers), 0);
    tide_reject_list_clear(&s->rejects);
    tide_mutex_clear(&s->kept.lock);
    tide_schema_clear(&s->source.schema);
}

static int64_t sum_of_split(int split)
{
    int64_t sum = 0;
    for (int read = 1; read <= READS; read++) {
        for (int i = 0; i < ROWS_PER_READ; i++) {
            sum += split * 1000 + read * 10 + i;
        }
    }
    return sum;
}

static void assert_all_once(const scene *s)
{
    for (int i = 0; i < SPLITS; i++) {
        assert_int_equal(s->kept.finished[i], 1);
        assert_int_equal(s->kept.sum[i], sum_of_split(i));
    }
    int64_t kept = SPLITS * READS * (ROWS_PER_READ + 1);
    assert_int_equal(s->rejects.count, SPLITS * READS);
    assert_int_equal(s->counts.rejected, SPLITS * READS);
    assert_int_equal(s->counts.read, kept + s->counts.discarded);
}

static void reads_each_split_once(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 8; workers++) {
        scene s;
        set_up(&s, NULL, 0);
        assert_int_equal(read_all(&s, workers), TIDE_OK);
        assert_all_once(&s);
        assert_int_equal(s.counts.discarded, 0);
        tear_down(&s);
    }
}

static void begins_failed_attempts_anew(void **state)
{
    (void)state;
    const fake_failure failures[] = {{2, 1, 0, TIDE_REMOTE_RETRY, false, false},
                                     {4, 1, 2, TIDE_REMOTE_RETRY, false, false},
                                     {4, 2, READS, TIDE_REMOTE_RETRY, false, false}};
    for (unsigned workers = 1; workers <= 4; workers++) {
        scene s;
        set_up(&s, failures, 3);
        assert_int_equal(read_all(&s, workers), TIDE_OK);
        assert_all_once(&s);
        assert_int_equal(s.counts.discarded, (2 + READS) * (ROWS_PER_READ + 1));
        assert_int_equal(tide_atomic_get(&s.progress.attempts_failed), 3);
        tear_down(&s);
    }
}

/* However few attempts there may be. */
static void pages_that_are_too_large_are_no_failures(void **state)
{
    (void)state;
    fake_failure failures[] = {{2, 1, 0, TIDE_REMOTE_RETRY, .page_too_large = true},
                               {2, 2, 1, TIDE_REMOTE_RETRY, .page_too_large = true},
                               {2, 3, 2, TIDE_REMOTE_RETRY, .page_too_large = true}};
    scene s;
    set_up(&s, failures, 3);
    s.attempts_max = 1;
    assert_int_equal(read_all(&s, 2), TIDE_OK);
    assert_all_once(&s);
    tear_down(&s);
    failures[2].page_too_large = false;
    set_up(&s, failures, 3);
    s.attempts_max = 1;
    assert_int_equal(read_all(&s, 2), TIDE_REMOTE);
    tear_down(&s);
}

/* Splits 1, 3 and 5 share a snapshot that 5 loses, by then others have finished. */
static void lost_snapshot_takes_finished_splits_back(void **state)
{
    (void)state;
    const fake_failure failures[] = {{5, 1, 3, TIDE_REMOTE_RETRY, true, false}};
    for (unsigned workers = 1; workers <= 3; workers++) {
        scene s;
        set_up(&s, failures, 1);
        s.splits[1].snapshot = s.splits[3].snapshot = s.splits[5].snapshot = 7;
        assert_int_equal(read_all(&s, workers), TIDE_OK);
        assert_all_once(&s);
        assert_true(s.kept.discards <= 2);
        if (workers == 1) {
            assert_int_equal(s.kept.discards, 2);
            assert_int_equal(s.counts.discarded, (3 + 2 * READS) * (ROWS_PER_READ + 1));
        }
        tear_down(&s);
    }
}

/* Split 4 loses the snapshot while 5, which shares it, has all of its rows but not yet ended. */
static void set_up_loss_meanwhile(scene *s)
{
    const fake_failure failures[] = {{4, 1, 1, TIDE_REMOTE_RETRY, true, false}};
    set_up(s, failures, 1);
    s->splits[4].snapshot = s->splits[5].snapshot = 7;
    s->source.waiting = 5;
}

static void lost_snapshot_takes_back_what_ends_later(void **state)
{
    (void)state;
    scene s;
    set_up_loss_meanwhile(&s);
    assert_int_equal(read_all(&s, 2), TIDE_OK);
    assert_all_once(&s);
    assert_int_equal(s.kept.discards, 1);
    tear_down(&s);
}

/* What is committed can't be taken back: slices of two snapshots must not be mixed. */
static void lost_snapshot_fails_what_is_committed_later(void **state)
{
    (void)state;
    tide_outlet_vtable committing = keep_vtable;
    committing.discard = NULL;
    scene s;
    set_up_loss_meanwhile(&s);
    assert_int_equal(read_into(&s, 2, &committing), TIDE_REMOTE);
    assert_non_null(strstr(s.err.message, "snapshot was lost"));
    tear_down(&s);
}

/* Both splits notice the same loss: it is one. */
static void a_loss_that_two_notice_is_one(void **state)
{
    (void)state;
    tide_outlet_vtable committing = keep_vtable;
    committing.discard = NULL;
    const fake_failure failures[] = {{4, 1, 1, TIDE_REMOTE_RETRY, true, false},
                                     {5, 1, READS, TIDE_REMOTE_RETRY, true, false}};
    scene s;
    set_up(&s, failures, 2);
    s.splits[4].snapshot = s.splits[5].snapshot = 7;
    s.source.waiting = 5;
    assert_int_equal(read_into(&s, 2, &committing), TIDE_OK);
    assert_all_once(&s);
    tear_down(&s);
}

/* Split 5 was opened before the loss was told, and has joined the next snapshot. */
static void what_has_joined_the_next_snapshot_is_not_lost(void **state)
{
    (void)state;
    tide_outlet_vtable committing = keep_vtable;
    committing.discard = NULL;
    scene s;
    set_up_loss_meanwhile(&s);
    s.source.ahead[5] = 1;
    assert_int_equal(read_into(&s, 2, &committing), TIDE_OK);
    assert_all_once(&s);
    tear_down(&s);
}

/* And when that is lost as well, whatever else has joined it is read again. */
static void the_next_snapshot_is_lost_apart(void **state)
{
    (void)state;
    const fake_failure failures[] = {{4, 1, 1, TIDE_REMOTE_RETRY, true, false},
                                     {5, 1, READS, TIDE_REMOTE_RETRY, true, false}};
    scene s;
    set_up(&s, failures, 2);
    s.splits[4].snapshot = s.splits[5].snapshot = 7;
    s.source.waiting = 5;
    s.source.ahead[5] = 1;
    assert_int_equal(read_all(&s, 2), TIDE_OK);
    assert_all_once(&s);
    assert_int_equal(s.kept.discards, 1);
    tear_down(&s);
}

static void hard_failure_stops_all(void **state)
{
    (void)state;
    const fake_failure failures[] = {{1, 1, 1, TIDE_BAD_DATA, false, false}};
    for (unsigned workers = 1; workers <= 4; workers++) {
        scene s;
        set_up(&s, failures, 1);
        assert_int_equal(read_all(&s, workers), TIDE_BAD_DATA);
        assert_string_equal(s.err.message, "made to fail");
        assert_int_equal(s.kept.finished[1], 0);
        tear_down(&s);
    }
}

static void cancel_ends_reading(void **state)
{
    (void)state;
    scene s;
    set_up(&s, NULL, 0);
    tide_cancel_raise(&s.cancel, TIDE_STOPPING);
    assert_int_equal(read_all(&s, 2), TIDE_CANCELLED);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_split_once),
        cmocka_unit_test(begins_failed_attempts_anew),
        cmocka_unit_test(pages_that_are_too_large_are_no_failures),
        cmocka_unit_test(lost_snapshot_takes_finished_splits_back),
        cmocka_unit_test(lost_snapshot_takes_back_what_ends_later),
        cmocka_unit_test(lost_snapshot_fails_what_is_committed_later),
        cmocka_unit_test(a_loss_that_two_notice_is_one),
        cmocka_unit_test(what_has_joined_the_next_snapshot_is_not_lost),
        cmocka_unit_test(the_next_snapshot_is_lost_apart),
        cmocka_unit_test(hard_failure_stops_all),
        cmocka_unit_test(cancel_ends_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
