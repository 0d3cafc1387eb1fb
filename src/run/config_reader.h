/* SPDX-License-Identifier: Apache-2.0 */
/* Config reader: tables of keys that fill a struct from a YAML mapping. What does not fit becomes a
 * diagnostic, and reading goes on. */
#ifndef TIDE_RUN_CONFIG_READER_H
#define TIDE_RUN_CONFIG_READER_H

#include "run/project.h"

typedef struct tide_config_reader {
    tide_project *project; /* its arena takes the strings */
    tide_diagnostics *diagnostics;
} tide_config_reader;

typedef struct tide_config_key {
    const char *name;
    void (*read)(tide_config_reader *reader, const tide_yaml *value, void *into);
    bool required;
} tide_config_key;

/* Reads a mapping by its table; `what` names it in messages ("a column"). False when it is no
 * mapping. */
bool tide_config_read_mapping(tide_config_reader *reader, const tide_yaml *node,
                              const tide_config_key *keys, size_t key_count, const char *what,
                              void *into);

/* For tide_yaml_expander, the reader being its context: ${NAME} from the environment. */
const char *tide_config_expand(void *reader, tide_mark mark, const char *text, bool *is_incomplete);

/* Scalars; on a finding they leave *out as it was. */
void tide_config_read_text(tide_config_reader *reader, const tide_yaml *node, const char **out);
void tide_config_read_bool(tide_config_reader *reader, const tide_yaml *node, bool *out);
void tide_config_read_count(tide_config_reader *reader, const tide_yaml *node, int64_t *out);
void tide_config_read_size(tide_config_reader *reader, const tide_yaml *node, int64_t *out);
void tide_config_read_duration(tide_config_reader *reader, const tide_yaml *node, int64_t *out);
/* Is a scalar as written exactly one ${NAME}? */
bool tide_config_is_reference(const char *text);
/* One of `words`: its index. */
void tide_config_read_choice(tide_config_reader *reader, const tide_yaml *node,
                             const char *const *words, size_t word_count, size_t *out);
/* One word or a list of words. */
void tide_config_read_words(tide_config_reader *reader, const tide_yaml *node, tide_words *out);
/* Memory of the project's arena, zeroed; never NULL to the caller's use: out of memory is noted in
 * the diagnostics and NULL returned. */
void *tide_config_alloc(tide_config_reader *reader, size_t count, size_t bytes_each);

/* src/run/project_pipeline.c */
void tide_config_read_pipelines(tide_config_reader *reader, const tide_yaml *node, void *into);
/* src/run/project_check.c */
void tide_config_check_pipeline(tide_config_reader *reader, const tide_yaml *node,
                                const tide_pipeline_config *pipeline);
/* Two pipelines may not write one table, except merges with the same key. */
void tide_config_check_tables(tide_config_reader *reader);
/* src/run/project_mask.c: of a tide_column_config */
void tide_config_read_mask(tide_config_reader *reader, const tide_yaml *node, void *into);
/* src/run/project_steps.c */
void tide_config_read_steps(tide_config_reader *reader, const tide_yaml *node, void *into);

#define TIDE_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
