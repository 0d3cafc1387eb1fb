/* SPDX-License-Identifier: Apache-2.0 */
/* Old resolve: the answer of `_resolve/index` where the server does not have it (Elasticsearch
 * before 7.9), made of what `EXPRESSION/_alias` tells. The server matches and finds what is
 * missing; which names an expression reached - the index' own, or an alias of it - is found out
 * here, by the server's rules: from left to right, `-pattern` taking out what came before. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_OLD_RESOLVE_H
#define TIDE_SOURCE_ELASTICSEARCH_OLD_RESOLVE_H

#include "source/elasticsearch/json_tree.h"

/* aliases: {"uses-1": {"aliases": {"uses": {}}}, ...}. In the words of _resolve, as far as they are
 * read here; whether an index is closed stays open. *resolved lives in the arena, but for `raw`. */
TIDE_MUST_CHECK tide_code tide_es_old_resolve(tide_arena *arena, const tide_json_node *aliases,
                                              const char *const *patterns, size_t pattern_count,
                                              const tide_json_node **resolved, tide_error *err);

#endif
