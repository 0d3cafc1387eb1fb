/* SPDX-License-Identifier: Apache-2.0 */
/* like: % is any text, _ one character, a backslash takes what follows as it is (or what `escape`
 * names; '' for none). A literal pattern that only begins or ends with % is not interpreted. */
#include <string.h>

#include "base/utf8.h"
#include "process/steps/expression/compiler.h"
#include "process/steps/expression/kernels.h"

typedef struct like_pattern {
    tide_str text;   /* the pattern, or what is searched */
    bool open_begin; /* % before it */
    bool open_end;   /* % after it */
} like_pattern;

#define NO_ESCAPE (-1)

static size_t skip_character(tide_str text, size_t at)
{
    size_t size = tide_utf8_length(text, at);
    return at + (size == 0 ? 1 : size);
}

/* Goes back to the last % only: what it left open is tried one character later. */
static bool matches(tide_str text, tide_str pattern, int escape)
{
    size_t t = 0;
    size_t p = 0;
    size_t star_t = 0;
    size_t star_p = SIZE_MAX;
    while (t < text.size) {
        bool escaped = p < pattern.size && pattern.data[p] == escape;
        char wanted = p + (escaped ? 1 : 0) < pattern.size ? pattern.data[p + escaped] : '\0';
        bool has_wanted = p + (escaped ? 1 : 0) < pattern.size;
        if (has_wanted && !escaped && wanted == '%') {
            star_p = ++p;
            star_t = t;
        } else if (has_wanted && !escaped && wanted == '_') {
            t = skip_character(text, t);
            p++;
        } else if (has_wanted && text.data[t] == wanted) {
            t++;
            p += escaped ? 2 : 1;
        } else if (star_p != SIZE_MAX) {
            star_t = skip_character(text, star_t);
            t = star_t;
            p = star_p;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '%' && escape != '%') {
        p++;
    }
    return p == pattern.size;
}

/* No escape at the end, with nothing to take as it is. */
static bool is_complete(tide_str pattern, int escape)
{
    size_t i = 0;
    while (i < pattern.size) {
        i += pattern.data[i] == escape ? 2 : 1;
    }
    return i == pattern.size;
}

/* parameter: escape */
static tide_code match_pattern(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                               tide_error *err)
{
    (void)err;
    const tide_str pattern = ((const like_pattern *)node->detail)->text;
    const tide_str *in = TIDE_IN(tide_str, 0);
    uint64_t *out = TIDE_OUT(uint64_t);
    TIDE_BITS_OF_ROWS(out, matches(in[row], pattern, node->parameter));
    return TIDE_OK;
}

static tide_code match_patterns(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                                tide_error *err)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_str *patterns = TIDE_IN(tide_str, 1);
    uint64_t *out = TIDE_OUT(uint64_t);
    tide_clear_bits(self, out);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (!is_complete(patterns[row], node->parameter)) {
            tide_evaluation_refuse(self, node, row, "the pattern of `like` ends with its escape");
        } else if (matches(in[row], patterns[row], node->parameter)) {
            out[row >> 6] |= UINT64_C(1) << (row & 63);
        }
    }
    return TIDE_OK;
}

static bool finds(tide_str text, const like_pattern *pattern)
{
    tide_str wanted = pattern->text;
    if (text.size < wanted.size) {
        return false;
    }
    if (wanted.size == 0) {
        return pattern->open_begin || pattern->open_end || text.size == 0;
    }
    if (pattern->open_begin && pattern->open_end) {
        return memmem(text.data, text.size, wanted.data, wanted.size) != NULL;
    }
    size_t begin = pattern->open_begin ? text.size - wanted.size : 0;
    return (pattern->open_begin || pattern->open_end || text.size == wanted.size) &&
           memcmp(text.data + begin, wanted.data, wanted.size) == 0;
}

