/* SPDX-License-Identifier: Apache-2.0 */
/* Can the wanted columns be had from the documents as the indices store them? What _source leaves
 * out, and what only the mapping knows (aliases of fields), would be null in every row. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_STORED_SOURCE_H
#define TIDE_SOURCE_ELASTICSEARCH_STORED_SOURCE_H

#include "record/column_spec.h"
#include "source/elasticsearch/indices.h"

/* bad_config names the index, the column and what to do:
 *
 *   _source disabled                     nothing can be read back
 *   _source.includes, _source.excludes   a column's path is not kept
 *   a field of type alias                unless a column takes the field that it stands for
 */
TIDE_MUST_CHECK tide_code tide_es_stored_source_check(const tide_es_indices *indices,
                                                      tide_column_specs columns, tide_http *http,
                                                      tide_http_answer *answer, tide_error *err);

#endif
