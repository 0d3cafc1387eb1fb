/* SPDX-License-Identifier: Apache-2.0 */
/* Survey: what there is on a server - indices, their mappings, a sample of their documents - for
 * whoever wants to describe it. Reads only; asks little: mappings once for each group of indices,
 * and one search for each sample. One thread.
 */
#ifndef TIDE_SOURCE_ELASTICSEARCH_SURVEY_H
#define TIDE_SOURCE_ELASTICSEARCH_SURVEY_H

#include "source/elasticsearch/elasticsearch_source.h"
#include "source/elasticsearch/indices.h"

typedef struct tide_es_survey {
    tide_http_settings settings;
    tide_http *http; /* owned */
    tide_http_answer answer;
    tide_budget budget;
    tide_es_server server;
    tide_es_indices indices; /* those that match the patterns of the options */
} tide_es_survey;

/* Connects and looks. Close the survey in any case. */
TIDE_MUST_CHECK tide_code tide_es_survey_open(tide_es_survey *survey,
                                              const tide_es_options *options,
                                              const tide_cancel *cancel, tide_error *err);
void tide_es_survey_close(tide_es_survey *survey);

/* Nodes and names are borrowed during the call; indices, some of the survey's, are not changed. */
typedef tide_code (*tide_es_survey_visit)(void *context, const char *index,
                                          const tide_json_node *node, tide_error *err);
/* The `mappings` of each of the indices. */
TIDE_MUST_CHECK tide_code tide_es_survey_mappings(tide_es_survey *survey, tide_es_index *indices,
                                                  size_t count, tide_es_survey_visit visit,
                                                  void *context, tide_error *err);
/* `_source` of up to `rows` documents, taken at random from the first of each shard. */
TIDE_MUST_CHECK tide_code tide_es_survey_sample(tide_es_survey *survey, tide_es_index *indices,
                                                size_t count, unsigned rows,
                                                tide_es_survey_visit visit, void *context,
                                                tide_error *err);

#endif
