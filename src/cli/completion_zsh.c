/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/completion.h"

/* Inside of '...[...]': what would end either is left out or doubled. */
static void append_description(tide_text *out, tide_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '\'') {
            tide_text_append(out, "'\\''");
        } else if (c == '[' || c == ']' || c == ':') {
            tide_text_append_format(out, "\\%c", c);
        } else {
            tide_text_append_char(out, c);
        }
    }
}

static void append_action(tide_text *out, tide_completes completes, tide_str argument)
{
    static const char *const actions[] = {
        [TIDE_COMPLETES_NOTHING] = ":value: ",
        [TIDE_COMPLETES_FILES] = ":file:_files",
        [TIDE_COMPLETES_DIRECTORIES] = ":directory:_files -/",
        [TIDE_COMPLETES_PIPELINES] = ":pipeline:_tidemill_pipelines",
        [TIDE_COMPLETES_CODES] = ":code:_tidemill_codes",
    };
    if (completes != TIDE_COMPLETES_WORDS) {
        tide_text_append(out, actions[completes]);
        return;
    }
    tide_text_append(out, ":word:(");
    tide_completion_append_words(out, argument);
    tide_text_append(out, ")");
}

static void append_option(tide_text *out, const tide_help_option *option)
{
    tide_text_append(out, " \\\n            ");
    if (option->shortcut != '\0') {
        tide_text_append_format(out, "'(-%c --%.*s)'{-%c,--%.*s}'[", option->shortcut,
                                TIDE_STR_ARG(option->name), option->shortcut,
                                TIDE_STR_ARG(option->name));
    } else {
        tide_text_append_format(out, "'*--%.*s[", TIDE_STR_ARG(option->name));
    }
    append_description(out, option->description);
    tide_text_append(out, "]");
    if (option->argument.size > 0) {
        append_action(out, tide_completes_of(option->argument), option->argument);
    }
    tide_text_append(out, "'");
}

/* What words a usage has stand at its first or second place. */
static void append_arguments(tide_text *out, const tide_command *command)
{
    tide_text words;
    tide_completes completes = tide_completes_arguments(command->help);
    tide_text_init(&words);
    if (tide_completion_append_usage_words(&words, command->help, false)) {
        tide_text_append_format(out,
                                " \\\n            '1:pipeline:{compadd %s; _tidemill_pipelines}'",
                                tide_text_c(&words));
    } else if (tide_completion_append_usage_words(&words, command->help, true)) {
        tide_text_append(out, " \\\n            '1");
        append_action(out, completes, (tide_str){0});
        tide_text_append_format(out, "' \\\n            '2:word:(%s)'", tide_text_c(&words));
        completes = TIDE_COMPLETES_NOTHING;
    }
    tide_text_append(out, " \\\n            '*");
    append_action(out, completes, tide_str_of(TIDE_COMPLETION_WORDS));
    tide_text_append(out, "'");
    tide_text_clear(&words);
}

static void append_command(tide_text *out, const tide_command *command)
{
    tide_help_option option;
    const char *help = command->help;
    tide_text_append_format(out, "    %s)\n        _arguments '--help[tell more]'", command->name);
    while (tide_next_help_option(&help, &option)) {
        append_option(out, &option);
    }
    append_arguments(out, command);
    tide_text_append(out, " ;;\n");
}

void tide_completion_zsh(tide_text *out)
{
    tide_text_append(out,
                     "#compdef tidemill\n"
                     "# zsh completion of tidemill: a file _tidemill in a directory of $fpath\n"
                     "_tidemill_pipelines() {\n"
                     "    local -a names\n"
                     "    local file=${opt_args[-f]:-${opt_args[--file]:-tidemill.yaml}}\n"
                     "    names=(${(f)\"$(tidemill completion -f $file pipelines 2>/dev/null)\"})\n"
                     "    compadd -a names\n"
                     "}\n"
                     "_tidemill_codes() {\n"
                     "    local -a codes\n"
                     "    codes=(${${(f)\"$(tidemill explain)\"}%% *})\n"
                     "    compadd -a codes\n"
                     "}\n"
                     "_tidemill() {\n"
                     "    local -a commands\n"
                     "    local command=$words[2]\n"
                     "    if (( CURRENT == 2 )); then\n"
                     "        commands=(\n");
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        tide_text_append_format(out, "            '%s:", tide_commands[i]->name);
        append_description(out, tide_str_of(tide_commands[i]->summary));
        tide_text_append(out, "'\n");
    }
    tide_text_append(out,
                     "        )\n"
                     "        _describe command commands\n"
                     "        return\n"
                     "    fi\n"
                     "    shift words\n"
                     "    (( CURRENT-- ))\n"
                     "    case $command in\n");
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        append_command(out, tide_commands[i]);
    }
    tide_text_append(out,
                     "    esac\n"
                     "}\n"
                     "if [[ $funcstack[1] == _tidemill ]]; then\n"
                     "    _tidemill \"$@\"\n"
                     "else\n"
                     "    compdef _tidemill tidemill\n"
                     "fi\n");
}
