/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: how many search contexts a source may hold open on the server, and does.
 *
 * A scroll holds one for each shard of its slice, by default one; a PIT one for each shard of its
 * index. The server refuses more than its own limit, for everybody: half of it is ours at most, and
 * who would open more waits until others have closed theirs. Only what is too large by itself is
 * let through alone. Thread-safe. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_CONTEXTS_H
#define TIDE_SOURCE_ELASTICSEARCH_CONTEXTS_H

#include "base/thread.h"
#include "flow/cancel.h"
#include "source/elasticsearch/server.h"

typedef struct tide_es_contexts {
    tide_mutex lock;
    tide_condition changed;
    int64_t open;
    int64_t open_max;
    int64_t wait_ms_max;
} tide_es_contexts;

/* Until the server's limit is read, the one that is usual holds. */
void tide_es_contexts_init(tide_es_contexts *contexts, int64_t wait_ms_max);
void tide_es_contexts_clear(tide_es_contexts *contexts);
/* Asks the cluster for its limits; where it does not tell, the usual one holds. */
TIDE_MUST_CHECK tide_code tide_es_contexts_read_limit(tide_es_contexts *contexts, tide_http *http,
                                                      tide_http_answer *answer, tide_error *err);

/* Waits for room; remote_retry when there is none for wait_ms_max. What was taken is given back. */
TIDE_MUST_CHECK tide_code tide_es_contexts_take(tide_es_contexts *contexts, int64_t count,
                                                const tide_cancel *cancel, tide_error *err);
void tide_es_contexts_give(tide_es_contexts *contexts, int64_t count);

#endif
