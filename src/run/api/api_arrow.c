/* SPDX-License-Identifier: Apache-2.0 */
/* Our batches as Arrow structures, and back. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "run/api/api.h"

tidemill_code tide_api_code(tide_code code, const tide_error *from, tidemill_error *err)
{
    err->code = (tidemill_code)code;
    size_t size = strnlen(from->message, sizeof err->message - 1);
    memcpy(err->message, from->message, size);
    err->message[size] = '\0';
    return err->code;
}

tide_code tide_api_export(const tide_schema *schema, tide_batch *batch,
                          struct ArrowSchema *out_schema, struct ArrowArray *out_array,
                          tide_error *err)
{
    TIDE_TRY(tide_schema_export(schema, out_schema, err));
    *out_array = batch->array;
    batch->array.release = NULL;
    return TIDE_OK;
}

tide_code tide_api_copy(const tide_batch *batch, tide_batch *out, tide_error *err)
{
    const tide_schema *schema = batch->schema;
    tide_builder builder;
    TIDE_TRY(tide_builder_init(&builder, schema, err));
    tide_column *columns = tide_alloc_zero(schema->field_count + 1, sizeof *columns);
    tide_code code = columns == NULL ? TIDE_FAIL_MEMORY(err, "copying rows") : TIDE_OK;
    if (code == TIDE_OK) {
        tide_batch_columns(batch, columns);
        int64_t rows = tide_batch_row_count(batch);
        for (size_t i = 0; i < schema->field_count && code == TIDE_OK; i++) {
            code = tide_column_append_range(&builder.columns[i], &columns[i], 0, rows, err);
        }
    }
    if (code == TIDE_OK) {
        tide_builder_end_rows(&builder);
        code = tide_builder_finish(&builder, out, err);
    }
    tide_free(columns);
    tide_builder_clear(&builder);
    return code;
}

/* --- rejects --- */

static const char *const reject_fields[] = {"stage",  "step",     "position", "column",
                                            "reason", "sqlstate", "values"};
#define REJECT_FIELD_COUNT (sizeof reject_fields / sizeof reject_fields[0])

static tide_code append_reject(tide_builder *builder, const tide_reject *reject, tide_error *err)
{
    const char *texts[REJECT_FIELD_COUNT] = {reject->stage,  reject->step,   reject->position,
                                             reject->column, reject->reason, reject->sqlstate,
                                             reject->values};
    for (size_t i = 0; i < REJECT_FIELD_COUNT; i++) {
        tide_column_builder *column = &builder->columns[i];
        TIDE_TRY(texts[i] == NULL ? tide_append_null(column, err)
                                  : tide_append_str(column, tide_str_of(texts[i]), err));
    }
    tide_builder_end_row(builder);
    return TIDE_OK;
}

static tide_code build_rejects(const tide_reject_list *rejects, const tide_schema *schema,
                               tide_batch *out, tide_error *err)
{
    tide_builder builder;
    TIDE_TRY(tide_builder_init(&builder, schema, err));
    tide_code code = TIDE_OK;
    for (size_t i = 0; i < rejects->count && code == TIDE_OK; i++) {
        code = append_reject(&builder, &rejects->items[i], err);
    }
    if (code == TIDE_OK) {
        code = tide_builder_finish(&builder, out, err);
    }
    tide_builder_clear(&builder);
    return code;
}

tide_code tide_api_export_rejects(const tide_reject_list *rejects, struct ArrowSchema *schema,
                                  struct ArrowArray *array, tide_error *err)
{
    tide_schema fields = {0};
    tide_batch batch;
    tide_schema_init(&fields);
    tide_batch_init(&batch);
    tide_code code = TIDE_OK;
    for (size_t i = 0; i < REJECT_FIELD_COUNT && code == TIDE_OK; i++) {
        code = tide_schema_add(&fields, reject_fields[i], (tide_type){.id = TIDE_TEXT}, false, err);
    }
    if (code == TIDE_OK) {
        code = build_rejects(rejects, &fields, &batch, err);
    }
    if (code == TIDE_OK) {
        code = tide_api_export(&fields, &batch, schema, array, err);
    }
    tide_batch_clear(&batch);
    tide_schema_clear(&fields);
    return code;
}

/* --- streams --- */

