/* SPDX-License-Identifier: Apache-2.0 */
/* Cursor query: the documents whose cursor lies in [low, high), and those that have none. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_CURSOR_QUERY_H
#define TIDE_SOURCE_ELASTICSEARCH_CURSOR_QUERY_H

#include "source/elasticsearch/source_state.h"

/* Narrows the source's query, and the column to what the query asks for; once. bad_config when the
 * field is not a date everywhere. */
TIDE_MUST_CHECK tide_code tide_es_cursor_query(tide_es_source *source,
                                               const tide_plan_request *request,
                                               tide_es_fields *fields, tide_error *err);

#endif
