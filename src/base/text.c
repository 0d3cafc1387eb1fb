/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

tide_str tide_str_of(const char *terminated)
{
    return (tide_str){terminated, terminated == NULL ? 0 : strlen(terminated)};
}

bool tide_str_equal(tide_str a, tide_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool tide_str_equal_c(tide_str a, const char *terminated)
{
    return tide_str_equal(a, tide_str_of(terminated));
}

bool tide_str_starts_with(tide_str s, const char *prefix)
{
    size_t size = strlen(prefix);
    return size == 0 || (s.size >= size && memcmp(s.data, prefix, size) == 0);
}

int tide_str_compare(tide_str a, tide_str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool tide_str_next_line(const char **rest, tide_str *line)
{
    const char *begin = *rest;
    if (*begin == '\0') {
        return false;
    }
    *line = (tide_str){begin, strcspn(begin, "\n")};
    *rest = begin + line->size + (begin[line->size] == '\n');
    return true;
}

void tide_text_init(tide_text *text)
{
    *text = (tide_text){NULL, 0, 0, false};
}

void tide_text_clear(tide_text *text)
{
    tide_free(text->data);
    tide_text_init(text);
}

void tide_text_reset(tide_text *text)
{
    text->size = 0;
    text->failed = false;
    if (text->data != NULL) {
        text->data[0] = '\0';
    }
}

static void fail(tide_text *text)
{
    tide_text_clear(text);
    text->failed = true;
}

/* Room for `bytes` more and the terminator. */
static bool reserve(tide_text *text, size_t bytes)
{
    if (text->failed) {
        return false;
    }
    if (bytes < text->capacity - text->size) {
        return true;
    }
    if (bytes > SIZE_MAX / 4 - text->size) {
        fail(text);
        return false;
    }
    size_t capacity = text->capacity < 64 ? 64 : text->capacity * 2;
    if (capacity < text->size + bytes + 1) {
        capacity = text->size + bytes + 1;
    }
    char *grown = tide_resize(text->data, capacity);
    if (grown == NULL) {
        fail(text);
        return false;
    }
    text->data = grown;
    text->capacity = capacity;
    return true;
}

bool tide_text_reserve(tide_text *text, size_t bytes)
{
    return reserve(text, bytes);
}

void tide_text_append(tide_text *text, const char *terminated)
{
    tide_text_append_str(text, tide_str_of(terminated));
}

void tide_text_append_str(tide_text *text, tide_str s)
{
    if (!reserve(text, s.size)) {
        return;
    }
    if (s.size > 0) {
        memcpy(text->data + text->size, s.data, s.size);
    }
    text->size += s.size;
    text->data[text->size] = '\0';
}

void tide_text_append_char(tide_text *text, char c)
{
    if (!reserve(text, 1)) {
        return;
    }
    text->data[text->size++] = c;
    text->data[text->size] = '\0';
}

void tide_text_append_format(tide_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size < 0) {
        fail(text);
    } else if (reserve(text, (size_t)size)) {
        (void)vsnprintf(text->data + text->size, (size_t)size + 1, format, again);
        text->size += (size_t)size;
    }
    va_end(again);
    va_end(arguments);
}

static void append_json_escape(tide_text *text, unsigned c)
{
    switch (c) {
        case '"':
            tide_text_append(text, "\\\"");
            break;
        case '\\':
            tide_text_append(text, "\\\\");
            break;
        case '\n':
            tide_text_append(text, "\\n");
            break;
        case '\r':
            tide_text_append(text, "\\r");
            break;
        case '\t':
            tide_text_append(text, "\\t");
            break;
        default:
            tide_text_append_format(text, "\\u%04x", c);
    }
}

/* The character of `length` bytes where it is better escaped; 0 where it may stand as it is. Beyond
 * what JSON wants these are the ones that YAML, which reads our JSON, takes for the end of a line
 * or for nothing at all. */
static unsigned escaped(const char *data, size_t length)
{
    const unsigned char *c = (const unsigned char *)data;
    unsigned point = c[0];
    if (length == 2) {
        point = (c[0] & 0x1Fu) << 6 | (c[1] & 0x3Fu);
    } else if (length == 3) {
        point = (c[0] & 0x0Fu) << 12 | (c[1] & 0x3Fu) << 6 | (c[2] & 0x3Fu);
    }
    bool is_plain = point >= 0x20 && point != '"' && point != '\\';
    bool is_control = point >= 0x7F && point < 0xA0;
    bool is_special = point == 0x2028 || point == 0x2029 || point == 0xFEFF || point >= 0xFFFE;
    return length < 4 && (!is_plain || is_control || is_special) ? point : 0;
}

void tide_text_append_json_string(tide_text *text, tide_str s)
{
    tide_text_append_char(text, '"');
    size_t plain = 0; /* where the run that needs no escape begins */
    size_t at = 0;
    while (at < s.size) {
        size_t length = tide_utf8_length(s, at);
        unsigned point = length == 0 ? 0 : escaped(s.data + at, length);
        if (length != 0 && point == 0 && s.data[at] != '\0') {
            at += length;
            continue;
        }
        tide_text_append_str(text, (tide_str){s.data + plain, at - plain});
        if (length == 0) {
            tide_text_append(text, "\xEF\xBF\xBD");
        } else {
            append_json_escape(text, point);
        }
        at += length == 0 ? 1 : length;
        plain = at;
    }
    if (at > plain) {
        tide_text_append_str(text, (tide_str){s.data + plain, at - plain});
    }
    tide_text_append_char(text, '"');
}

bool tide_text_failed(const tide_text *text)
{
    return text->failed;
}

const char *tide_text_c(const tide_text *text)
{
    return text->data == NULL ? "" : text->data;
}

char *tide_text_take(tide_text *text)
{
    if (!reserve(text, 0)) {
        return NULL;
    }
    char *taken = text->data;
    taken[text->size] = '\0';
    tide_text_init(text);
    return taken;
}
