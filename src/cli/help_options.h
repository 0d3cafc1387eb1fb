/* SPDX-License-Identifier: Apache-2.0 */
/* Help options: the options and words of a command as its help lists them, for shells that complete
 * them. The help is the one place where they are described:
 *
 *   "       tidemill rejects retry [OPTION...] PIPELINE..."       a word before the pipelines
 *   "       tidemill state PIPELINE accept"                       one after the pipeline
 *   "  -f, --file FILE     the project file (tidemill.yaml)"      an option
 */
#ifndef TIDE_CLI_HELP_OPTIONS_H
#define TIDE_CLI_HELP_OPTIONS_H

#include "base/text.h"

typedef struct tide_help_option {
    char shortcut;        /* 'f', or 0 */
    tide_str name;        /* "file" */
    tide_str argument;    /* "FILE", "text|json"; empty: it takes none */
    tide_str description; /* its first line */
} tide_help_option;

/* The next one from *help on, which moves behind it; false at the end, where examples begin. */
bool tide_next_help_option(const char **help, tide_help_option *option);

/* A word of the usage that is typed as it stands: "retry", "accept". */
typedef struct tide_help_word {
    tide_str text;
    bool follows_pipeline;
} tide_help_word;

/* The next one, of at most one a line; false where the usage ends. */
bool tide_next_help_word(const char **help, tide_help_word *word);
/* What its first line says that arguments are: does it hold this word, such as PIPELINE? */
bool tide_help_takes(const char *help, const char *word);

#endif
