/* SPDX-License-Identifier: Apache-2.0 */
/* JSON paths: a tree of the wanted paths, and at each object in it a dictionary of the keys that
 * documents have had there.
 *
 * A document's keys come in the order of the last document's nearly always. So each entry of the
 * dictionary remembers which one came behind it; that one is compared first, its closing quote
 * included, before anything else is known of the key:
 *
 *   last: {"id":1,"at":2,"x":3}      `"at"` is expected behind `"id"`: one masked comparison
 *   next: {"id":1,"x":3}             `"at"` is not there: `"x"` is looked up, and expected next
 * time
 *
 * Keys may spell several steps of a path at once ("a.b"): the dictionary knows their meaning as it
 * knows that of unwanted keys (none). One thread.
 */
#ifndef TIDE_RECORD_JSON_PATHS_H
#define TIDE_RECORD_JSON_PATHS_H

#include <string.h>

#include "base/arena.h"

/* A key that is compared as two words; and the longest one in a dictionary: its closing quote must
 * be within the padding behind any text. */
#define TIDE_JSON_SHORT_KEY_BYTES 15
#define TIDE_JSON_KNOWN_KEY_BYTES_MAX 60

/* Keys of one dictionary: documents whose keys are data would fill any. */
#define TIDE_JSON_KNOWN_KEYS_MAX 4096

#define TIDE_JSON_NO_COLUMN UINT32_MAX

typedef struct tide_json_node tide_json_node;

typedef struct tide_json_key {
    uint64_t words[2], masks[2]; /* of the key and its closing quote, when short */
    const char *text;            /* with its closing quote; arena */
    uint32_t size;               /* without it */
    uint32_t next;               /* number of the key that came behind it last time; 0 = none */
    tide_json_node *node;        /* what it means; NULL = not wanted */
    uint32_t leaf_column;        /* when one column wants the value and nothing else does */
} tide_json_key;

struct tide_json_node {
    tide_str name; /* one step of a path; arena */
    tide_json_node *first_child, *next_sibling;
    uint32_t *columns; /* that want the value itself; arena */
    uint32_t column_count;
    bool is_reached;     /* by a key of a dictionary */
    bool is_ambiguous;   /* by several, or something above it is: no shortcut to its column */
    int meta;            /* what else wants the value, 0 = nothing; the owner's own */
    tide_json_key *keys; /* owned; number 0 is no key: it stands before the first */
    size_t key_count;
    size_t key_capacity;
    uint32_t *slots; /* owned: hash table of key numbers, 0 = empty; of a power of two */
    uint32_t slot_count;
};

typedef struct tide_json_paths {
    tide_arena arena;
    tide_json_node root;
} tide_json_paths;

void tide_json_paths_init(tide_json_paths *paths);
void tide_json_paths_clear(tide_json_paths *paths);
/* The node of a path, made where it is missing. bad_config for an empty step, or more steps than
 * documents may be deep. */
TIDE_MUST_CHECK tide_code tide_json_paths_add(tide_json_paths *paths, const char *path,
                                              tide_json_node **node, tide_error *err);
TIDE_MUST_CHECK tide_code tide_json_paths_add_column(tide_json_paths *paths, const char *path,
                                                     uint32_t column, tide_error *err);

/* The meaning of a key that is not to be in the dictionary. */
tide_json_node *tide_json_resolve(tide_json_paths *paths, tide_json_node *object, tide_str key);

/* Not the expected key: it is looked up or learned, and expected next time. *last is the number of
 * the key before it (0 at the first) and becomes its own; *node is NULL when it is not wanted. The
 * key has no escapes. */
TIDE_MUST_CHECK tide_code tide_json_look_up(tide_json_paths *paths, tide_json_node *object,
                                            tide_str key, uint32_t *last, tide_json_node **node,
                                            tide_error *err);

/* Does the text behind an opening quote begin with this key and a closing quote? Reads up to
 * TIDE_JSON_KNOWN_KEY_BYTES_MAX + 1 bytes. */
static inline bool tide_json_key_is(const tide_json_key *key, const char *text)
{
    if (key->size <= TIDE_JSON_SHORT_KEY_BYTES) {
        uint64_t words[2];
        memcpy(words, text, sizeof words);
        return (((words[0] ^ key->words[0]) & key->masks[0]) |
                ((words[1] ^ key->words[1]) & key->masks[1])) == 0;
    }
    return memcmp(key->text, text, key->size + 1) == 0;
}

/* The key that came behind key `last`, if it is the one at `text` (behind the opening quote); else
 * NULL. */
static inline const tide_json_key *tide_json_expected(const tide_json_node *object, uint32_t last,
                                                      const char *text)
{
    if (object->key_count == 0) {
        return NULL;
    }
    const tide_json_key *key = &object->keys[object->keys[last].next];
    return tide_json_key_is(key, text) ? key : NULL;
}

#endif
