/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Documents of a shard that a sample is taken from: enough for chance, and soon scored. */
#define DOCUMENTS_PER_SHARD 100000
#define ANSWER_BYTES_MAX (256u << 20)
#define SAMPLE_SEED 1

tide_code tide_es_survey_open(tide_es_survey *survey, const tide_es_options *options,
                              const tide_cancel *cancel, tide_error *err)
{
    *survey = (tide_es_survey){0};
    tide_budget_init(&survey->budget, INT64_MAX);
    tide_http_answer_init(&survey->answer, &survey->budget);
    tide_es_indices_init(&survey->indices);
    tide_es_options made = *options;
    made.answer_bytes_max = ANSWER_BYTES_MAX;
    TIDE_TRY(tide_http_settings_init(&survey->settings, &made, err));
    TIDE_TRY(tide_http_create(&survey->settings, cancel, 0, &survey->http, err));
    TIDE_TRY(tide_es_server_detect(survey->http, &survey->answer, &survey->server, err));
    return tide_es_indices_resolve(&survey->indices, &survey->server, survey->http, &survey->answer,
                                   options->indices, options->index_count, err);
}

void tide_es_survey_close(tide_es_survey *survey)
{
    if (survey->http != NULL) {
        tide_http_destroy(survey->http);
    }
    tide_http_answer_clear(&survey->answer);
    tide_es_indices_clear(&survey->indices);
    tide_http_settings_clear(&survey->settings);
}

typedef struct asking {
    tide_es_survey *survey;
    tide_es_survey_visit visit;
    void *context;
    unsigned rows; /* of a sample, for each group of indices */
} asking;

static int compare_keys(const void *a, const void *b)
{
    const tide_json_node *const *left = a, *const *right = b;
    return strcmp((*left)->key, (*right)->key);
}

/* A server lists indices as its hashes fall: what is made of them must not depend on it. */
static tide_code visit_mappings(void *context, const tide_json_node *root, tide_arena *arena,
                                tide_error *err)
{
    const asking *a = context;
    size_t count = 0;
    const tide_json_node *at = root->first_child;
    for (; at != NULL; at = at->next) {
        count++;
    }
    const tide_json_node **sorted = tide_arena_alloc(arena, count * sizeof *sorted);
    if (sorted == NULL) {
        return TIDE_FAIL_MEMORY(err, "the mappings");
    }
    count = 0;
    for (at = root->first_child; at != NULL; at = at->next) {
        sorted[count++] = at;
    }
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 0; i < count; i++) {
        const tide_json_node *mappings = tide_json_member(sorted[i], "mappings");
        TIDE_TRY(a->visit(a->context, sorted[i]->key, mappings, err));
    }
    return TIDE_OK;
}

static tide_code ask_mappings(void *context, const char *path, tide_error *err)
{
    asking *a = context;
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    return tide_es_ask_and_visit(a->survey->http, &request, &a->survey->answer, visit_mappings, a,
                                 err);
}

static tide_code visit_hits(void *context, const tide_json_node *root, tide_arena *arena,
                            tide_error *err)
{
    const asking *a = context;
    const tide_json_node *hits = tide_json_path(root, "hits", "hits", TIDE_JSON_END);
    (void)arena;
    for (const tide_json_node *at = tide_json_first(hits); at != NULL; at = at->next) {
        TIDE_TRY(a->visit(a->context, tide_json_text(tide_json_member(at, "_index")),
                          tide_json_member(at, "_source"), err));
    }
    return TIDE_OK;
}

static tide_code ask_sample(void *context, const char *path, tide_error *err)
{
    asking *a = context;
    tide_text body;
    tide_text_init(&body);
    tide_text_append_format(&body,
                            "{\"size\":%u,\"terminate_after\":%d,\"track_total_hits\":false,"
                            "\"query\":{\"function_score\":{\"query\":{\"match_all\":{}},"
                            "\"random_score\":{\"seed\":%d,\"field\":\"_seq_no\"}}}}",
                            a->rows, DOCUMENTS_PER_SHARD, SAMPLE_SEED);
    tide_http_request request = {
        .method = "POST", .path = path, .body = {body.data, body.size}, .repeatable = true};
    tide_code code = tide_text_failed(&body)
                         ? TIDE_FAIL_MEMORY(err, "a request")
                         : tide_es_ask_and_visit(a->survey->http, &request, &a->survey->answer,
                                                 visit_hits, a, err);
    tide_text_clear(&body);
    return code;
}

tide_code tide_es_survey_mappings(tide_es_survey *survey, tide_es_index *indices, size_t count,
                                  tide_es_survey_visit visit, void *context, tide_error *err)
{
    asking a = {.survey = survey, .visit = visit, .context = context};
    tide_es_indices part = {.items = indices,
                            .count = count,
                            .has_types = survey->indices.has_types}; /* borrowed: never cleared */
    return tide_es_indices_in_groups(&part, "/", "/_mapping", ask_mappings, &a, err);
}

/* Where names need several requests, the first indices and the last ones tell most: each group
 * gives its share. */
tide_code tide_es_survey_sample(tide_es_survey *survey, tide_es_index *indices, size_t count,
                                unsigned rows, tide_es_survey_visit visit, void *context,
                                tide_error *err)
{
    asking a = {.survey = survey, .visit = visit, .context = context, .rows = rows};
    tide_es_indices part = {.items = indices,
                            .count = count,
                            .has_types = survey->indices.has_types}; /* borrowed: never cleared */
    return tide_es_indices_in_groups(&part, "/", "/_search", ask_sample, &a, err);
}
