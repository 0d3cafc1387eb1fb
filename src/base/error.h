/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: a small code that says what the caller does next, and a sentence for the operator.
 *
 * Every fallible function returns tide_code and takes `tide_error *err` last (never NULL). On
 * failure it fills err once; layers above may only add context (tide_error_context) where they
 * know something new: file:line, index, document id, series, day. Results are must-check.
 */
#ifndef TIDE_BASE_ERROR_H
#define TIDE_BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#define TIDE_MUST_CHECK __attribute__((warn_unused_result))
#define TIDE_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))

/* What the caller does next. */
typedef enum tide_code {
    TIDE_OK = 0,
    TIDE_BAD_CONFIG,    /* the project file or the command line is wrong: tell the user, stop */
    TIDE_BAD_DATA,      /* input that can't be used, beyond what rejects cover: stop */
    TIDE_IO,            /* a local file or disk failed: stop */
    TIDE_REMOTE,        /* a server refused for good: stop */
    TIDE_REMOTE_RETRY,  /* a server or the wire failed in passing: begin a new attempt */
    TIDE_OVER_BUDGET,   /* the memory budget is used up: spill, or stop with what to raise */
    TIDE_OUT_OF_MEMORY, /* malloc failed: unwind */
    TIDE_CANCELLED,     /* asked to stop: unwind, roll back */
    TIDE_OVER_REJECTS,  /* more rejects than max_rejects: stop */
    TIDE_USER_CODE,     /* a step's own code failed: stop */
    TIDE_FENCED,        /* another run has taken over: stop, touch nothing */
    TIDE_STATE_CONFLICT /* state and table, or state and pipeline, do not belong together: stop */
} tide_code;

/* Which side of the data flow failed; decides the exit code of the command line. */
typedef enum tide_side {
    TIDE_SIDE_NONE = 0,
    TIDE_SIDE_SOURCE,
    TIDE_SIDE_PROCESS,
    TIDE_SIDE_SINK
} tide_side;

#define TIDE_ERROR_MESSAGE_BYTES_MAX 2048

typedef struct tide_error {
    tide_code code;
    int number; /* of the problem (problem.h), for the operator; 0: none */
    tide_side side;
    int sys_errno;           /* errno at the failure, or 0 */
    const char *origin_file; /* static: where in our code it was raised */
    int origin_line;
    char message[TIDE_ERROR_MESSAGE_BYTES_MAX]; /* always terminated; cut at a character */
} tide_error;

/* Empties err: TIDE_OK and no message. */
void tide_error_clear(tide_error *err);

/* Fills err and returns the code, so that a failing function ends with `return TIDE_FAIL(...)`.
 * `what` is a tide_code, or a tide_problem that makes it more precise. */
#define TIDE_FAIL(err, what, ...) \
    tide_error_raise((err), (what), 0, __FILE__, __LINE__, __VA_ARGS__)

/* The same with errno: appends ": <text of errno>" to the sentence. */
#define TIDE_FAIL_ERRNO(err, what, sys_errno, ...) \
    tide_error_raise((err), (what), (sys_errno), __FILE__, __LINE__, __VA_ARGS__)

tide_code tide_error_raise(tide_error *err, int what, int sys_errno, const char *origin_file,
                           int origin_line, const char *format, ...) TIDE_PRINTF(6, 7);

/* Puts "<context>: " before the sentence. Keeps code, errno and origin. Returns err->code. */
tide_code tide_error_context(tide_error *err, const char *format, ...) TIDE_PRINTF(2, 3);

/* Out of memory while making `what`. */
#define TIDE_FAIL_MEMORY(err, what) \
    TIDE_FAIL((err), TIDE_OUT_OF_MEMORY, "out of memory: %s", (what))

/* For a function that holds nothing at this point. */
#define TIDE_TRY(expression)                     \
    do {                                         \
        tide_code tide_try_code_ = (expression); \
        if (tide_try_code_ != TIDE_OK) {         \
            return tide_try_code_;               \
        }                                        \
    } while (0)

/* "bad_config", "io", ...: for logs and --json. */
const char *tide_code_name(tide_code code);

#endif
