/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help_options.h"

#include <string.h>

static bool read_option(const char *line, size_t size, tide_help_option *option)
{
    const char *end = line + size;
    const char *at = line + strspn(line, " ");
    *option = (tide_help_option){0};
    if (at == line || at >= end || *at != '-') {
        return false;
    }
    if (end - at > 4 && at[1] != '-') {
        option->shortcut = at[1];
        at += strlen("-f, ");
    }
    if (end - at < 3 || at[0] != '-' || at[1] != '-') {
        return false;
    }
    at += 2;
    size_t name_size = strcspn(at, " \n");
    option->name = (tide_str){at, name_size};
    at += name_size;
    if (at + 1 < end && at[0] == ' ' && at[1] != ' ') {
        option->argument = (tide_str){at + 1, strcspn(at + 1, " \n")};
        at += 1 + option->argument.size;
    }
    at += strspn(at, " ");
    option->description = (tide_str){at, at < end ? (size_t)(end - at) : 0};
    return true;
}

bool tide_next_help_option(const char **help, tide_help_option *option)
{
    tide_str line;
    while (tide_str_next_line(help, &line)) {
        if (read_option(line.data, line.size, option)) {
            return true;
        }
    }
    return false;
}

bool tide_help_takes(const char *help, const char *word)
{
    const char *found = strstr(help, word);
    return found != NULL && found < help + strcspn(help, "\n");
}
