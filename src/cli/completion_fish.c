/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/completion.h"

static void append_quoted(tide_text *out, tide_str text)
{
    tide_text_append_char(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'' || text.data[i] == '\\') {
            tide_text_append_char(out, '\\');
        }
        tide_text_append_char(out, text.data[i]);
    }
    tide_text_append_char(out, '\'');
}

/* -x: an argument that is no file; -r -F: one that is. */
static void append_argument(tide_text *out, tide_completes completes, tide_str argument)
{
    static const char *const parts[] = {
        [TIDE_COMPLETES_NOTHING] = " -x",
        [TIDE_COMPLETES_FILES] = " -r -F",
        [TIDE_COMPLETES_DIRECTORIES] = " -x -a '(__fish_complete_directories)'",
        [TIDE_COMPLETES_PIPELINES] = " -x -a '(__tidemill_pipelines)'",
        [TIDE_COMPLETES_CODES] = " -x -a '(tidemill explain | string split -f 1 \" \")'",
    };
    if (completes != TIDE_COMPLETES_WORDS) {
        tide_text_append(out, parts[completes]);
        return;
    }
    tide_text_append(out, " -x -a '");
    tide_completion_append_words(out, argument);
    tide_text_append(out, "'");
}

static void append_option(tide_text *out, const char *command, const tide_help_option *option)
{
    tide_text_append_format(out, "complete -c tidemill -n '__fish_seen_subcommand_from %s' -l %.*s",
                            command, TIDE_STR_ARG(option->name));
    if (option->shortcut != '\0') {
        tide_text_append_format(out, " -s %c", option->shortcut);
    }
    if (option->argument.size > 0) {
        append_argument(out, tide_completes_of(option->argument), option->argument);
    }
    tide_text_append(out, " -d ");
    append_quoted(out, option->description);
    tide_text_append_char(out, '\n');
}

/* Where so many arguments stand before it ("-eq 0"), or anywhere. */
static void append_position(tide_text *out, const tide_command *command, const char *place)
{
    tide_text_append_format(out, "complete -c tidemill -n '__fish_seen_subcommand_from %s",
                            command->name);
    if (place != NULL) {
        tide_text_append_format(out, "; and test (__tidemill_count) %s", place);
    }
    tide_text_append(out, "'");
}

static void append_arguments(tide_text *out, const tide_command *command)
{
    tide_text words;
    tide_completes completes = tide_completes_arguments(command->help);
    tide_text_init(&words);
    bool precede = tide_completion_append_usage_words(&words, command->help, false);
    bool follow = !precede && tide_completion_append_usage_words(&words, command->help, true);
    if (completes != TIDE_COMPLETES_NOTHING) {
        append_position(out, command, follow ? "-eq 0" : NULL);
        append_argument(out, completes, tide_str_of(TIDE_COMPLETION_WORDS));
        tide_text_append_char(out, '\n');
    }
    if (precede || follow) {
        append_position(out, command, precede ? "-eq 0" : "-eq 1");
        tide_text_append_format(out, " -x -a '%s'\n", tide_text_c(&words));
    }
    tide_text_clear(&words);
}

/* Options with an argument, each as "run:--jobs". */
static void append_takers(tide_text *out)
{
    tide_help_option option;
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        const char *help = tide_commands[i]->help;
        while (tide_next_help_option(&help, &option)) {
            if (option.argument.size > 0 && option.shortcut != '\0') {
                tide_text_append_format(out, " %s:-%c", tide_commands[i]->name, option.shortcut);
            }
            if (option.argument.size > 0) {
                tide_text_append_format(out, " %s:--%.*s", tide_commands[i]->name,
                                        TIDE_STR_ARG(option.name));
            }
        }
    }
}

static void append_command(tide_text *out, const tide_command *command)
{
    tide_help_option option;
    const char *help = command->help;
    tide_text_append_format(out, "complete -c tidemill -n __fish_use_subcommand -a %s -d ",
                            command->name);
    append_quoted(out, tide_str_of(command->summary));
    tide_text_append_char(out, '\n');
    while (tide_next_help_option(&help, &option)) {
        append_option(out, command->name, &option);
    }
    append_arguments(out, command);
}

void tide_completion_fish(tide_text *out)
{
    tide_text_append(out,
                     "# fish completion of tidemill\n"
                     "function __tidemill_pipelines\n"
                     "    set -l words (commandline -opc)\n"
                     "    set -l file tidemill.yaml\n"
                     "    for i in (seq 2 (count $words))\n"
                     "        if contains -- $words[$i] -f --file; and test $i -lt (count $words)\n"
                     "            set file $words[(math $i + 1)]\n"
                     "        end\n"
                     "    end\n"
                     "    tidemill completion -f $file pipelines 2>/dev/null\n"
                     "end\n"
                     "function __tidemill_count\n" /* of arguments before the cursor */
                     "    set -l words (commandline -opc)\n"
                     "    set -l count 0\n"
                     "    set -l i 3\n"
                     "    set -l takers");
    append_takers(out);
    tide_text_append(out,
                     "\n"
                     "    while test $i -le (count $words)\n"
                     "        if contains -- $words[2]:$words[$i] $takers\n"
                     "            set i (math $i + 1)\n"
                     "        else if not string match -q -- '-*' $words[$i]\n"
                     "            set count (math $count + 1)\n"
                     "        end\n"
                     "        set i (math $i + 1)\n"
                     "    end\n"
                     "    echo $count\n"
                     "end\n"
                     "complete -c tidemill -f\n"
                     "complete -c tidemill -l help -d 'tell more'\n");
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        append_command(out, tide_commands[i]);
    }
}
