/* SPDX-License-Identifier: Apache-2.0 */
/* Index names: which of the wanted names and patterns an answer of _resolve/index does not meet.
 * Some servers pass over names that do not exist; a reader of lists must not. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_INDEX_NAMES_H
#define TIDE_SOURCE_ELASTICSEARCH_INDEX_NAMES_H

#include "source/elasticsearch/json_tree.h"

/* `*` stands for any characters. */
bool tide_es_name_matches(const char *pattern, const char *name);
/* The first of the patterns that no name meets, or NULL. Patterns are not judged where another part
 * takes names out again ("-name"), nor are computed names ("<name-{now}>"). */
const char *tide_es_names_unmatched(const tide_json_node *resolved, const char *const *patterns,
                                    size_t pattern_count);
/* The name in the answer that is nearest to the wanted one, or NULL. Borrows the tree. */
const char *tide_es_names_nearest(const tide_json_node *resolved, const char *wanted);

#endif