typedef struct exported_stream {
    const tide_schema *schema;
    const tide_api_producer *producer;
    void *self;
    tide_error err;
} exported_stream;

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    exported_stream *exported = stream->private_data;
    tide_error_clear(&exported->err);
    return tide_schema_export(exported->schema, out, &exported->err) == TIDE_OK ? 0 : ENOMEM;
}

/* The errno that tells a caller what to do next. */
static int errno_of(tide_code code)
{
    switch (code) {
        case TIDE_REMOTE_RETRY:
            return EAGAIN;
        case TIDE_OUT_OF_MEMORY:
            return ENOMEM;
        case TIDE_CANCELLED:
            return ECANCELED;
        default:
            return EIO;
    }
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    exported_stream *exported = stream->private_data;
    tide_batch batch;
    tide_batch_init(&batch);
    memset(out, 0, sizeof *out);
    tide_error_clear(&exported->err);
    tide_code code = exported->producer->next(exported->self, &batch, &exported->err);
    if (code != TIDE_OK) {
        tide_batch_clear(&batch);
        return errno_of(code);
    }
    if (tide_batch_row_count(&batch) == 0) {
        tide_batch_clear(&batch);
        return 0; /* a released array is the end of a stream */
    }
    *out = batch.array;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    exported_stream *exported = stream->private_data;
    return exported->err.code == TIDE_OK ? NULL : exported->err.message;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    exported_stream *exported = stream->private_data;
    exported->producer->close(exported->self);
    tide_free(exported);
    stream->release = NULL;
}

tide_code tide_api_stream(const tide_schema *schema, const tide_api_producer *producer, void *self,
                          struct ArrowArrayStream *out, tide_error *err)
{
    exported_stream *exported = tide_alloc_zero(1, sizeof *exported);
    if (exported == NULL) {
        producer->close(self);
        return TIDE_FAIL_MEMORY(err, "a stream");
    }
    *exported = (exported_stream){.schema = schema, .producer = producer, .self = self};
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = get_last_error,
                                     .release = release_stream,
                                     .private_data = exported};
    return TIDE_OK;
}

void *tide_api_stream_self(const struct ArrowArrayStream *stream, const tide_api_producer *producer)
{
    if (stream->release != release_stream) {
        return NULL;
    }
    const exported_stream *exported = stream->private_data;
    return exported->producer == producer ? exported->self : NULL;
}

/* --- foreign streams --- */

static tide_code fail_stream(struct ArrowArrayStream *stream, const char *what, tide_error *err)
{
    const char *message = stream->get_last_error(stream);
    return TIDE_FAIL(err, TIDE_E_ARROW, "the stream of %s failed: %s", what,
                     message != NULL ? message : "no reason given");
}

tide_code tide_api_pull(struct ArrowArrayStream *stream, const tide_schema *schema,
                        const char *what, tide_error *err)
{
    struct ArrowSchema foreign;
    tide_schema given;
    memset(&foreign, 0, sizeof foreign);
    if (stream->get_schema(stream, &foreign) != 0) {
        return fail_stream(stream, what, err);
    }
    tide_schema_init(&given);
    tide_code code = tide_schema_import(&foreign, &given, err);
    bool same = code == TIDE_OK && given.field_count == schema->field_count;
    for (size_t i = 0; same && i < given.field_count; i++) {
        same = strcmp(given.fields[i].name, schema->fields[i].name) == 0 &&
               tide_type_equal(given.fields[i].type, schema->fields[i].type);
    }
    if (code == TIDE_OK && !same) {
        code = TIDE_FAIL(err, TIDE_E_ARROW,
                         "the stream of %s has other columns than the plan gave them", what);
    }
    tide_schema_clear(&given);
    if (foreign.release != NULL) {
        foreign.release(&foreign);
    }
    return code;
}

tide_code tide_api_pull_batch(struct ArrowArrayStream *stream, const tide_schema *schema,
                              const char *what, tide_batch *out, tide_error *err)
{
    struct ArrowArray array;
    memset(&array, 0, sizeof array);
    if (stream->get_next(stream, &array) != 0) {
        return fail_stream(stream, what, err);
    }
    if (array.release == NULL) {
        out->schema = schema;
        return TIDE_OK;
    }
    return tide_batch_import(&array, schema, out, err);
}
