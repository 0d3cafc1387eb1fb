/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/completion.h"

static void append_generator(tide_text *out, tide_completes completes, tide_str argument)
{
    switch (completes) {
        case TIDE_COMPLETES_FILES:
            tide_text_append(out, "_tidemill_paths -f \"$cur\"; return");
            break;
        case TIDE_COMPLETES_DIRECTORIES:
            tide_text_append(out, "_tidemill_paths -d \"$cur\"; return");
            break;
        case TIDE_COMPLETES_PIPELINES:
            tide_text_append(out,
                             "words=$(tidemill completion -f \"$file\" pipelines 2>/dev/null)");
            break;
        case TIDE_COMPLETES_CODES:
            tide_text_append(out, "words=$(tidemill explain | cut -d' ' -f1)");
            break;
        case TIDE_COMPLETES_WORDS:
            tide_text_append(out, "words='");
            tide_completion_append_words(out, argument);
            tide_text_append(out, "'");
            break;
        case TIDE_COMPLETES_NOTHING:
            tide_text_append(out, ":");
            break;
    }
}

/* The options behind which a word is no argument of the command. */
static void append_takers(tide_text *out)
{
    tide_help_option option;
    const char *separator = "        ";
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        const char *help = tide_commands[i]->help;
        while (tide_next_help_option(&help, &option)) {
            if (option.argument.size == 0) {
                continue;
            }
            tide_text_append(out, separator);
            if (option.shortcut != '\0') {
                tide_text_append_format(out, "%s:-%c | ", tide_commands[i]->name, option.shortcut);
            }
            tide_text_append_format(out, "%s:--%.*s", tide_commands[i]->name,
                                    TIDE_STR_ARG(option.name));
            separator = " | \\\n            ";
        }
    }
    tide_text_append(out, ") ((++i)) ;;\n");
}

/* What follows an option that takes an argument. */
static void append_arguments(tide_text *out, const tide_command *command)
{
    tide_help_option option;
    const char *help = command->help;
    while (tide_next_help_option(&help, &option)) {
        if (option.argument.size == 0) {
            continue;
        }
        tide_text_append(out, "    ");
        if (option.shortcut != '\0') {
            tide_text_append_format(out, "%s:-%c|", command->name, option.shortcut);
        }
        tide_text_append_format(out, "%s:--%.*s) ", command->name, TIDE_STR_ARG(option.name));
        append_generator(out, tide_completes_of(option.argument), option.argument);
        tide_text_append(out, " ;;\n");
    }
}

static void append_options(tide_text *out, const tide_command *command)
{
    tide_help_option option;
    const char *help = command->help;
    tide_text_append_format(out, "    %s:-*) words='--help", command->name);
    while (tide_next_help_option(&help, &option)) {
        tide_text_append_format(out, " --%.*s", TIDE_STR_ARG(option.name));
    }
    tide_text_append(out, "' ;;\n");
}

/* By how many arguments there are before it. */
static void append_positions(tide_text *out, const tide_command *command)
{
    tide_text before;
    tide_text after;
    tide_completes completes = tide_completes_arguments(command->help);
    tide_text_init(&before);
    tide_text_init(&after);
    bool has_before = tide_completion_append_usage_words(&before, command->help, false);
    bool has_after = tide_completion_append_usage_words(&after, command->help, true);
    tide_text_append_format(out, "    %s:*) %s", command->name,
                            has_after ? "case $count in 0) " : "");
    append_generator(out, completes, tide_str_of(TIDE_COMPLETION_WORDS));
    if (has_before) {
        tide_text_append_format(out, "; ((count > 0)) || words+=' %s'", tide_text_c(&before));
    }
    if (has_after) {
        tide_text_append_format(out, " ;; 1) words='%s' ;; esac", tide_text_c(&after));
    }
    tide_text_append(out, " ;;\n");
    tide_text_clear(&before);
    tide_text_clear(&after);
}

void tide_completion_bash(tide_text *out)
{
    tide_text_append(
        out,
        "# bash completion of tidemill: source <(tidemill completion bash)\n"
        "_tidemill_paths() {\n"
        "    compopt -o filenames 2>/dev/null\n"
        "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$2\")\n"
        "}\n"
        "_tidemill() {\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]} words='' file=tidemill.yaml i count=0\n"
        "    local prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}\n"
        "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
        "        case ${COMP_WORDS[i]} in -f | --file) file=${COMP_WORDS[i + 1]} ;; esac\n"
        "        case $command:${COMP_WORDS[i]} in\n");
    append_takers(out);
    tide_text_append(out,
                     "        *:-*) ;;\n"
                     "        *) ((++count)) ;;\n"
                     "        esac\n"
                     "    done\n"
                     "    if ((COMP_CWORD == 1)); then command='' prev=''; fi\n"
                     "    case $command:$prev in\n"
                     "    :) words='--help --version");
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        tide_text_append_format(out, " %s", tide_commands[i]->name);
    }
    tide_text_append(out, "' ;;\n");
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        append_arguments(out, tide_commands[i]);
    }
    tide_text_append(out, "    *) case $command:$cur in\n");
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        append_options(out, tide_commands[i]);
        append_positions(out, tide_commands[i]);
    }
    tide_text_append(out,
                     "    esac ;;\n"
                     "    esac\n"
                     "    local IFS=$' \\t\\n'\n"
                     "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                     "}\n"
                     "complete -F _tidemill tidemill\n");
}
