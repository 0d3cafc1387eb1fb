/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_walk.h"

#include "record/json_text.h"

void tide_json_walk_reset(tide_json_walk *walk)
{
    memset(walk->places, 0, walk->column_count * sizeof walk->places[0]);
    memset(walk->metas, 0, sizeof walk->metas);
    walk->only_first = false;
    walk->contested = false;
}

/* What a token that begins with a byte means where a value is wanted. */
typedef enum token_kind { KIND_SCALAR = 0, KIND_OPEN, KIND_CLOSE, KIND_SIGN } token_kind;

static const uint8_t kinds[256] = {
    ['{'] = KIND_OPEN,  ['['] = KIND_OPEN, ['}'] = KIND_CLOSE,
    [']'] = KIND_CLOSE, [','] = KIND_SIGN, [':'] = KIND_SIGN,
};

static inline token_kind kind_of(const tide_json_tokens *tokens, uint32_t at)
{
    return (token_kind)kinds[(unsigned char)tide_json_char(tokens, at)];
}

uint32_t tide_json_skip(const tide_json_tokens *tokens, uint32_t at)
{
    static const int64_t steps[] = {[KIND_OPEN] = 1, [KIND_CLOSE] = -1, [KIND_SIGN] = 0};
    if (at >= tokens->count || kind_of(tokens, at) >= KIND_CLOSE) {
        return 0;
    }
    int64_t depth = steps[kind_of(tokens, at++)];
    while (depth > 0) {
        if (at >= tokens->count) {
            return 0;
        }
        depth += steps[kind_of(tokens, at++)];
    }
    return at;
}

/* The same for a value that is within the tokens: mostly a scalar. */
static inline uint32_t skip_value(const tide_json_tokens *tokens, uint32_t at)
{
    return kind_of(tokens, at) == KIND_SCALAR ? at + 1 : tide_json_skip(tokens, at);
}

tide_str tide_json_value_text(const tide_json_tokens *tokens, uint32_t at)
{
    char first = tide_json_char(tokens, at);
    if (first != '{' && first != '[') {
        return tide_json_scalar(tokens, at);
    }
    uint32_t end = tide_json_skip(tokens, at);
    if (end == 0) {
        return (tide_str){"", 0};
    }
    const char *begin = tokens->text + tokens->at[at];
    return (tide_str){begin, tokens->at[end - 1] + 1 - (size_t)tokens->at[at]};
}

bool tide_json_members_next(tide_json_members *members)
{
    const tide_json_tokens *tokens = members->tokens;
    uint32_t at = members->next;
    char expected = members->value == 0 ? '{' : ',';
    members->malformed = true;
    if (at + 1 >= tokens->count && !(at < tokens->count && expected == ',')) {
        return false;
    }
    char sign = tide_json_char(tokens, at);
    bool empty = expected == '{' && sign == '{' && tide_json_char(tokens, at + 1) == '}';
    if (empty || (expected == ',' && sign == '}')) {
        members->next = empty ? at + 2 : at + 1;
        members->malformed = false;
        return false;
    }
    if (sign != expected || at + 4 >= tokens->count || tide_json_char(tokens, at + 2) != ':') {
        return false;
    }
    tide_str key = tide_json_scalar(tokens, at + 1);
    uint32_t next = tide_json_skip(tokens, at + 3);
    if (!tide_json_is_string(key) || next == 0) {
        return false;
    }
    members->key = (tide_str){key.data + 1, key.size - 2};
    members->value = at + 3;
    members->next = next;
    members->malformed = false;
    return true;
}

static void note_columns(tide_json_walk *walk, const tide_json_node *node, uint32_t place)
{
    for (uint32_t i = 0; i < node->column_count; i++) {
        uint32_t column = node->columns[i];
        if (!walk->only_first || walk->takes_first[column]) {
            walk->contested = walk->contested || walk->places[column] != 0;
            walk->places[column] = place;
        }
    }
}

static bool is_place(uint32_t place)
{
    return place != 0 && (place & TIDE_JSON_PLACE_MARKS) == 0;
}

/* For all columns below a node. As deep as the longest path. What is no object and holds none says
 * nothing of columns that the server has beside it. */
static void note_below(tide_json_walk *walk, const tide_json_node *node, bool has_objects,
                       uint32_t place)
{
    for (const tide_json_node *child = node->first_child; child != NULL;
         child = child->next_sibling) {
        for (uint32_t i = 0; i < child->column_count; i++) {
            uint32_t column = child->columns[i];
            if ((has_objects || !walk->beside_parents[column]) &&
                (!walk->only_first || walk->takes_first[column])) {
                walk->contested = walk->contested || is_place(walk->places[column]);
                walk->places[column] = place;
            }
        }
        note_below(walk, child, has_objects, place);
    }
}

static bool has_objects(const tide_json_tokens *tokens, uint32_t at, uint32_t end)
{
    while (at < end && tide_json_char(tokens, at) != '{') {
        at++;
    }
    return at < end;
}

static uint32_t walk_parent(tide_json_walk *walk, tide_json_node *node, uint32_t at);

/* An array where paths lead on: a reject for the columns below, but those that take the first
 * element look into it. */
