/* SPDX-License-Identifier: Apache-2.0 */
/* The `mask:` of a column: `redact`, `null`, {hash: "${NAME}"} or {truncate: ...}. What goes with
 * the column's type is checked when it is bound (bind_mask.c). */
#include <string.h>

#include "run/config_reader.h"

/* Guessing the key is then as hard as inverting the hash. */
#define KEY_BYTES_MIN 16

static const char *const kinds[] = {"hash", "redact", "null", "truncate"};

static void read_scalar(tide_config_reader *reader, const tide_yaml *node, tide_mask_config *mask)
{
    const char *word = node->written; /* expanded it might be a key */
    if (strcmp(word, "redact") == 0) {
        mask->kind = TIDE_MASK_REDACT;
    } else if (strcmp(word, "null") == 0 || strcmp(word, "~") == 0) {
        mask->kind = TIDE_MASK_NULL;
    } else if (strcmp(word, "hash") == 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a hash has a key: `mask: {hash: \"${MASK_KEY}\"}`");
    } else if (strcmp(word, "truncate") == 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "to what is it truncated? `mask: {truncate: 3}` keeps three "
                             "characters, {truncate: month} the month of a time");
    } else if (word[0] == '\0') {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "which mask? One of `redact`, `null`, {hash: ...}, {truncate: ...}");
    } else {
        tide_diagnostics_add_unknown(reader->diagnostics, node->mark, "mask", word, kinds,
                                     TIDE_COUNT_OF(kinds));
    }
}

/* Never says what stands there: it may be a key. */
static void read_hash(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_mask_config *mask = into;
    const char *key = NULL;
    if (node->kind != TIDE_YAML_SCALAR || !tide_config_is_reference(node->written)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "the key of a hash comes from the environment: "
                             "{hash: \"${MASK_KEY}\"}, with a name of your own");
        return;
    }
    tide_config_read_text(reader, node, &key);
    if (key != NULL && strlen(key) < KEY_BYTES_MIN) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "the key in `%s` is shorter than %d bytes, so it could be guessed: "
                             "`openssl rand -hex 32` makes one",
                             node->written, KEY_BYTES_MIN);
    }
    mask->kind = TIDE_MASK_HASH;
    mask->key = key != NULL ? key : "";
}

static void read_truncate_to(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_mask_config *mask = into;
    mask->truncate_mark = node->mark;
    mask->kind = TIDE_MASK_TRUNCATE;
    tide_config_read_text(reader, node, &mask->truncate);
}

/* {redact: ...}, {null: ...} */
static void refuse_pair(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    (void)into;
    tide_diagnostics_add(reader->diagnostics, node->mark,
                         "this mask takes nothing: `mask: redact`, `mask: null`");
}

static const tide_config_key mask_keys[] = {
    {"hash", read_hash, false},
    {"truncate", read_truncate_to, false},
    {"redact", refuse_pair, false},
    {"null", refuse_pair, false},
};

void tide_config_read_mask(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_mask_config *mask = &((tide_column_config *)into)->mask;
    mask->mark = node->mark;
    reader->project->has_masks = true;
    if (node->kind == TIDE_YAML_SCALAR) {
        read_scalar(reader, node, mask);
    } else if (node->kind == TIDE_YAML_MAPPING && node->count != 1) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a column has one mask: `redact`, `null`, {hash: ...} or "
                             "{truncate: ...}");
    } else {
        tide_config_read_mapping(reader, node, mask_keys, TIDE_COUNT_OF(mask_keys), "a mask", mask);
    }
}
