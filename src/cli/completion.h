/* SPDX-License-Identifier: Apache-2.0 */
/* Completion: scripts for shells, made from the commands and their help. What depends on the
 * project file, the script asks `tidemill completion pipelines` when the key is pressed. */
#ifndef TIDE_CLI_COMPLETION_H
#define TIDE_CLI_COMPLETION_H

#include "cli/help_options.h"

void tide_completion_bash(tide_text *out);
void tide_completion_zsh(tide_text *out);
void tide_completion_fish(tide_text *out);

/* What an option's or a command's argument is, by the word that its help has for it. */
typedef enum tide_completes {
    TIDE_COMPLETES_NOTHING = 0,
    TIDE_COMPLETES_FILES,
    TIDE_COMPLETES_DIRECTORIES,
    TIDE_COMPLETES_PIPELINES,
    TIDE_COMPLETES_CODES,
    TIDE_COMPLETES_WORDS /* "text|json" */
} tide_completes;

tide_completes tide_completes_of(tide_str argument);
/* Of a command, by the first line of its help. */
tide_completes tide_completes_arguments(const char *help);
/* "text|json" as "text json". */
void tide_completion_append_words(tide_text *out, tide_str argument);
/* The words of a command's usage that stand before its pipelines ("retry dismiss"), or after its
 * pipeline ("reset rewind accept"); false when there are none. No command has both. */
bool tide_completion_append_usage_words(tide_text *out, const char *help, bool follow_pipeline);
/* The words of the command `completion`. */
#define TIDE_COMPLETION_WORDS "bash|zsh|fish|pipelines"

#endif
