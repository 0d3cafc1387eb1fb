/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/index_names.h"

#include <string.h>

#include "base/memory.h"

static const char *const lists[] = {"indices", "aliases", "data_streams"};
#define LIST_COUNT (sizeof lists / sizeof lists[0])

bool tide_es_name_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL;
    while (*name != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star + 1;
            name = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

static const tide_json_node *first_name(const tide_json_node *resolved, size_t list)
{
    const tide_json_node *array = tide_json_member(resolved, lists[list]);
    return array != NULL ? array->first_child : NULL;
}

static bool is_matched(const char *pattern, const tide_json_node *resolved)
{
    for (size_t i = 0; i < LIST_COUNT; i++) {
        for (const tide_json_node *at = first_name(resolved, i); at != NULL; at = at->next) {
            const char *name = tide_json_text(tide_json_member(at, "name"));
            if (name != NULL && tide_es_name_matches(pattern, name)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_taken_out(const char *name, const char *const *patterns, size_t pattern_count)
{
    for (size_t i = 0; i < pattern_count; i++) {
        if (patterns[i][0] == '-' && tide_es_name_matches(patterns[i] + 1, name)) {
            return true;
        }
    }
    return false;
}

static bool takes_out(const char *const *patterns, size_t pattern_count)
{
    bool takes = false;
    for (size_t i = 0; i < pattern_count; i++) {
        takes = takes || patterns[i][0] == '-';
    }
    return takes;
}

const char *tide_es_names_unmatched(const tide_json_node *resolved, const char *const *patterns,
                                    size_t pattern_count)
{
    bool loses_names = takes_out(patterns, pattern_count);
    for (size_t i = 0; i < pattern_count; i++) {
        const char *pattern = patterns[i];
        bool is_pattern = strchr(pattern, '*') != NULL;
        if (strchr("-<", *pattern) != NULL || strcmp(pattern, "_all") == 0 ||
            (is_pattern && loses_names) || is_taken_out(pattern, patterns, pattern_count)) {
            continue;
        }
        if (!is_matched(pattern, resolved)) {
            return pattern;
        }
    }
    return NULL;
}

const char *tide_es_names_nearest(const tide_json_node *resolved, const char *wanted)
{
    const char **names = NULL;
    size_t count = 0, capacity = 0;
    tide_error ignored;
    tide_error_clear(&ignored);
    for (size_t i = 0; i < LIST_COUNT; i++) {
        for (const tide_json_node *at = first_name(resolved, i); at != NULL; at = at->next) {
            const char *name = tide_json_text(tide_json_member(at, "name"));
            void *grown = names;
            if (name == NULL ||
                tide_grow(&grown, &capacity, count + 1, sizeof *names, &ignored) != TIDE_OK) {
                continue;
            }
            names = grown;
            names[count++] = name;
        }
    }
    const char *nearest = tide_text_nearest(wanted, names, count);
    tide_free(names);
    return nearest;
}
