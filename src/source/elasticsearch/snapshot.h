/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots: the points in time (PIT) of a source, at most one per index, shared by its slices.
 *
 *   closed --acquire--> open --all slices ended--> complete --acquire--> closed (that slice and all
 *      ^                  |                                              others have lost it)
 *      +-----lose---------+
 *
 * A PIT is opened by the first slice that needs it and counted by generation: once it is lost, all
 * readers of that generation have lost it. Thread-safe. */
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

TIDE_MUST_CHECK tide_code tide_es_snapshot_init(tide_es_snapshot_slot *slot, uint32_t slice_count,
                                                tide_es_contexts *contexts, tide_error *err);
void tide_es_snapshot_clear(tide_es_snapshot_slot *slot);

/* Joins the PIT of the index, opening it over http where needed; *generation says which one,
 * from 1. *lost is set with remote_retry when all slices of *generation must start anew. Where
 * opening fails but the answer names a PIT all the same, its id is appended to *to_close
 * (initialised by the caller). */
TIDE_MUST_CHECK tide_code tide_es_snapshot_acquire(tide_es_snapshot_slot *slot,
                                                   const tide_es_slice *slice, tide_http *http,
                                                   tide_http_answer *answer, uint64_t *generation,
                                                   bool *lost, tide_text *to_close,
                                                   tide_error *err);
/* Copies the newest id. False when this generation is lost. */
TIDE_MUST_CHECK bool tide_es_snapshot_id(tide_es_snapshot_slot *slot, uint64_t generation,
                                         tide_text *id);
/* Any answer may carry a newer id; out of memory keeps the old one, which still works. */
void tide_es_snapshot_renew(tide_es_snapshot_slot *slot, uint64_t generation, tide_str id);
/* Leaves the PIT. When nobody needs it any more, or it was lost, its id is moved to *to_close
 * (initialised by the caller), else *to_close stays empty. */
void tide_es_snapshot_release(tide_es_snapshot_slot *slot, uint64_t generation, uint32_t slice,
                              bool ended, bool lost, tide_text *to_close);
/* For the end of the source: moves the id of an open PIT to *to_close. */
void tide_es_snapshot_abandon(tide_es_snapshot_slot *slot, tide_text *to_close);

#endif