static tide_code find_pattern(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                              tide_error *err)
{
    (void)err;
    const like_pattern *pattern = node->detail;
    const tide_str *in = TIDE_IN(tide_str, 0);
    uint64_t *out = TIDE_OUT(uint64_t);
    TIDE_BITS_OF_ROWS(out, finds(in[row], pattern));
    return TIDE_OK;
}

/* True when the pattern is plain text but for % at its ends, which are then taken off. */
static bool simplify(like_pattern *pattern, int escape)
{
    tide_str rest = pattern->text;
    if (escape == '%' || escape == '_' ||
        (escape != NO_ESCAPE && memchr(rest.data, escape, rest.size) != NULL)) {
        return false;
    }
    while (rest.size > 0 && rest.data[0] == '%') {
        rest = (tide_str){rest.data + 1, rest.size - 1};
        pattern->open_begin = true;
    }
    while (rest.size > 0 && rest.data[rest.size - 1] == '%') {
        rest.size--;
        pattern->open_end = true;
    }
    pattern->text = rest;
    return memchr(rest.data, '%', rest.size) == NULL && memchr(rest.data, '_', rest.size) == NULL;
}

static bool read_escape(tide_compiler *self, const tide_syntax *syntax, int *escape)
{
    *escape = '\\';
    if (syntax == NULL) {
        return true;
    }
    tide_str text = syntax->text;
    if (syntax->kind != TIDE_SYNTAX_STRING || text.size > 1 ||
        (text.size == 1 && ((unsigned char)text.data[0] & 0x80) != 0)) {
        (void)tide_compiler_fail(self, syntax->at,
                                 "`escape` takes a literal of one ASCII character, or '' for none");
        return false;
    }
    *escape = text.size == 0 ? NO_ESCAPE : text.data[0];
    return true;
}

static tide_node *match_literal(tide_compiler *self, size_t at, tide_node *value,
                                const tide_node *literal, int escape)
{
    like_pattern *pattern = tide_compiler_alloc(self, 1, sizeof *pattern);
    if (pattern == NULL) {
        return NULL;
    }
    if (!is_complete(literal->value.text, escape)) {
        return tide_compiler_fail(self, literal->at,
                                  "the pattern of `like` ends with its escape: double it");
    }
    *pattern = (like_pattern){.text = literal->value.text};
    bool is_simple = simplify(pattern, escape);
    if (!is_simple) {
        pattern->text = literal->value.text;
    }
    tide_node_extra extra = {.parameter = escape, .detail = pattern};
    return tide_node_strict(self, at, tide_type_of(TIDE_BOOL),
                            is_simple ? find_pattern : match_pattern, &value, 1, &extra);
}

tide_node *tide_compile_like(tide_compiler *self, const tide_syntax *syntax)
{
    char name[32];
    int escape = 0;
    tide_node *pair[2] = {NULL, NULL};
    for (size_t i = 0; i < 2; i++) {
        tide_node *item = tide_compile_any(self, syntax->items[i]);
        if (item != NULL && tide_type_is_untyped(item->type)) {
            item = tide_node_promote(self, item, tide_type_of(TIDE_TEXT));
        }
        if (item == NULL) {
            return NULL;
        }
        if (item->type.id != TIDE_TEXT) {
            return tide_compiler_fail(self, item->at, "`like` needs text, and this is %s",
                                      tide_type_name(item->type, name));
        }
        pair[i] = item;
    }
    if (!read_escape(self, syntax->item_count == 3 ? syntax->items[2] : NULL, &escape)) {
        return NULL;
    }
    tide_node_extra extra = {.parameter = escape};
    tide_node *made = pair[1]->is_literal && !pair[1]->is_null
                          ? match_literal(self, syntax->at, pair[0], pair[1], escape)
                          : tide_node_strict(self, syntax->at, tide_type_of(TIDE_BOOL),
                                             match_patterns, pair, 2, &extra);
    return syntax->is_negated && made != NULL ? tide_node_not(self, syntax->at, made) : made;
}
