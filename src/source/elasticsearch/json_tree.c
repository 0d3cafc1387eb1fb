/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/json_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Deeper documents are refused: each level is a call. */
#define DEPTH_MAX 200

typedef struct parser {
    tide_arena *arena;
    const char *begin, *at, *end;
    int depth;
    tide_error *err;
} parser;

static tide_code parse_value(parser *p, tide_json_node *node);

static tide_code fail(parser *p)
{
    return TIDE_FAIL(p->err, TIDE_BAD_DATA, "not valid JSON at byte %zu",
                     (size_t)(p->at - p->begin));
}

static void skip_space(parser *p)
{
    while (p->at < p->end &&
           (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t')) {
        p->at++;
    }
}

static bool take(parser *p, char c)
{
    skip_space(p);
    if (p->at < p->end && *p->at == c) {
        p->at++;
        return true;
    }
    return false;
}

static bool read_hex4(parser *p, uint32_t *value)
{
    if (p->end - p->at < 4) {
        return false;
    }
    *value = 0;
    for (int i = 0; i < 4; i++) {
        char c = *p->at++;
        uint32_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
            digit = (uint32_t)((c | 32) - 'a' + 10);
        } else {
            return false;
        }
        *value = *value << 4 | digit;
    }
    return true;
}

static char *write_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *out++ = (char)(0xE0 | c >> 12);
        } else {
            *out++ = (char)(0xF0 | c >> 18);
            *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        }
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
    }
    *out++ = (char)(0x80 | (c & 0x3F));
    return out;
}

/* After "\u": at most 4 bytes of output for 4 or 10 of input, so strings never grow. */
static bool read_unicode_escape(parser *p, char **out)
{
    uint32_t c;
    if (!read_hex4(p, &c)) {
        return false;
    }
    if (c >= 0xD800 && c < 0xDC00 && p->end - p->at >= 6 && p->at[0] == '\\' && p->at[1] == 'u') {
        const char *before = p->at;
        uint32_t low;
        p->at += 2;
        if (!read_hex4(p, &low)) {
            return false;
        }
        if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        } else {
            p->at = before;
        }
    }
    if (c >= 0xD800 && c < 0xE000) {
        c = 0xFFFD;
    }
    *out = write_utf8(*out, c);
    return true;
}

static bool read_escape(parser *p, char **out)
{
    static const char codes[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end) {
        return false;
    }
    char c = *p->at++;
    if (c == 'u') {
        return read_unicode_escape(p, out);
    }
    const char *code = c == '\0' ? NULL : strchr(codes, c);
    if (code == NULL) {
        return false;
    }
    *(*out)++ = values[code - codes];
    return true;
}

/* The closing quote of the string at p->at, or NULL: not closed, a control character, or not UTF-8.
 */
static const char *find_close(parser *p)
{
    const tide_str text = {p->at, (size_t)(p->end - p->at)};
    for (size_t at = 0; at < text.size;) {
        size_t length = tide_utf8_length(text, at);
        if (length == 0 || (unsigned char)text.data[at] < ' ') {
            p->at += at;
            return NULL;
        }
        if (text.data[at] == '"') {
            return text.data + at;
        }
        /* What is escaped is ASCII, or refused later. */
        at += length + (text.data[at] == '\\' && at + 1 < text.size &&
                        (text.data[at + 1] == '"' || text.data[at + 1] == '\\'));
    }
    p->at = p->end;
    return NULL;
}

/* The opening quote has been taken. */
static tide_code parse_string(parser *p, const char **string)
{
    const char *close = find_close(p);
    if (close == NULL) {
        return fail(p);
    }
    char *text = tide_arena_alloc(p->arena, (size_t)(close - p->at) + 1);
    if (text == NULL) {
        return TIDE_FAIL_MEMORY(p->err, "a server's answer");
    }
    char *out = text;
    while (p->at < close) {
        char c = *p->at++;
        if (c != '\\') {
            *out++ = c;
        } else if (!read_escape(p, &out)) {
            return fail(p);
        }
    }
    *out = '\0';
    p->at = close + 1;
    *string = text;
    return TIDE_OK;
}

