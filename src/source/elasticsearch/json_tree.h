/* SPDX-License-Identifier: Apache-2.0 */
/* JSON tree: the server's small answers (settings, mappings, errors) as nodes in an arena. Pages of
 * hits never go through here. Numbers keep their text. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_JSON_TREE_H
#define TIDE_SOURCE_ELASTICSEARCH_JSON_TREE_H

#include "base/arena.h"

typedef enum tide_json_kind {
    TIDE_JSON_NULL = 0,
    TIDE_JSON_FALSE,
    TIDE_JSON_TRUE,
    TIDE_JSON_NUMBER,
    TIDE_JSON_STRING,
    TIDE_JSON_ARRAY,
    TIDE_JSON_OBJECT
} tide_json_kind;

typedef struct tide_json_node {
    tide_json_kind kind;
    const char *key;  /* members of an object: terminated; else NULL */
    const char *text; /* strings: unescaped, numbers: as written; terminated */
    tide_str raw;     /* the node as written; borrows the parsed text */
    const struct tide_json_node *first_child; /* arrays, objects */
    const struct tide_json_node *next;        /* sibling */
} tide_json_node;

/* Parses one whole document. bad_data says at which byte it stopped. Nodes live in the arena. */
TIDE_MUST_CHECK tide_code tide_json_tree_parse(tide_arena *arena, tide_str text,
                                               const tide_json_node **root, tide_error *err);

/* All accept NULL and nodes of another kind, and then give NULL (or `otherwise`). */
/* The first element; NULL where there is none, or the node is no array, or NULL. */
const tide_json_node *tide_json_first(const tide_json_node *array);
const tide_json_node *tide_json_member(const tide_json_node *object, const char *key);
/* Members one below the other: tide_json_path(root, "version", "number", TIDE_JSON_END). */
#define TIDE_JSON_END ((const char *)NULL)
const tide_json_node *tide_json_path(const tide_json_node *object, ...) __attribute__((sentinel));
const char *tide_json_text(const tide_json_node *node);
/* A number, or a string that holds one, as the cat API writes them. */
uint64_t tide_json_uint(const tide_json_node *node, uint64_t otherwise);

#endif
