/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots: the points in time (PIT) of a source, at most one per index, shared by its slices.
 *
 *   closed --acquire--> open --all slices ended--> complete --acquire--> closed (that slice and all
 *      ^                  |                                              others have lost it)
 *      +-----lose---------+
 *
 * A PIT is opened by the first slice that needs it and counted by generation: once it is lost, all
 * readers of that generation have lost it. Who is handed a PIT to close holds its contexts until
 * the server has answered that: given back earlier, another PIT could be opened beside it.
 * Thread-safe. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_SNAPSHOT_H
#define TIDE_SOURCE_ELASTICSEARCH_SNAPSHOT_H

#include "base/thread.h"
#include "source/elasticsearch/contexts.h"
#include "source/elasticsearch/search_request.h"

typedef struct tide_es_snapshot_slot {
    tide_mutex mutex; /* also held while the PIT is opened: the others need it as well */
    tide_text id;     /* the newest one */
    uint64_t generation;
    bool open;
    bool complete;
    bool *ended; /* owned; by slice */
    uint32_t slice_count;
    uint32_t reader_count;
    tide_es_contexts *contexts; /* borrowed */
    int64_t taken;              /* of them, for the open PIT */
} tide_es_snapshot_slot;

/* What is to be closed, and the contexts to be given back after that; all zero: nothing. */
typedef struct tide_es_closing {
    tide_text id;     /* empty: the server never told it */
    int64_t contexts; /* taken */
} tide_es_closing;

TIDE_MUST_CHECK tide_code tide_es_snapshot_init(tide_es_snapshot_slot *slot, uint32_t slice_count,
                                                tide_es_contexts *contexts, tide_error *err);
void tide_es_snapshot_clear(tide_es_snapshot_slot *slot);

/* Joins the PIT of the index, opening it over http where needed; *generation says which one,
 * from 1. *lost is set with remote_retry when all slices of *generation must start anew. Where
 * opening fails, *closing says what it took, and the id if the answer names a PIT all the same. */
TIDE_MUST_CHECK tide_code tide_es_snapshot_acquire(tide_es_snapshot_slot *slot,
                                                   const tide_es_slice *slice, tide_http *http,
                                                   tide_http_answer *answer, uint64_t *generation,
                                                   bool *lost, tide_es_closing *closing,
                                                   tide_error *err);
/* Copies the newest id. False when this generation is lost. */
TIDE_MUST_CHECK bool tide_es_snapshot_id(tide_es_snapshot_slot *slot, uint64_t generation,
                                         tide_text *id);
/* Any answer may carry a newer id; out of memory keeps the old one, which still works. */
void tide_es_snapshot_renew(tide_es_snapshot_slot *slot, uint64_t generation, tide_str id);
/* Leaves the PIT. When nobody needs it any more, or it was lost, it is moved to *closing. */
void tide_es_snapshot_release(tide_es_snapshot_slot *slot, uint64_t generation, uint32_t slice,
                              bool ended, bool lost, tide_es_closing *closing);
/* For the end of the source: moves an open PIT to *closing. */
void tide_es_snapshot_abandon(tide_es_snapshot_slot *slot, tide_es_closing *closing);

#endif