static tide_code parse_scalar(parser *p, tide_json_node *node)
{
    static const struct {
        const char *word;
        tide_json_kind kind;
    } words[] = {{"null", TIDE_JSON_NULL}, {"false", TIDE_JSON_FALSE}, {"true", TIDE_JSON_TRUE}};
    size_t left = (size_t)(p->end - p->at);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t size = strlen(words[i].word);
        if (left >= size && memcmp(p->at, words[i].word, size) == 0) {
            node->kind = words[i].kind;
            p->at += size;
            return TIDE_OK;
        }
    }
    const char *begin = p->at;
    while (p->at < p->end && *p->at != '\0' && strchr("+-.0123456789eE", *p->at) != NULL) {
        p->at++;
    }
    if (p->at == begin) {
        return fail(p);
    }
    node->kind = TIDE_JSON_NUMBER;
    node->text = tide_arena_copy_str(p->arena, (tide_str){begin, (size_t)(p->at - begin)});
    return node->text != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(p->err, "a server's answer");
}

static tide_code parse_child(parser *p, bool keyed, const tide_json_node ***link)
{
    tide_json_node *child = tide_arena_alloc_zero(p->arena, 1, sizeof *child);
    if (child == NULL) {
        return TIDE_FAIL_MEMORY(p->err, "a server's answer");
    }
    if (keyed) {
        if (!take(p, '"')) {
            return fail(p);
        }
        TIDE_TRY(parse_string(p, &child->key));
        if (!take(p, ':')) {
            return fail(p);
        }
    }
    TIDE_TRY(parse_value(p, child));
    **link = child;
    *link = &child->next;
    return TIDE_OK;
}

static tide_code parse_children(parser *p, tide_json_node *node, bool keyed, char close)
{
    const tide_json_node **link = &node->first_child;
    if (take(p, close)) {
        return TIDE_OK;
    }
    if (++p->depth > DEPTH_MAX) {
        return fail(p);
    }
    do {
        TIDE_TRY(parse_child(p, keyed, &link));
    } while (take(p, ','));
    p->depth--;
    return take(p, close) ? TIDE_OK : fail(p);
}

static tide_code parse_value(parser *p, tide_json_node *node)
{
    skip_space(p);
    const char *begin = p->at;
    if (take(p, '{')) {
        node->kind = TIDE_JSON_OBJECT;
        TIDE_TRY(parse_children(p, node, true, '}'));
    } else if (take(p, '[')) {
        node->kind = TIDE_JSON_ARRAY;
        TIDE_TRY(parse_children(p, node, false, ']'));
    } else if (take(p, '"')) {
        node->kind = TIDE_JSON_STRING;
        TIDE_TRY(parse_string(p, &node->text));
    } else {
        TIDE_TRY(parse_scalar(p, node));
    }
    node->raw = (tide_str){begin, (size_t)(p->at - begin)};
    return TIDE_OK;
}

tide_code tide_json_tree_parse(tide_arena *arena, tide_str text, const tide_json_node **root,
                               tide_error *err)
{
    if (text.size == 0) {
        return TIDE_FAIL(err, TIDE_BAD_DATA, "not valid JSON: empty");
    }
    parser p = {arena, text.data, text.data, text.data + text.size, 0, err};
    tide_json_node *node = tide_arena_alloc_zero(arena, 1, sizeof *node);
    if (node == NULL) {
        return TIDE_FAIL_MEMORY(err, "a server's answer");
    }
    TIDE_TRY(parse_value(&p, node));
    skip_space(&p);
    if (p.at != p.end) {
        return fail(&p);
    }
    *root = node;
    return TIDE_OK;
}

const tide_json_node *tide_json_first(const tide_json_node *array)
{
    return array != NULL && array->kind == TIDE_JSON_ARRAY ? array->first_child : NULL;
}

const tide_json_node *tide_json_member(const tide_json_node *object, const char *key)
{
    if (object == NULL || object->kind != TIDE_JSON_OBJECT) {
        return NULL;
    }
    const tide_json_node *child = object->first_child;
    while (child != NULL && strcmp(child->key, key) != 0) {
        child = child->next;
    }
    return child;
}

const tide_json_node *tide_json_path(const tide_json_node *object, ...)
{
    va_list keys;
    va_start(keys, object);
    const char *key;
    while (object != NULL && (key = va_arg(keys, const char *)) != NULL) {
        object = tide_json_member(object, key);
    }
    va_end(keys);
    return object;
}

const char *tide_json_text(const tide_json_node *node)
{
    bool is_text =
        node != NULL && (node->kind == TIDE_JSON_STRING || node->kind == TIDE_JSON_NUMBER);
    return is_text ? node->text : NULL;
}

uint64_t tide_json_uint(const tide_json_node *node, uint64_t otherwise)
{
    const char *text = tide_json_text(node);
    if (text == NULL || *text < '0' || *text > '9') {
        return otherwise;
    }
    return (uint64_t)strtoull(text, NULL, 10);
}
