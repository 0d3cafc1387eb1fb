/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas to and from the Arrow C Data Interface. */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/problem.h"
#include "record/schema.h"

#define EXTENSION_KEY "ARROW:extension:name"
#define EXTENSION_METADATA_KEY "ARROW:extension:metadata"

static ArrowErrorCode set_extension(struct ArrowSchema *out, const char *name)
{
    struct ArrowBuffer metadata;
    int failure = ArrowMetadataBuilderInit(&metadata, NULL);
    if (failure == NANOARROW_OK) {
        failure = ArrowMetadataBuilderAppend(&metadata, ArrowCharView(EXTENSION_KEY),
                                             ArrowCharView(name));
    }
    if (failure == NANOARROW_OK) {
        failure = ArrowMetadataBuilderAppend(&metadata, ArrowCharView(EXTENSION_METADATA_KEY),
                                             ArrowCharView(""));
    }
    if (failure == NANOARROW_OK) {
        failure = ArrowSchemaSetMetadata(out, (const char *)metadata.data);
    }
    ArrowBufferReset(&metadata);
    return failure;
}

static ArrowErrorCode set_type(struct ArrowSchema *out, tide_type type)
{
    switch (type.id) {
        case TIDE_BOOL:
            return ArrowSchemaSetType(out, NANOARROW_TYPE_BOOL);
        case TIDE_INT32:
            return ArrowSchemaSetType(out, NANOARROW_TYPE_INT32);
        case TIDE_INT64:
            return ArrowSchemaSetType(out, NANOARROW_TYPE_INT64);
        case TIDE_DOUBLE:
            return ArrowSchemaSetType(out, NANOARROW_TYPE_DOUBLE);
        case TIDE_DECIMAL:
            return ArrowSchemaSetTypeDecimal(out, NANOARROW_TYPE_DECIMAL128, type.precision,
                                             type.scale);
        case TIDE_TEXT:
            return ArrowSchemaSetType(out, NANOARROW_TYPE_STRING);
        case TIDE_BYTES:
            return ArrowSchemaSetType(out, NANOARROW_TYPE_BINARY);
        case TIDE_DATE:
            return ArrowSchemaSetType(out, NANOARROW_TYPE_DATE32);
        case TIDE_TIMESTAMP:
            return ArrowSchemaSetTypeDateTime(out, NANOARROW_TYPE_TIMESTAMP,
                                              NANOARROW_TIME_UNIT_MICRO, "UTC");
        case TIDE_UUID:
            NANOARROW_RETURN_NOT_OK(
                ArrowSchemaSetTypeFixedSize(out, NANOARROW_TYPE_FIXED_SIZE_BINARY, 16));
            return set_extension(out, "arrow.uuid");
        case TIDE_JSON:
            NANOARROW_RETURN_NOT_OK(ArrowSchemaSetType(out, NANOARROW_TYPE_STRING));
            return set_extension(out, "arrow.json");
    }
    return EINVAL;
}

static ArrowErrorCode export_fields(const tide_schema *schema, struct ArrowSchema *out)
{
    NANOARROW_RETURN_NOT_OK(ArrowSchemaSetTypeStruct(out, (int64_t)schema->field_count));
    for (size_t i = 0; i < schema->field_count; i++) {
        const tide_field *field = &schema->fields[i];
        struct ArrowSchema *child = out->children[i];
        NANOARROW_RETURN_NOT_OK(set_type(child, field->type));
        NANOARROW_RETURN_NOT_OK(ArrowSchemaSetName(child, field->name));
        child->flags = field->not_null ? 0 : ARROW_FLAG_NULLABLE;
    }
    return NANOARROW_OK;
}

tide_code tide_schema_export(const tide_schema *schema, struct ArrowSchema *out, tide_error *err)
{
    ArrowSchemaInit(out);
    int failure = export_fields(schema, out);
    if (failure == NANOARROW_OK) {
        return TIDE_OK;
    }
    if (out->release != NULL) {
        ArrowSchemaRelease(out);
    }
    if (failure == ENOMEM) {
        return TIDE_FAIL_MEMORY(err, "an Arrow schema");
    }
    return TIDE_FAIL_ERRNO(err, TIDE_E_ARROW, failure, "can't describe the schema to Arrow");
}

