/* SPDX-License-Identifier: Apache-2.0 */
/* Keeper: keeps a reader from losing what it holds on its server while its worker is held back.
 *
 * A scroll lives from one request for its next page to the next, and so does a PIT. A worker whose
 * sink is locked, or whose step is slow, for longer than that would lose it, begin its split anew,
 * and lose it again. So while a worker is away with a batch (lend ... take_back), its keeper asks
 * for a page as often as is needed - each third of the reader's patience - and puts it on disk.
 *
 *   worker   next | lend . . . . . . . write . . . . . . . take_back | next       next   next
 *   keeper               next_aside -> disk    next_aside -> disk      <- disk    <- disk  ...
 *
 * No more is read ahead than that: the disk holds a page per third of the reader's patience. Rows
 * come in the order of the reader, failures in their place between them. What is on disk is decoded
 * and masked, as all that is spilled.
 *
 * Order of calls, by one worker: init -> [attach -> next, lend, take_back, ... -> detach]... ->
 * clear. The thread is started with the first reader whose patience ends, and sleeps while nothing
 * is due.
 */
#ifndef TIDE_RUN_KEEPER_H
#define TIDE_RUN_KEEPER_H

#include "flow/source.h"
#include "shuffle/spill_batch.h"

/* What keepers share: where they spill, and what they have done. */
typedef struct tide_keeping {
    const tide_schema *schema; /* of the batches; borrowed. NULL: nothing is kept */
    tide_spill_file file;
    int64_t rejects_max; /* held by one keeper */
    tide_atomic rows, bytes;
} tide_keeping;

void tide_keeping_init(tide_keeping *keeping, const tide_schema *schema,
                       const char *spill_directory, int64_t rejects_max);
void tide_keeping_clear(tide_keeping *keeping);

/* One read, on disk but for its rejects. */
typedef struct tide_kept_read {
    tide_spill_piece rows;
    uint64_t byte_count;
    tide_reject_list rejects;
    bool end;
} tide_kept_read;

typedef struct tide_keeper {
    tide_keeping *keeping; /* borrowed */
    tide_thread thread;
    tide_mutex lock; /* guards all below; the reader is used without it by whose turn it is */
    tide_condition changed;
    tide_reader *reader; /* borrowed; NULL: none */
    bool watches;        /* the reader has to be asked in time */
    int64_t patience_ms; /* the reader's, when it was attached */
    bool lent, pulling, quits;
    int64_t asked_at;      /* when the reader was asked last; monotonic microseconds */
    tide_kept_read *reads; /* owned; [first, count) are to be given out */
    size_t first, count, capacity;
    int64_t reject_count;
    bool ended;         /* the reader has told */
    tide_error failure; /* of reading on: given out after the reads before it */
    tide_builder builder;
    tide_batch view;
    tide_reject_list rejects; /* of the read that was given out last */
} tide_keeper;

void tide_keeper_init(tide_keeper *keeper, tide_keeping *keeping);
void tide_keeper_clear(tide_keeper *keeper);

/* The reader is borrowed until detach. */
TIDE_MUST_CHECK tide_code tide_keeper_attach(tide_keeper *keeper, tide_reader *reader,
                                             tide_error *err);
void tide_keeper_detach(tide_keeper *keeper);

/* As the reader's own next. */
TIDE_MUST_CHECK tide_code tide_keeper_next(tide_keeper *keeper, tide_read *out, tide_error *err);
/* Between these two the worker does not touch the reader; what next has given stays as it is. */
void tide_keeper_lend(tide_keeper *keeper);
void tide_keeper_take_back(tide_keeper *keeper);

#endif
