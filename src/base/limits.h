/* SPDX-License-Identifier: Apache-2.0 */
/* Named limits, each with its reason. All of the project's constants that bound memory, sizes or
 * waiting live here. */
#ifndef TIDE_BASE_LIMITS_H
#define TIDE_BASE_LIMITS_H

/* A batch is closed at either bound: enough rows to pay for the call, small enough to stay in the
 * second-level cache while it is routed. */
#define TIDE_BATCH_ROWS_MAX 8192
#define TIDE_BATCH_BYTES_MAX (4u << 20)

/* One document, line or CSV record. Elasticsearch's own http.max_content_length is 100 MB. */
#define TIDE_DOCUMENT_BYTES_MAX (64u << 20)

/* Texts that one expression makes of some rows at a time: a document of the largest size twice, by
 * functions within each other. What wants more - lpad(text, 60000000) - would take any memory. */
#define TIDE_MADE_TEXT_BYTES_MAX (128u << 20)

/* Columns of one pipeline: PostgreSQL's limit is 1600, of which state and day take some. */
#define TIDE_COLUMNS_MAX 1500

/* Generated names longer than this are refused: PostgreSQL cuts identifiers silently. */
#define TIDE_IDENTIFIER_BYTES_MAX 63

/* A decimal has at most this many digits: Arrow decimal128. */
#define TIDE_DECIMAL_PRECISION_MAX 38

/* A commit unit is closed at any of these bounds. */
#define TIDE_UNIT_ROWS_MAX 200000
#define TIDE_UNIT_BYTES_MAX (32u << 20)
#define TIDE_UNIT_SECONDS_MAX 30

/* A series-day for forms that want it whole, unless max_day_bytes is set. */
#define TIDE_DAY_BYTES_MAX (64u << 20)

/* The least memory of a pipeline that runs: the program and its libraries, one worker, some rows.
 */
#define TIDE_MEMORY_BYTES_MIN (32LL << 20)

/* The lease of a run: renewed each, taken over when older. By the server's clock. */
#define TIDE_LEASE_RENEW_SECONDS 10
#define TIDE_LEASE_EXPIRE_SECONDS 60
/* A renewal that is not answered so long is tried again on a new connection: twice that, the pause
 * before and the time to connect are less than what others wait for. */
#define TIDE_LEASE_ANSWER_SECONDS 15
/* Who takes it waits so long for a row that somebody else has locked. */
#define TIDE_LEASE_TAKE_SECONDS 30

/* A split that failed in passing is begun anew this often, with growing pauses. */
#define TIDE_SPLIT_ATTEMPTS_MAX 8

/* Small splits are read in groups, some for each worker, so that the last ones are short. A group
 * of this many bytes is long enough in any case. To open and close a split costs about as much as
 * reading so many bytes. */
#define TIDE_TASKS_PER_WORKER 8
#define TIDE_TASK_BYTES_MAX (64u << 20)
#define TIDE_SPLIT_COST_BYTES (256u << 10)

/* Elasticsearch refuses more slices than this per scroll. */
#define TIDE_SLICES_MAX 1024

/* Open runs in one merge: beyond it runs are merged in passes. */
#define TIDE_MERGE_FAN_IN_MAX 64

/* A block of a spilled run before compression: large enough for LZ4 and for one read, small enough
 * that a merge of 64 runs stays at 16 MB. */
#define TIDE_SPILL_BLOCK_BYTES (256u << 10)

/* Encoded blocks are collected up to this size before a write, so that a run lies in long pieces in
 * the spill file although several threads append to it. */
#define TIDE_SPILL_WRITE_BYTES (1u << 20)

/* Rows are not spilled in pieces below this (with budgets under 64 MB: a 64th of it): tiny runs
 * cost more in the merge than the memory is worth. */
#define TIDE_SPILL_RUN_BYTES_MIN (1u << 20)

/* Rows in memory are put in order in pieces of this size: as much as the caches next to one core
 * hold, so that the many later reads in order find them nearby. */
#define TIDE_SLAB_BYTES (1u << 20)

#endif
