/* SPDX-License-Identifier: Apache-2.0 */
/* Can the wanted columns be had from the documents as an index stores them? What _source leaves out
 * would be null in every row. All is bad_config that names the index, the column and what to do. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_STORED_SOURCE_H
#define TIDE_SOURCE_ELASTICSEARCH_STORED_SOURCE_H

#include "record/column_spec.h"
#include "source/elasticsearch/json_tree.h"

/* `source` is the configuration of _source in the index's mapping, or NULL. */

/* _source disabled: nothing can be read back. */
TIDE_MUST_CHECK tide_code tide_es_source_kept_check(const tide_json_node *source, const char *index,
                                                    const char *url, tide_error *err);
/* _source.includes, _source.excludes: the column's path is not kept. */
TIDE_MUST_CHECK tide_code tide_es_stored_source_check(const tide_json_node *source,
                                                      const char *index,
                                                      const tide_column_spec *spec, const char *url,
                                                      tide_error *err);

/* The same of any path, as an answer. */
bool tide_es_source_keeps(const tide_json_node *source, const char *path);

#endif
