/* SPDX-License-Identifier: Apache-2.0 */
/* JSON walk: over the tokens of one text, noting where the wanted values of a document are.
 * Decoding them is json_row.c's.
 *
 * What is walked is checked: keys, colons, commas, brackets. Of a value that nobody wants only its
 * end is looked for. Of several values under one key the last wins; where a path is spelled in
 * several ways, the document is contested, and json_spelling.h decides.
 */
#ifndef TIDE_RECORD_JSON_WALK_H
#define TIDE_RECORD_JSON_WALK_H

#include "record/json_index.h"
#include "record/json_paths.h"

/* Facts of a hit beside its _source. */
typedef enum tide_json_meta {
    TIDE_JSON_META_NONE = 0,
    TIDE_JSON_META_ID,
    TIDE_JSON_META_INDEX,
    TIDE_JSON_META_SEQ_NO,
    TIDE_JSON_META_VERSION,
    TIDE_JSON_META_SOURCE,
    TIDE_JSON_META_SORT,
    TIDE_JSON_META_COUNT
} tide_json_meta;

/* A place is the number of a value's first token, 0 when there is none, perhaps with a mark. */
#define TIDE_JSON_PLACE_IN_ARRAY (UINT32_C(1) << 31) /* the token is an array of its parents */
#define TIDE_JSON_PLACE_IN_SCALAR                                  \
    (UINT32_C(1) << 30) /* the token is a parent that is no object \
                         */
#define TIDE_JSON_PLACE_MARKS (TIDE_JSON_PLACE_IN_ARRAY | TIDE_JSON_PLACE_IN_SCALAR)
#define TIDE_JSON_PLACE_TWICE TIDE_JSON_PLACE_MARKS /* several values: json_spelling.h */

typedef struct tide_json_walk {
    tide_json_tokens tokens;
    tide_json_paths *paths;     /* that are being walked */
    tide_json_paths *source;    /* those within _source; NULL: _source is only noted */
    const bool *takes_first;    /* per column: array: first. Borrowed */
    const bool *beside_parents; /* per column: a parent may be a value of its own. Borrowed */
    uint32_t *places;           /* per column */
    size_t column_count;
    uint32_t metas[TIDE_JSON_META_COUNT];
    bool contested;  /* a path may have several values */
    bool only_first; /* within an array: only columns that take its first element */
    tide_text key;   /* an unescaped key */
    tide_code code;  /* want of memory */
    tide_error *err; /* borrowed during a walk */
} tide_json_walk;

/* No places, no metas. */
void tide_json_walk_reset(tide_json_walk *walk);
/* Walks the object at token `at`, whose root is `object`. Returns the token behind it; 0 when the
 * text is malformed (walk->code is TIDE_OK) or memory is short. */
uint32_t tide_json_walk_object(tide_json_walk *walk, tide_json_node *object, uint32_t at);

static inline char tide_json_char(const tide_json_tokens *tokens, uint32_t at)
{
    return tokens->text[tokens->at[at]];
}

static inline bool tide_json_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The text of a scalar token, a string with its quotes: up to the next token, less blanks. */
static inline tide_str tide_json_scalar(const tide_json_tokens *tokens, uint32_t at)
{
    const char *begin = tokens->text + tokens->at[at];
    const char *end = tokens->text + tokens->at[at + 1];
    while (end > begin + 1 && tide_json_is_blank(end[-1])) {
        end--;
    }
    return (tide_str){begin, (size_t)(end - begin)};
}

/* Does a scalar's text have both quotes of a string? */
static inline bool tide_json_is_string(tide_str scalar)
{
    return scalar.size >= 2 && scalar.data[0] == '"' && scalar.data[scalar.size - 1] == '"';
}

/* Behind the value at token `at`, without looking into it; 0 when the text ends before. */
uint32_t tide_json_skip(const tide_json_tokens *tokens, uint32_t at);

/* The text of any value. */
tide_str tide_json_value_text(const tide_json_tokens *tokens, uint32_t at);

/* Members of an object one by one, for the few places that are not hot. Begin with `next` at the
 * token of the opening brace and `value` 0. */
typedef struct tide_json_members {
    const tide_json_tokens *tokens; /* borrowed */
    tide_str key;                   /* as written, without quotes */
    uint32_t value;                 /* token of the value */
    uint32_t next;                  /* token behind it; the caller may set it */
    bool malformed;
} tide_json_members;

/* False behind the last one (next is then behind the object) and when malformed. */
bool tide_json_members_next(tide_json_members *members);

#endif