static bool has_extension(const struct ArrowSchemaView *view, const char *name)
{
    return view->extension_name.size_bytes == (int64_t)strlen(name) &&
           memcmp(view->extension_name.data, name, strlen(name)) == 0;
}

static bool is_utc(const char *zone)
{
    return zone != NULL && (strcmp(zone, "UTC") == 0 || strcmp(zone, "+00:00") == 0 ||
                            strcmp(zone, "Etc/UTC") == 0);
}

/* False when the layout is not one of ours. */
static bool type_of(const struct ArrowSchemaView *view, tide_type *type)
{
    *type = (tide_type){TIDE_BOOL, 0, 0};
    switch (view->type) {
        case NANOARROW_TYPE_BOOL:
            return true;
        case NANOARROW_TYPE_INT32:
            type->id = TIDE_INT32;
            return true;
        case NANOARROW_TYPE_INT64:
            type->id = TIDE_INT64;
            return true;
        case NANOARROW_TYPE_DOUBLE:
            type->id = TIDE_DOUBLE;
            return true;
        case NANOARROW_TYPE_DECIMAL128:
            *type = (tide_type){TIDE_DECIMAL, (int16_t)view->decimal_precision,
                                (int16_t)view->decimal_scale};
            return view->decimal_precision >= 1 &&
                   view->decimal_precision <= TIDE_DECIMAL_PRECISION_MAX &&
                   view->decimal_scale >= 0 && view->decimal_scale <= view->decimal_precision;
        case NANOARROW_TYPE_STRING:
            type->id = has_extension(view, "arrow.json") ? TIDE_JSON : TIDE_TEXT;
            return true;
        case NANOARROW_TYPE_BINARY:
            type->id = TIDE_BYTES;
            return true;
        case NANOARROW_TYPE_DATE32:
            type->id = TIDE_DATE;
            return true;
        case NANOARROW_TYPE_TIMESTAMP:
            type->id = TIDE_TIMESTAMP;
            return view->time_unit == NANOARROW_TIME_UNIT_MICRO && is_utc(view->timezone);
        case NANOARROW_TYPE_FIXED_SIZE_BINARY:
            type->id = TIDE_UUID;
            return view->fixed_size == 16;
        default:
            return false;
    }
}

static tide_code import_field(const struct ArrowSchema *in, size_t index, tide_schema *out,
                              tide_error *err)
{
    struct ArrowSchemaView view;
    struct ArrowError reason;
    tide_type type;
    const char *name = in->name == NULL ? "" : in->name;
    if (ArrowSchemaViewInit(&view, in, &reason) != NANOARROW_OK) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "column %zu \"%s\": %s", index + 1, name,
                         reason.message);
    }
    if (in->dictionary != NULL || !type_of(&view, &type)) {
        return TIDE_FAIL(err, TIDE_E_ARROW,
                         "column %zu \"%s\": the Arrow type \"%s\"%s is not supported; cast it to "
                         "one of b, i, l, g, d:P,S (128 bits), u, z, tdD, tsu:UTC, w:16",
                         index + 1, name, in->format,
                         in->dictionary != NULL ? " with a dictionary" : "");
    }
    return tide_schema_add(out, name, type, (in->flags & ARROW_FLAG_NULLABLE) == 0, err);
}

tide_code tide_schema_import(const struct ArrowSchema *in, tide_schema *out, tide_error *err)
{
    tide_schema_init(out);
    if (in->format == NULL || strcmp(in->format, "+s") != 0) {
        return TIDE_FAIL(err, TIDE_E_ARROW,
                         "an Arrow schema of rows must be a struct (\"+s\"), not \"%s\"",
                         in->format == NULL ? "" : in->format);
    }
    for (int64_t i = 0; i < in->n_children; i++) {
        tide_code code = import_field(in->children[i], (size_t)i, out, err);
        if (code != TIDE_OK) {
            tide_schema_clear(out);
            return code;
        }
    }
    return TIDE_OK;
}
