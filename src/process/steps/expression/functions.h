/* SPDX-License-Identifier: Apache-2.0 */
/* Functions: a call, and what the files of functions share. A new function is one row of the table
 * in functions.c and one builder. */
#ifndef TIDE_PROCESS_STEPS_EXPRESSION_FUNCTIONS_H
#define TIDE_PROCESS_STEPS_EXPRESSION_FUNCTIONS_H

#include "process/steps/expression/casts.h"

typedef struct tide_call tide_call;
typedef tide_node *(*tide_build_call)(tide_compiler *self, tide_call *call);

typedef struct tide_function {
    const char *name;
    const char *signature; /* for messages: "substr(text, start [, count])" */
    size_t least, most;    /* arguments */
    tide_build_call build;
    int parameter; /* what the builder says */
} tide_function;

struct tide_call {
    const tide_function *function;
    size_t at;
    tide_node **arguments;
    size_t count;
};

/* Argument i as the type that the function takes; NULL once err says what it is instead. */
tide_node *tide_call_text(tide_compiler *self, tide_call *call, size_t i);
tide_node *tide_call_int64(tide_compiler *self, tide_call *call, size_t i);
tide_node *tide_call_timestamp(tide_compiler *self, tide_call *call, size_t i);
tide_node *tide_call_fail(tide_compiler *self, const tide_call *call, size_t i, const char *needs);
/* All arguments are text. */
bool tide_call_texts(tide_compiler *self, tide_call *call);

/* functions_text.c */
tide_node *tide_build_length(tide_compiler *self, tide_call *call);
tide_node *tide_build_octet_length(tide_compiler *self, tide_call *call);
tide_node *tide_build_text_of_text(tide_compiler *self, tide_call *call);
tide_node *tide_build_text_test(tide_compiler *self, tide_call *call);
tide_node *tide_build_trim(tide_compiler *self, tide_call *call);
tide_node *tide_build_cut(tide_compiler *self, tide_call *call);
tide_node *tide_build_split_part(tide_compiler *self, tide_call *call);
tide_node *tide_build_concat(tide_compiler *self, tide_call *call);
tide_node *tide_build_pad(tide_compiler *self, tide_call *call);
tide_node *tide_build_replace(tide_compiler *self, tide_call *call);
tide_node *tide_build_hash(tide_compiler *self, tide_call *call);
/* functions_number.c */
tide_node *tide_build_abs(tide_compiler *self, tide_call *call);
tide_node *tide_build_round(tide_compiler *self, tide_call *call);
tide_node *tide_build_sign(tide_compiler *self, tide_call *call);
tide_node *tide_build_mod(tide_compiler *self, tide_call *call);
/* functions_date.c */
tide_node *tide_build_date(tide_compiler *self, tide_call *call);
tide_node *tide_build_part(tide_compiler *self, tide_call *call);
tide_node *tide_build_trunc_date(tide_compiler *self, tide_call *call);
tide_node *tide_build_seconds_between(tide_compiler *self, tide_call *call);
tide_node *tide_build_add_seconds(tide_compiler *self, tide_call *call);
tide_node *tide_build_epoch(tide_compiler *self, tide_call *call);

#endif
