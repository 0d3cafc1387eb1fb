/* SPDX-License-Identifier: Apache-2.0 */
#include "base/problem.h"

#include <stdio.h>

static const struct {
    int number;
    const char *title;
} problems[] = {
#define PROBLEM_ROW(name, number, code, title) {number, title},
    TIDE_PROBLEMS(PROBLEM_ROW)
#undef PROBLEM_ROW
};
#define PROBLEM_COUNT (sizeof problems / sizeof problems[0])

int tide_problem_number(int what)
{
    static const tide_problem general[] = {
        [TIDE_BAD_CONFIG] = TIDE_E_CONFIG,
        [TIDE_BAD_DATA] = TIDE_E_DATA,
        [TIDE_IO] = TIDE_E_IO,
        [TIDE_REMOTE] = TIDE_E_REMOTE,
        [TIDE_REMOTE_RETRY] = TIDE_E_REMOTE_RETRY,
        [TIDE_OVER_BUDGET] = TIDE_E_OVER_BUDGET,
        [TIDE_OUT_OF_MEMORY] = TIDE_E_OUT_OF_MEMORY,
        [TIDE_OVER_REJECTS] = TIDE_E_OVER_REJECTS,
        [TIDE_USER_CODE] = TIDE_E_USER_CODE,
        [TIDE_FENCED] = TIDE_E_FENCED,
        [TIDE_STATE_CONFLICT] = TIDE_E_STATE_CONFLICT,
    };
    if (what < (int)(sizeof general / sizeof general[0])) {
        what = (int)general[what];
    }
    return what >> 8;
}

const char *tide_problem_title(int number)
{
    for (size_t i = 0; i < PROBLEM_COUNT; i++) {
        if (problems[i].number == number) {
            return problems[i].title;
        }
    }
    return NULL;
}

int tide_problem_at(size_t i)
{
    return i < PROBLEM_COUNT ? problems[i].number : 0;
}

const char *tide_problem_json(int number, char out[TIDE_PROBLEM_BYTES])
{
    if (number == 0) {
        return "null";
    }
    (void)snprintf(out, TIDE_PROBLEM_BYTES, "\"E%d\"", number);
    return out;
}
