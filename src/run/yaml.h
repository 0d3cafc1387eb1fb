/* SPDX-License-Identifier: Apache-2.0 */
/* YAML: a document as a tree that knows the place of every node. Reads project files, and the JSON
 * that run records keep (JSON is YAML).
 *
 * Nodes live in the arena given, are immutable, and anchors are shared. Nesting is bounded.
 */
#ifndef TIDE_RUN_YAML_H
#define TIDE_RUN_YAML_H

#include "run/diagnostics.h"

typedef enum tide_yaml_kind {
    TIDE_YAML_SCALAR = 0,
    TIDE_YAML_SEQUENCE,
    TIDE_YAML_MAPPING
} tide_yaml_kind;

typedef struct tide_yaml tide_yaml;

struct tide_yaml {
    tide_yaml_kind kind;
    tide_mark mark;
    const char *text;         /* scalar: terminated */
    const char *written;      /* scalar: before it was expanded */
    bool quoted;              /* scalar: written in quotes, so always text */
    bool is_incomplete;       /* what it, or a value in it, stands for could not be found */
    size_t count;             /* items, or pairs */
    const tide_yaml **keys;   /* mapping */
    const tide_yaml **values; /* sequence and mapping */
};

/* Parses one document. bad_config with path:line:column on a syntax error, a duplicate key, a
 * second document, or nesting beyond 64. *root is NULL for an empty document. */
TIDE_MUST_CHECK tide_code tide_yaml_parse(tide_str text, const char *path, tide_arena *arena,
                                          const tide_yaml **root, tide_error *err);

/* Gives what a scalar that is no key stands for: `text` itself, or a copy that lives as long as the
 * arena; NULL: out of memory. *is_incomplete where not all of it could be found. */
typedef struct tide_yaml_expander {
    void *context;
    const char *(*expand)(void *context, tide_mark mark, const char *text, bool *is_incomplete);
} tide_yaml_expander;

TIDE_MUST_CHECK tide_code tide_yaml_parse_expanded(tide_str text, const char *path,
                                                   tide_arena *arena,
                                                   const tide_yaml_expander *expander,
                                                   const tide_yaml **root, tide_error *err);

/* Value of a key, or NULL. */
const tide_yaml *tide_yaml_get(const tide_yaml *mapping, const char *key);
/* The scalar's text, or NULL when node is NULL, no scalar, or null. */
const char *tide_yaml_text(const tide_yaml *node);
bool tide_yaml_is_null(const tide_yaml *node);
/* Plain scalars: true | false; whole numbers. False when it is something else. */
bool tide_yaml_bool(const tide_yaml *node, bool *value);
bool tide_yaml_int(const tide_yaml *node, int64_t *value);
/* The tree as JSON: plain scalars by YAML's core schema, quoted ones as strings. */
void tide_yaml_print_json(const tide_yaml *node, tide_text *out);

#endif
