/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts: which of a connection's urls answer.
 *
 *   well --failed--> avoided (5 s, after each further failure twice as long, 5 min at most)
 *     ^                 | its time is over, or nobody else is left: tried again
 *     +----answered-----+
 *
 * What a host that failed said is kept until it answers, for messages. Shared by all readers of a
 * source; thread-safe. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_HTTP_HOSTS_H
#define TIDE_SOURCE_ELASTICSEARCH_HTTP_HOSTS_H

#include <stdint.h>

#include "base/text.h"

typedef struct tide_http_hosts tide_http_hosts;

/* avoid_ms: after a first failure. Owned by the caller; destroy accepts NULL. */
TIDE_MUST_CHECK tide_code tide_http_hosts_create(size_t count, int64_t avoid_ms,
                                                 tide_http_hosts **hosts, tide_error *err);
void tide_http_hosts_destroy(tide_http_hosts *hosts);

/* The preferred host if it is well, else the next one that is, else the one that is avoided for the
 * shortest time from now. Hosts that are marked in `tried` (NULL = none) are passed over; where all
 * are, the count of hosts is returned. */
size_t tide_http_hosts_choose(tide_http_hosts *hosts, size_t preferred, const bool *tried);
/* Is there a host that is well? */
bool tide_http_hosts_any_well(tide_http_hosts *hosts);
void tide_http_hosts_answered(tide_http_hosts *hosts, size_t host);
/* reason: what it said, or what became of the connection; cut where it is long. */
void tide_http_hosts_failed(tide_http_hosts *hosts, size_t host, const char *reason);
/* Appends "; before that https://b:9200: REASON" for each other host that failed and has not
 * answered since. */
void tide_http_hosts_append_others(tide_http_hosts *hosts, size_t host, char *const *urls,
                                   tide_text *out);

#endif
