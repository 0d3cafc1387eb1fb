/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: what a look at the surroundings brought - a machine, a server, a disk -, each good, a
 * warning or a failure. Kinds of sources and sinks add theirs; the doctor shows them. */
#ifndef TIDE_FLOW_FINDINGS_H
#define TIDE_FLOW_FINDINGS_H

#include "base/arena.h"
#include "base/error.h"

typedef enum tide_verdict { TIDE_FINE = 0, TIDE_WARNING, TIDE_FAILURE } tide_verdict;

/* "fine", "warning", "failure". */
const char *tide_verdict_name(tide_verdict verdict);

/* Strings live in the list's arena. */
typedef struct tide_finding {
    tide_verdict verdict;
    const char *subject; /* "machine", a connection's name */
    const char *topic;   /* "version", "clock", "disk" */
    const char *text;    /* what was found */
    const char *advice;  /* what helps; NULL for what is fine */
} tide_finding;

typedef struct tide_findings {
    tide_arena arena;
    const char *subject; /* of what is added next; borrowed until clear */
    tide_finding *items;
    size_t count, capacity;
    bool lost; /* memory did not suffice for all of them */
} tide_findings;

void tide_findings_init(tide_findings *findings);
void tide_findings_clear(tide_findings *findings);
/* advice: static or of a life as long as the list's. */
void tide_findings_add(tide_findings *findings, tide_verdict verdict, const char *topic,
                       const char *advice, const char *format, ...) TIDE_PRINTF(5, 6);
/* "tidemill explain E4002", as advice of a failure; NULL where there is no page. */
const char *tide_findings_explain(tide_findings *findings, const tide_error *err);
/* The worst of all. */
tide_verdict tide_findings_worst(const tide_findings *findings);

/* A server's clock against this machine's, both read as microseconds since 1970; `before` and
 * `after` enclose the server's reading. Adds a finding. */
void tide_findings_add_clock(tide_findings *findings, int64_t before, int64_t server,
                             int64_t after);

#endif
