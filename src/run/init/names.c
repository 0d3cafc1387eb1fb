/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "run/init/column.h"

#define SUFFIX_BYTES 8

static bool is_lower(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* "userID" and "HTTPCode": a word begins at a capital behind a small letter, or before one. */
static bool begins_word(const char *text, size_t i)
{
    if (i == 0 || !is_upper(text[i])) {
        return false;
    }
    return is_lower(text[i - 1]) ||
           (is_upper(text[i - 1]) && text[i + 1] >= 'a' && text[i + 1] <= 'z');
}

void tide_init_snake_case(const char *text, size_t bytes_max, char *out)
{
    size_t size = 0;
    for (size_t i = 0; text[i] != '\0' && size + 1 < bytes_max; i++) {
        char c = text[i];
        if (begins_word(text, i) && size > 0 && out[size - 1] != '_') {
            out[size++] = '_';
        }
        if (is_lower(c) || is_upper(c)) {
            out[size++] = (char)tolower((unsigned char)c);
        } else if (size > 0 && out[size - 1] != '_') {
            out[size++] = '_';
        }
    }
    while (size > 0 && out[size - 1] == '_') {
        size--;
    }
    out[size] = '\0';
    if (size == 0) {
        (void)snprintf(out, bytes_max + 1, "column");
    } else if (out[0] >= '0' && out[0] <= '9') {
        size = size + 1 > bytes_max ? bytes_max - 1 : size;
        memmove(out + 1, out, size);
        out[0] = '_';
        out[size + 1] = '\0';
    }
}

const char *tide_init_unique_name(tide_arena *arena, const char *name, size_t bytes_max,
                                  tide_init_is_taken is_taken, const void *context)
{
    int kept = (int)(bytes_max - SUFFIX_BYTES);
    const char *made = name;
    for (unsigned n = 2; made != NULL && is_taken(context, made); n++) {
        made = tide_arena_format(arena, "%.*s_%u", kept, name, n);
    }
    return made == NULL ? NULL : tide_arena_copy_string(arena, made);
}

static bool has_year(const char *tail)
{
    for (; *tail != '\0'; tail++) {
        size_t digits = strspn(tail, "0123456789");
        if (digits >= 4 && (strncmp(tail, "19", 2) == 0 || strncmp(tail, "20", 2) == 0)) {
            return true;
        }
        tail += digits > 0 ? digits - 1 : 0;
    }
    return false;
}

size_t tide_init_family_size(const char *name, bool *is_dated)
{
    size_t length = strlen(name);
    size_t size = length;
    while (size > 0 && strchr("0123456789-._", name[size - 1]) != NULL) {
        size--;
    }
    /* The digits of `web2-2024` that belong to the name. */
    while (size < length && strchr("-._", name[size]) == NULL) {
        size++;
    }
    const char *tail = name + size;
    *is_dated = has_year(tail) || strspn(tail + (*tail != '\0'), "0123456789") >= 6;
    bool has_digit = strpbrk(tail, "0123456789") != NULL;
    return size > 0 && has_digit ? size : length;
}
