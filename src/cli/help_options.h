/* SPDX-License-Identifier: Apache-2.0 */
/* Help options: the options of a command as its help lists them, for shells that complete them. The
 * help is the one place where they are described:
 *
 *   "  -f, --file FILE     the project file (tidemill.yaml)"
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

/* The next one from *help on, which moves behind it; false at the end. */
bool tide_next_help_option(const char **help, tide_help_option *option);
/* What its first line says that arguments are: does it hold this word, such as PIPELINE? */
bool tide_help_takes(const char *help, const char *word);

#endif
