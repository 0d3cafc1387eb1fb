/* SPDX-License-Identifier: Apache-2.0 */
/* Init: writes a project file from what there is - the mappings and a sample of the documents of
 * indices, or sample files. One pipeline for each index; indices and files of one family, told
 * apart by a date or a number only, share one.
 *
 * Every guess is explained in a comment. Nothing but the text is made: see src/cli/init_command.c.
 */
#ifndef TIDE_RUN_INIT_INIT_H
#define TIDE_RUN_INIT_INIT_H

#include "flow/cancel.h"
#include "run/init/column.h"

typedef struct tide_init_options {
    /* Indices, or files. */
    const char *elasticsearch;                       /* URL, may hold ${NAME}; NULL: files */
    const char *user, *password, *api_key, *ca_file; /* as written to the file: may be ${NAME} */
    const char *const *patterns;                     /* of indices, or of files */
    size_t pattern_count;
    const char *directory; /* that the project file will lie in; NULL = the working directory */
    /* Where rows go: kind is "postgres", "sqlite" or "csv". */
    const char *sink_kind, *sink_place;
    unsigned rows_max; /* of a sample */
    const tide_cancel *cancel;
} tide_init_options;

typedef struct tide_init_result {
    tide_text yaml;
    size_t pipeline_count, column_count, left_out_count;
} tide_init_result;

/* The result is to be cleared in either case. */
TIDE_MUST_CHECK tide_code tide_init_project(const tide_init_options *options,
                                            tide_init_result *result, tide_error *err);
void tide_init_result_clear(tide_init_result *result);

/* One pipeline to be written. */
typedef struct tide_init_pipeline {
    const char *name;    /* also of its table */
    const char *source;  /* YAML of the source, in braces */
    const char *what;    /* a comment: what it was made from */
    const char *trouble; /* why it can't be read: all of it is written as a comment; or NULL */
    bool by_texts;       /* CSV */
    bool is_index;
    bool is_family; /* of several indices */
    tide_profile *profile;
} tide_init_pipeline;

/* What the parts share. */
typedef struct tide_init {
    const tide_init_options *options;
    tide_init_result *result;
    tide_arena arena;
    const char **names; /* owned: of the pipelines so far */
    size_t name_count, name_capacity;
} tide_init;

/* indices.c, files.c: add all pipelines. */
TIDE_MUST_CHECK tide_code tide_init_indices(tide_init *init, tide_error *err);
TIDE_MUST_CHECK tide_code tide_init_files(tide_init *init, tide_error *err);
/* mapping.c: the fields of an index' `mappings`. *trouble is set where its documents can't be read.
 */
TIDE_MUST_CHECK tide_code tide_init_read_mapping(tide_profile *profile, const char *index,
                                                 const tide_json_node *mappings,
                                                 const char **trouble, tide_error *err);
/* init.c: a name for a pipeline and its table, unique in the project. */
TIDE_MUST_CHECK tide_code tide_init_name(tide_init *init, const char *from, const char **name,
                                         tide_error *err);
/* write.c */
void tide_init_write_head(tide_init *init);
TIDE_MUST_CHECK tide_code tide_init_write_pipeline(tide_init *init, tide_init_pipeline *pipeline,
                                                   tide_error *err);
/* As a scalar, in double quotes where it needs them. */
void tide_init_append_scalar(tide_text *out, const char *text);

#endif
