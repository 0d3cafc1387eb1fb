/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/stored_source.h"

#include <stdio.h>
#include <string.h>

#include "base/problem.h"
#include "source/elasticsearch/index_names.h"

/* The server's rule: a pattern takes what it matches and all that is below. */
static bool takes(const char *pattern, const char *path)
{
    char below[512];
    int size = snprintf(below, sizeof below, "%s.*", pattern);
    return tide_es_name_matches(pattern, path) ||
           (size < (int)sizeof below && tide_es_name_matches(below, path));
}

/* Does the pattern speak of something within the path? "a.b" of "a". */
static bool is_within(const char *pattern, const char *path)
{
    size_t size = strlen(path);
    return strncmp(pattern, path, size) == 0 && pattern[size] == '.';
}

bool tide_es_source_keeps(const tide_json_node *source, const char *path)
{
    const tide_json_node *includes = tide_json_member(source, "includes");
    const tide_json_node *excludes = tide_json_member(source, "excludes");
    const tide_json_node *at = includes == NULL ? NULL : includes->first_child;
    bool kept = at == NULL;
    for (; at != NULL && !kept; at = at->next) {
        const char *pattern = tide_json_text(at);
        kept = pattern != NULL && (takes(pattern, path) || is_within(pattern, path));
    }
    for (at = excludes == NULL ? NULL : excludes->first_child; at != NULL && kept; at = at->next) {
        const char *pattern = tide_json_text(at);
        kept = pattern == NULL || !takes(pattern, path);
    }
    return kept;
}

tide_code tide_es_source_kept_check(const tide_json_node *source, const char *index,
                                    const char *url, tide_error *err)
{
    const tide_json_node *enabled = tide_json_member(source, "enabled");
    if (enabled == NULL || enabled->kind != TIDE_JSON_FALSE) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_INDEX_UNFIT,
                     "%s: index `%s` does not keep the documents (its mapping has _source "
                     "disabled): they can't be read back; leave it out with `-%s`",
                     url, index, index);
}

tide_code tide_es_stored_source_check(const tide_json_node *source, const char *index,
                                      const tide_column_spec *spec, const char *url,
                                      tide_error *err)
{
    if (tide_es_source_keeps(source, spec->path)) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_E_INDEX_UNFIT,
                     "%s: column %s: index `%s` does not keep `%s` (its mapping's _source "
                     "has includes or excludes): it would be null in every row; leave "
                     "the column out, or the index with `-%s`",
                     url, spec->name, index, spec->path, index);
}
