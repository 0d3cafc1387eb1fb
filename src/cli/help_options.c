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
    while (tide_str_next_line(help, &line) && !tide_str_equal_c(line, "examples:")) {
        if (read_option(line.data, line.size, option)) {
            return true;
        }
    }
    return false;
}

/* The blanks before it are passed over; empty at the end of the line. */
static tide_str take_word(tide_str *line)
{
    tide_str word = {line->data, 0};
    while (line->size > 0 && *line->data == ' ') {
        *line = (tide_str){line->data + 1, line->size - 1};
        word.data++;
    }
    while (word.size < line->size && word.data[word.size] != ' ') {
        word.size++;
    }
    *line = (tide_str){line->data + word.size, line->size - word.size};
    return word;
}

static bool is_typed_as_it_stands(tide_str word)
{
    return word.size > 0 && strspn(word.data, "abcdefghijklmnopqrstuvwxyz") >= word.size;
}

/* "usage: tidemill COMMAND WORD ...", or the same without "usage:". */
static bool read_word(tide_str line, tide_help_word *word)
{
    bool begun = false;
    *word = (tide_help_word){0};
    for (tide_str at = take_word(&line); at.size > 0; at = take_word(&line)) {
        if (!begun && tide_str_equal_c(at, "tidemill")) {
            begun = true;
            (void)take_word(&line); /* the command itself */
        } else if (begun && is_typed_as_it_stands(at)) {
            word->text = at;
            return true;
        }
        word->follows_pipeline |= tide_str_equal_c(at, "PIPELINE");
    }
    return false;
}

bool tide_next_help_word(const char **help, tide_help_word *word)
{
    tide_str line;
    while (tide_str_next_line(help, &line) && line.size > 0) {
        if (read_word(line, word)) {
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