static uint32_t walk_array(tide_json_walk *walk, tide_json_node *node, uint32_t at)
{
    uint32_t end = tide_json_skip(&walk->tokens, at);
    if (end == 0) {
        return 0;
    }
    bool objects = has_objects(&walk->tokens, at, end);
    note_below(walk, node, objects, at | TIDE_JSON_PLACE_IN_ARRAY);
    bool only_first = walk->only_first;
    walk->only_first = true;
    note_below(walk, node, objects, 0);
    while (at < end && tide_json_char(&walk->tokens, at) == '[') {
        at++;
    }
    bool fine = tide_json_char(&walk->tokens, at) == ']' || walk_parent(walk, node, at) != 0;
    walk->only_first = only_first;
    return fine ? end : 0;
}

/* A value below which paths lead on. */
static uint32_t walk_parent(tide_json_walk *walk, tide_json_node *node, uint32_t at)
{
    switch (tide_json_char(&walk->tokens, at)) {
        case '{':
            return tide_json_walk_object(walk, node, at);
        case '[':
            return walk_array(walk, node, at);
        case 'n':
            return tide_json_skip(&walk->tokens, at);
        default:
            note_below(walk, node, false, at | TIDE_JSON_PLACE_IN_SCALAR);
            return tide_json_skip(&walk->tokens, at);
    }
}

static uint32_t walk_meta(tide_json_walk *walk, int meta, uint32_t at)
{
    walk->metas[meta] = at;
    if (meta != TIDE_JSON_META_SOURCE || walk->source == NULL ||
        tide_json_char(&walk->tokens, at) != '{') {
        return tide_json_skip(&walk->tokens, at);
    }
    tide_json_paths *outside = walk->paths;
    walk->paths = walk->source;
    uint32_t end = tide_json_walk_object(walk, &walk->paths->root, at);
    walk->paths = outside;
    return end;
}

static uint32_t walk_value(tide_json_walk *walk, tide_json_node *node, uint32_t at)
{
    note_columns(walk, node, at);
    if (node->first_child == NULL && node->meta == TIDE_JSON_META_NONE) {
        return skip_value(&walk->tokens, at);
    }
    if (node->first_child != NULL) {
        if (node->meta != TIDE_JSON_META_NONE) {
            walk->metas[node->meta] = at;
        }
        return walk_parent(walk, node, at);
    }
    return walk_meta(walk, node->meta, at);
}

/* A key that is not the expected one. False when malformed or memory is short. */
static bool find_key(tide_json_walk *walk, tide_json_node *object, uint32_t at, uint32_t *last,
                     tide_json_node **node)
{
    tide_str key = tide_json_scalar(&walk->tokens, at);
    if (!tide_json_is_string(key)) {
        return false;
    }
    key = (tide_str){key.data + 1, key.size - 2};
    if (key.size == 0 || memchr(key.data, '\\', key.size) == NULL) {
        walk->code = tide_json_look_up(walk->paths, object, key, last, node, walk->err);
        return walk->code == TIDE_OK;
    }
    tide_text_reset(&walk->key);
    if (tide_json_unescape(key, &walk->key) != NULL) {
        *node = NULL; /* no path has such a key */
        return true;
    }
    if (tide_text_failed(&walk->key)) {
        walk->code = TIDE_FAIL_MEMORY(walk->err, "a JSON key");
        return false;
    }
    *node = tide_json_resolve(walk->paths, object, (tide_str){walk->key.data, walk->key.size});
    return true;
}

/* The value of a key that was found. */
static uint32_t walk_known(tide_json_walk *walk, const tide_json_key *key, uint32_t at)
{
    if (key->node == NULL) {
        return skip_value(&walk->tokens, at);
    }
    if (key->leaf_column == TIDE_JSON_NO_COLUMN || walk->only_first) {
        return walk_value(walk, key->node, at);
    }
    walk->places[key->leaf_column] = at;
    return skip_value(&walk->tokens, at);
}

/* The value of a key that is not the expected one; 0 when malformed or memory is short. */
static uint32_t walk_unexpected(tide_json_walk *walk, tide_json_node *object, uint32_t at,
                                uint32_t *last)
{
    tide_json_node *node = NULL;
    if (!find_key(walk, object, at, last, &node)) {
        return 0;
    }
    return node == NULL ? skip_value(&walk->tokens, at + 2) : walk_value(walk, node, at + 2);
}

uint32_t tide_json_walk_object(tide_json_walk *walk, tide_json_node *object, uint32_t at)
{
    const tide_json_tokens tokens = walk->tokens;
    uint32_t last = 0;
    at++;
    if (at < tokens.count && tide_json_char(&tokens, at) == '}') {
        return at + 1;
    }
    /* A member and what closes it are at least four tokens. */
    while (at + 3 < tokens.count && tide_json_char(&tokens, at) == '"' &&
           tide_json_char(&tokens, at + 1) == ':') {
        const char *key_text = tokens.text + tokens.at[at] + 1;
        const tide_json_key *key = tide_json_expected(object, last, key_text);
        if (key != NULL) {
            last = object->keys[last].next;
            at = walk_known(walk, key, at + 2);
        } else {
            at = walk_unexpected(walk, object, at, &last);
        }
        if (at == 0 || at >= tokens.count) {
            return 0;
        }
        char sign = tide_json_char(&tokens, at);
        at++;
        if (sign != ',') {
            return sign == '}' ? at : 0;
        }
    }
    return 0;
}
