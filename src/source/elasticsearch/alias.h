/* SPDX-License-Identifier: Apache-2.0 */
/* Aliases: the filters and routing under which indices are read that were reached through aliases
 * alone, as a search through those aliases would have it:
 *
 *   any alias without a filter   no filter        any alias without routing   no routing
 *   else                         any of them      else                        all of theirs
 */
#ifndef TIDE_SOURCE_ELASTICSEARCH_ALIAS_H
#define TIDE_SOURCE_ELASTICSEARCH_ALIAS_H

#include "source/elasticsearch/indices.h"

/* resolved: the answer of _resolve/index. Fills filter and routing of the indices. */
TIDE_MUST_CHECK tide_code tide_es_aliases_apply(tide_es_indices *indices,
                                                const tide_json_node *resolved, tide_http *http,
                                                tide_http_answer *answer, tide_error *err);

#endif
