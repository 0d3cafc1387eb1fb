/* SPDX-License-Identifier: Apache-2.0 */
/* Problems: what exactly went wrong, where a tide_code only says what the caller does next.
 *
 * A problem is a number for the operator, its code and a title; docs/errors/ has a page for each,
 * with cause and cure, which `tidemill explain E4005` prints. A place that raises an error gives
 * either a problem or a bare code, which stands for the general problem of that code. Numbers
 * are never given to another problem: people have written them down.
 *
 * Thousands: 1 project file and command line, 2 input, 3 user code, 4 search servers, 5 sinks,
 * 6 rejects, 7 this machine, 8 state, 9 ourselves.
 */
#ifndef TIDE_BASE_PROBLEM_H
#define TIDE_BASE_PROBLEM_H

#include "base/error.h"

/* NAME, number, code, title. */
#define TIDE_PROBLEMS(X)                                                                          \
    X(CONFIG, 1000, TIDE_BAD_CONFIG, "the project file or the command line is wrong")             \
    X(PROJECT_UNREADABLE, 1001, TIDE_BAD_CONFIG, "the project file can't be read")                \
    X(YAML, 1002, TIDE_BAD_CONFIG, "the project file is not valid YAML")                          \
    X(FINDINGS, 1003, TIDE_BAD_CONFIG, "the project file has errors")                             \
    X(EXPRESSION, 1004, TIDE_BAD_CONFIG, "an expression can't be compiled")                       \
    X(TYPE_WORD, 1005, TIDE_BAD_CONFIG, "a type, date format or time zone is not known")          \
    X(SCRIPT, 1006, TIDE_BAD_CONFIG, "a script can't be read")                                    \
    X(NAME, 1007, TIDE_BAD_CONFIG, "a name can't be used")                                        \
    X(OUTPUT_COLUMNS, 1008, TIDE_BAD_CONFIG, "the output columns do not fit together")            \
    X(MEMORY_TOO_LITTLE, 1009, TIDE_BAD_CONFIG, "--memory is too little for the pipeline")        \
    X(TABLE_UNFIT, 1010, TIDE_BAD_CONFIG, "the table does not fit the pipeline")                  \
    X(NO_INDEX, 1011, TIDE_BAD_CONFIG, "no index can be read under that name")                    \
    X(INDEX_UNFIT, 1012, TIDE_BAD_CONFIG, "an index can't give a column")                         \
    X(QUERY, 1013, TIDE_BAD_CONFIG, "the query or the cursor is refused")                         \
    X(NO_SNAPSHOT, 1014, TIDE_BAD_CONFIG, "the server has no such snapshot or order")             \
    X(NO_FILE, 1015, TIDE_BAD_CONFIG, "no file can be read under that name")                      \
    X(CONNECTION, 1016, TIDE_BAD_CONFIG, "a connection is not described rightly")                 \
    X(NOT_APPLICABLE, 1017, TIDE_BAD_CONFIG, "the command makes no sense for the pipeline")       \
    X(USAGE, 1018, TIDE_BAD_CONFIG, "the command line can't be understood")                       \
    X(DATA, 2000, TIDE_BAD_DATA, "input can't be used")                                           \
    X(INPUT_CHANGED, 2001, TIDE_BAD_DATA, "input changed or went since the run was planned")      \
    X(FILE_CHANGED, 2002, TIDE_BAD_DATA, "a file that was read before has changed")               \
    X(FILE_DAMAGED, 2003, TIDE_BAD_DATA, "a file is damaged or cut")                              \
    X(CSV_HEADER, 2004, TIDE_BAD_DATA, "the header of a CSV file does not fit")                   \
    X(DAY_TOO_LARGE, 2005, TIDE_BAD_DATA, "a day of one series is too large")                     \
    X(LATE_ROWS, 2006, TIDE_BAD_DATA, "rows came late")                                           \
    X(ARROW, 2007, TIDE_BAD_DATA, "Arrow data can't be used")                                     \
    X(USER_CODE, 3000, TIDE_USER_CODE, "a step's own code failed")                                \
    X(USER_CODE_MEMORY, 3001, TIDE_USER_CODE, "a step's own code wanted too much memory")         \
    X(REMOTE, 4000, TIDE_REMOTE, "a server refused")                                              \
    X(REMOTE_RETRY, 4001, TIDE_REMOTE_RETRY, "a server or the wire failed again and again")       \
    X(UNREACHABLE, 4002, TIDE_REMOTE_RETRY,                                                       \
      "a search server can't be reached or stopped answering")                                    \
    X(PARTIAL_ANSWER, 4003, TIDE_REMOTE_RETRY, "an answer leaves documents out")                  \
    X(STRANGE_ANSWER, 4004, TIDE_REMOTE_RETRY, "an answer is not a search answer")                \
    X(SNAPSHOT_LOST, 4005, TIDE_REMOTE_RETRY, "the server lost the snapshot that was being read") \
    X(PAGES_CONTRADICT, 4006, TIDE_REMOTE_RETRY, "pages do not add up")                           \
    X(HTTP_REFUSED, 4007, TIDE_REMOTE, "a search server refused a request")                       \
    X(CERTIFICATE, 4008, TIDE_REMOTE, "a certificate of TLS was refused")                         \
    X(NOT_LET_IN, 4009, TIDE_REMOTE, "a search server does not let us in")                        \
    X(DATABASE, 5000, TIDE_REMOTE, "the database refused")                                        \
    X(DATABASE_LOST, 5001, TIDE_REMOTE_RETRY, "the database can't be reached")                    \
    X(LEASE_HELD, 5002, TIDE_IO, "another run holds the pipeline")                                \
    X(FENCED, 5003, TIDE_FENCED, "another run has taken the pipeline over")                       \
    X(DATABASE_LOCKED, 5004, TIDE_IO, "the SQLite file is locked")                                \
    X(DATABASE_DAMAGED, 5005, TIDE_IO, "the SQLite file can't be used")                           \
    X(OUTPUT_GONE, 5006, TIDE_IO, "the output was removed or replaced")                           \
    X(TABLE_LOCKED, 5007, TIDE_REMOTE, "a table is locked by another session")                    \
    X(OVER_REJECTS, 6000, TIDE_OVER_REJECTS, "more rejects than max_rejects")                     \
    X(IO, 7000, TIDE_IO, "a file or the disk failed")                                             \
    X(DISK_FULL, 7001, TIDE_IO, "the disk is full")                                               \
    X(SPILL_DIRECTORY, 7002, TIDE_IO, "rows can't be spilled there")                              \
    X(OUT_OF_MEMORY, 7003, TIDE_OUT_OF_MEMORY, "the system gave no memory")                       \
    X(OVER_BUDGET, 7004, TIDE_OVER_BUDGET, "the memory budget is used up")                        \
    X(THREADS, 7005, TIDE_IO, "a thread can't be started")                                        \
    X(SPILL_DAMAGED, 7006, TIDE_BAD_DATA, "spilled rows were damaged")                            \
    X(STATE_CONFLICT, 8000, TIDE_STATE_CONFLICT, "state and table do not belong together")        \
    X(PIPELINE_CHANGED, 8001, TIDE_STATE_CONFLICT, "the pipeline has changed")                    \
    X(MASK_KEY_CHANGED, 8002, TIDE_STATE_CONFLICT, "a mask has another key")                      \
    X(NO_RESUME, 8003, TIDE_STATE_CONFLICT, "the run can't be resumed")                           \
    X(NO_REWIND, 8004, TIDE_STATE_CONFLICT, "the pipeline can't be taken back")                   \
    X(STATE_DAMAGED, 8005, TIDE_BAD_DATA, "state or marks were changed by another hand")          \
    X(STATE_NEWER, 8006, TIDE_STATE_CONFLICT, "state was written by a later version")             \
    X(DEFECT, 9000, TIDE_BAD_DATA, "tidemill has a defect")

/* What TIDE_FAIL takes beside a bare tide_code: the number above the code's eight bits. */
typedef enum tide_problem {
#define TIDE_PROBLEM_VALUE(name, number, code, title) TIDE_E_##name = (number) << 8 | (code),
    TIDE_PROBLEMS(TIDE_PROBLEM_VALUE)
#undef TIDE_PROBLEM_VALUE
} tide_problem;

/* The problem where the place decides by itself what the caller does next. */
#define TIDE_PROBLEM_AS(problem, code) (((int)(problem) & ~0xFF) | (int)(code))

/* Of a problem, or of a bare code: the number of its general problem. 0 for TIDE_OK and
 * TIDE_CANCELLED, about which there is nothing to explain. */
int tide_problem_number(int what);
/* NULL for a number that no problem has. */
const char *tide_problem_title(int number);
/* The i-th number in ascending order; 0 past the end. */
int tide_problem_at(size_t i);
/* "\"E4005\"", or "null" for 0: for JSON. Returns out. */
#define TIDE_PROBLEM_BYTES 16
const char *tide_problem_json(int number, char out[TIDE_PROBLEM_BYTES]);

#endif
