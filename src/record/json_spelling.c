/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_spelling.h"

#include "record/json_text.h"

/* Ways to spell one path in one document. */
#define SPELLINGS_MAX 16

typedef struct spelling {
    uint64_t route; /* hash of the keys on the way, one by one */
    uint32_t place;
} spelling;

typedef struct search {
    tide_json_walk *walk;
    bool takes_first;
    bool overflows;
    size_t count;
    spelling found[SPELLINGS_MAX];
} search;

static uint64_t extend(uint64_t route, tide_str key)
{
    for (size_t i = 0; i < key.size; i++) {
        route = (route ^ (unsigned char)key.data[i]) * UINT64_C(0x100000001B3);
    }
    return (route ^ 0x100) * UINT64_C(0x100000001B3);
}

/* Of one spelling the last counts. */
static void note(search *s, uint64_t route, uint32_t place)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->found[i].route == route) {
            s->found[i].place = place;
            return;
        }
    }
    if (s->count == SPELLINGS_MAX) {
        s->overflows = true;
        return;
    }
    s->found[s->count++] = (spelling){route, place};
}

static void look_into(search *s, uint32_t at, tide_str rest, uint64_t route);

/* A key with escapes is told from others by its meaning. */
static tide_str meaning_of(search *s, tide_str key)
{
    tide_text *scratch = &s->walk->key;
    if (key.size == 0 || memchr(key.data, '\\', key.size) == NULL) {
        return key;
    }
    tide_text_reset(scratch);
    if (tide_json_unescape(key, scratch) != NULL || tide_text_failed(scratch)) {
        return (tide_str){"", 0};
    }
    return (tide_str){scratch->data, scratch->size};
}

static void look_into_object(search *s, uint32_t at, tide_str rest, uint64_t route)
{
    tide_json_members members = {.tokens = &s->walk->tokens, .next = at};
    while (tide_json_members_next(&members)) {
        tide_str key = meaning_of(s, members.key);
        if (key.size == 0 || key.size > rest.size || memcmp(key.data, rest.data, key.size) != 0) {
            continue;
        }
        uint64_t longer = extend(route, key);
        if (key.size == rest.size) {
            note(s, longer, members.value);
        } else if (rest.data[key.size] == '.') {
            tide_str below = {rest.data + key.size + 1, rest.size - key.size - 1};
            look_into(s, members.value, below, longer);
        }
    }
}

/* A list of objects: of the first one, or a mark where any of them holds the path. */
static void look_into_list(search *s, uint32_t at, tide_str rest, uint64_t route)
{
    const tide_json_tokens *tokens = &s->walk->tokens;
    uint32_t end = tide_json_skip(tokens, at);
    search within = {.walk = s->walk, .takes_first = s->takes_first};
    for (uint32_t element = at; element < end; element++) {
        if (tide_json_char(tokens, element) == '{') {
            look_into_object(&within, element, rest, route);
            element = tide_json_skip(tokens, element) - 1;
        }
        if (s->takes_first && tide_json_char(tokens, element) != '[') {
            break;
        }
    }
    for (size_t i = 0; i < within.count; i++) {
        note(s, within.found[i].route,
             s->takes_first ? within.found[i].place : at | TIDE_JSON_PLACE_IN_ARRAY);
    }
}

static void look_into(search *s, uint32_t at, tide_str rest, uint64_t route)
{
    char first = tide_json_char(&s->walk->tokens, at);
    if (first == '{') {
        look_into_object(s, at, rest, route);
    } else if (first == '[') {
        look_into_list(s, at, rest, route);
    }
}

static bool is_null(const search *s, uint32_t place)
{
    return (place & TIDE_JSON_PLACE_MARKS) == 0 && tide_json_char(&s->walk->tokens, place) == 'n';
}

uint32_t tide_json_settled_place(tide_json_walk *walk, uint32_t root, const char *path,
                                 bool takes_first)
{
    search s = {.walk = walk, .takes_first = takes_first};
    uint32_t place = 0;
    size_t values = 0;
    look_into_object(&s, root, tide_str_of(path), 0);
    for (size_t i = 0; i < s.count; i++) {
        bool null = is_null(&s, s.found[i].place);
        if (place == 0 || (!null && values == 0)) {
            place = s.found[i].place;
        }
        values += null ? 0 : 1;
    }
    return (values > 1 || s.overflows) && !takes_first ? TIDE_JSON_PLACE_TWICE : place;
}
