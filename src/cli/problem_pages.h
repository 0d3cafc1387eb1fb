/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of docs/errors, built into the program (tools/embed_pages). */
#ifndef TIDE_CLI_PROBLEM_PAGES_H
#define TIDE_CLI_PROBLEM_PAGES_H

typedef struct tide_problem_page {
    int number;       /* of base/problem.h; 0 ends the table */
    const char *text; /* Markdown */
} tide_problem_page;

extern const tide_problem_page tide_problem_pages[];

#endif
