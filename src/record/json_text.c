/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_text.h"

#include <string.h>

static const char bad_escape[] = "has an escape that JSON does not know";
static const char lone_surrogate[] = "has a lone surrogate, which is no character";
static const char has_nul[] = "has the character U+0000, which PostgreSQL can't hold";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at)) {
        at++;
    }
    return at;
}

/* Behind the number that begins at `at`, or NULL. */
static const char *skip_number(const char *at, const char *end)
{
    if (at < end && *at == '-') {
        at++;
    }
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1)) {
        return NULL;
    }
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits) {
            return NULL;
        }
    }
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        if (at < end && (*at == '+' || *at == '-')) {
            at++;
        }
        digits = at;
        at = skip_digits(at, end);
        if (at == digits) {
            return NULL;
        }
    }
    return at;
}

bool tide_json_is_number(tide_str token)
{
    const char *end = token.data + token.size;
    return token.size > 0 && skip_number(token.data, end) == end;
}

/* Four hex digits, or -1. */
static int32_t read_hex4(const char *at, const char *end)
{
    if (end - at < 4) {
        return -1;
    }
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int lower = at[i] | 0x20;
        int digit = is_digit(at[i])                ? at[i] - '0'
                    : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                   : -1;
        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* The character of \uXXXX or \uXXXX\uXXXX; *at is behind the first u. NULL when fine. */
static const char *read_unicode(const char **at, const char *end, uint32_t *character)
{
    int32_t unit = read_hex4(*at, end);
    if (unit < 0) {
        return bad_escape;
    }
    *at += 4;
    if (unit == 0) {
        return has_nul;
    }
    if (unit < 0xD800 || unit > 0xDFFF) {
        *character = (uint32_t)unit;
        return NULL;
    }
    if (unit > 0xDBFF || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') {
        return lone_surrogate;
    }
    int32_t low = read_hex4(*at + 2, end);
    if (low < 0xDC00 || low > 0xDFFF) {
        return low < 0 ? bad_escape : lone_surrogate;
    }
    *at += 6;
    *character = 0x10000u + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
    return NULL;
}

/* The byte that a one-letter escape means, or 0. */
static char simple_escape(char letter)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);
    return found == NULL ? '\0' : meanings[found - letters];
}

/* The escape behind a backslash; *at is behind the backslash. NULL when fine. */
static const char *read_escape(const char **at, const char *end, uint32_t *character)
{
    if (*at == end) {
        return bad_escape;
    }
    char letter = *(*at)++;
    if (letter == 'u') {
        return read_unicode(at, end, character);
    }
    *character = (uint32_t)(unsigned char)simple_escape(letter);
    return *character == 0 ? bad_escape : NULL;
}

/* UTF-8 of the character; returns its size. */
static size_t put_character(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

const char *tide_json_unescape(tide_str inside, tide_text *out)
{
    /* An escape is never shorter than what it means. */
    if (!tide_text_reserve(out, inside.size + 1)) {
        return NULL;
    }
    const char *at = inside.data;
    const char *end = at + inside.size;
    char *to = out->data + out->size;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape == NULL ? end : escape) - at);
        memcpy(to, at, plain);
        to += plain;
        at += plain;
        if (escape != NULL) {
            uint32_t character = 0;
            at++;
            const char *refusal = read_escape(&at, end, &character);
            if (refusal != NULL) {
                return refusal;
            }
            to += put_character(character, to);
        }
    }
    *to = '\0';
    out->size = (size_t)(to - out->data);
    return NULL;
}

/* The checker: no recursion, one bit a level tells objects from arrays. */
typedef struct checker {
    const char *at;
    const char *end;
    const char *refusal;
    size_t depth;
    uint8_t is_object[TIDE_JSON_DEPTH_MAX / 8 + 1];
} checker;

static bool refuse(checker *c, const char *why)
{
    c->refusal = why;
    return false;
}

static bool not_json(checker *c)
{
    return refuse(c, "is not JSON");
}

static void skip_blanks(checker *c)
{
    while (c->at < c->end &&
           (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t')) {
        c->at++;
    }
}

static bool check_string(checker *c)
{
    c->at++;
    while (c->at < c->end && *c->at != '"') {
        unsigned char byte = (unsigned char)*c->at++;
        if (byte < 0x20) {
            return not_json(c);
        }
        if (byte == '\\') {
            uint32_t character;
            const char *refusal = read_escape(&c->at, c->end, &character);
            if (refusal != NULL) {
                return refuse(c, refusal);
            }
        }
    }
    if (c->at == c->end) {
        return not_json(c);
    }
    c->at++;
    return true;
}

static bool check_word(checker *c, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(c->end - c->at) < size || memcmp(c->at, word, size) != 0) {
        return not_json(c);
    }
    c->at += size;
    return true;
}

static bool check_scalar(checker *c)
{
    switch (*c->at) {
        case '"':
            return check_string(c);
        case 't':
            return check_word(c, "true");
        case 'f':
            return check_word(c, "false");
        case 'n':
            return check_word(c, "null");
        default:
            break;
    }
    const char *end = skip_number(c->at, c->end);
    if (end == NULL) {
        return not_json(c);
    }
    c->at = end;
    return true;
}

static bool in_object(const checker *c)
{
    return (c->is_object[c->depth / 8] >> (c->depth % 8) & 1) != 0;
}

static bool enter(checker *c, bool is_object)
{
    if (c->depth == TIDE_JSON_DEPTH_MAX) {
        return refuse(c, "has more than 1000 objects and arrays within each other");
    }
    c->depth++;
    c->at++;
    unsigned bit = 1u << (c->depth % 8);
    uint8_t *byte = &c->is_object[c->depth / 8];
    *byte = (uint8_t)(is_object ? *byte | bit : *byte & ~bit);
    return true;
}

/* A key and its colon. */
static bool check_key(checker *c)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != '"' || !check_string(c)) {
        return c->refusal != NULL ? false : not_json(c);
    }
    skip_blanks(c);
    if (c->at == c->end || *c->at != ':') {
        return not_json(c);
    }
    c->at++;
    return true;
}

/* After a value: closes what ends here, until a comma leads to the next value. False at the end of
 * all (depth 0) and when refused. */
static bool next_value(checker *c)
{
    while (c->depth > 0) {
        skip_blanks(c);
        if (c->at == c->end) {
            return not_json(c);
        }
        char sign = *c->at++;
        if (sign == ',') {
            return !in_object(c) || check_key(c);
        }
        if (sign != (in_object(c) ? '}' : ']')) {
            return not_json(c);
        }
        c->depth--;
    }
    return false;
}

/* An object or array that is opened here; *empty when it is closed at once. */
static bool open_container(checker *c, bool *empty)
{
    bool is_object = *c->at == '{';
    if (!enter(c, is_object)) {
        return false;
    }
    skip_blanks(c);
    *empty = c->at < c->end && *c->at == (is_object ? '}' : ']');
    return *empty || !is_object || check_key(c);
}

static void check_value(checker *c)
{
    do {
        skip_blanks(c);
        if (c->at == c->end) {
            (void)not_json(c);
            return;
        }
        bool is_container = *c->at == '{' || *c->at == '[';
        bool empty = false;
        if (is_container) {
            if (!open_container(c, &empty)) {
                return;
            }
            if (!empty) {
                continue;
            }
        } else if (!check_scalar(c)) {
            return;
        }
        if (!next_value(c)) {
            return;
        }
    } while (true);
}

const char *tide_json_refusal(tide_str text)
{
    checker c = {.at = text.data, .end = text.data + text.size};
    check_value(&c);
    if (c.refusal != NULL) {
        return c.refusal;
    }
    skip_blanks(&c);
    return c.at == c.end ? NULL : "is not JSON";
}
