/* SPDX-License-Identifier: Apache-2.0 */
/* Batches from outside: nothing about them is believed before it is checked. What already has the
 * engine's form is moved; what has an offset, or children longer than the batch, is copied. */
#include "base/problem.h"
#include "base/utf8.h"
#include "record/builder.h"
#include "record/decimal.h"

/* One child as the checks see it: rows [begin, end) of the buffers are the batch's. */
typedef struct child_rows {
    const struct ArrowArray *array;
    const tide_field *field;
    tide_column column;
    int64_t begin, end;
} child_rows;

static bool is_utf8_type(tide_type type)
{
    return type.id == TIDE_TEXT || type.id == TIDE_JSON;
}

static tide_code check_offsets(const child_rows *rows, tide_error *err)
{
    const int32_t *offsets = rows->column.offsets;
    if ((uintptr_t)offsets % sizeof offsets[0] != 0) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "column \"%s\": its offsets are not aligned",
                         rows->field->name);
    }
    for (int64_t i = rows->begin; i < rows->end; i++) {
        if (offsets[i] < 0 || offsets[i] > offsets[i + 1]) {
            return TIDE_FAIL(err, TIDE_E_ARROW, "column \"%s\": bad offsets in row %lld",
                             rows->field->name, (long long)(i - rows->begin));
        }
    }
    if (rows->array->buffers[2] == NULL && offsets[rows->end] > offsets[rows->begin]) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "column \"%s\": its bytes are missing",
                         rows->field->name);
    }
    return TIDE_OK;
}

static tide_code check_buffers(const child_rows *rows, tide_error *err)
{
    bool variable = tide_type_is_variable(rows->field->type);
    const char *name = rows->field->name;
    if (rows->array->n_buffers != (variable ? 3 : 2) || rows->array->dictionary != NULL ||
        rows->array->n_children != 0) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "column \"%s\": its buffers do not fit its type", name);
    }
    if (rows->array->buffers[0] == NULL && rows->array->null_count > 0) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "column \"%s\": nulls without a validity buffer", name);
    }
    if (rows->end > rows->begin && rows->array->buffers[1] == NULL) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "column \"%s\": its values are missing", name);
    }
    return TIDE_OK;
}

static tide_code check_length(const struct ArrowArray *root, const child_rows *rows,
                              tide_error *err)
{
    const struct ArrowArray *child = rows->array;
    if (child->release == NULL || child->length < 0 || child->offset < 0 ||
        child->length > INT32_MAX || child->offset > INT32_MAX ||
        root->offset + root->length > child->length) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "column \"%s\": %lld values for %lld rows",
                         rows->field->name, (long long)child->length,
                         (long long)(root->offset + root->length));
    }
    return TIDE_OK;
}

static tide_code check_cells(const child_rows *rows, tide_error *err)
{
    tide_type type = rows->field->type;
    const tide_column *column = &rows->column;
    if (is_utf8_type(type)) {
        for (int64_t i = rows->begin; i < rows->end; i++) {
            if (!tide_column_is_null(column, i) && !tide_utf8_valid(tide_column_str(column, i))) {
                return TIDE_FAIL(err, TIDE_E_ARROW, "column \"%s\": row %lld is not UTF-8",
                                 rows->field->name, (long long)(i - rows->begin));
            }
        }
    }
    if (type.id == TIDE_DECIMAL) {
        for (int64_t i = rows->begin; i < rows->end; i++) {
            if (!tide_column_is_null(column, i) &&
                !tide_decimal_fits(tide_column_decimal(column, i), type.precision)) {
                return TIDE_FAIL(err, TIDE_E_ARROW,
                                 "column \"%s\": row %lld has more than %d digits",
                                 rows->field->name, (long long)(i - rows->begin), type.precision);
            }
        }
    }
    return TIDE_OK;
}

static tide_code check_nulls(const child_rows *rows, tide_error *err)
{
    const uint8_t *validity = rows->column.validity;
    if (rows->field->not_null && validity != NULL &&
        tide_bits_count_zero(validity, rows->begin, rows->end - rows->begin) > 0) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "column \"%s\": nulls where none may be",
                         rows->field->name);
    }
    return TIDE_OK;
}

/* Fills rows->column, begin and end. */
static tide_code open_child(const struct ArrowArray *root, child_rows *rows, tide_error *err)
{
    TIDE_TRY(check_length(root, rows, err));
    const struct ArrowArray *child = rows->array;
    rows->begin = child->offset + root->offset;
    rows->end = rows->begin + root->length;
    TIDE_TRY(check_buffers(rows, err));
    rows->column = tide_column_of(child, rows->field->type);
    rows->column.row_count = rows->end;
    if (rows->end == rows->begin) {
        return TIDE_OK;
    }
    if (rows->column.offsets != NULL) {
        TIDE_TRY(check_offsets(rows, err));
    }
    TIDE_TRY(check_nulls(rows, err));
    return check_cells(rows, err);
}

static bool has_our_form(const struct ArrowArray *root, const child_rows *rows)
{
    const int32_t *offsets = rows->column.offsets;
    bool variable = tide_type_is_variable(rows->field->type);
    return rows->begin == 0 && rows->array->length == root->length &&
           (!variable || (offsets != NULL && root->length > 0 && offsets[0] == 0));
}

static tide_code check_root(const struct ArrowArray *root, const tide_schema *schema,
                            tide_error *err)
{
    if (root->n_children != (int64_t)schema->field_count) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "a batch has %lld columns where the schema has %zu",
                         (long long)root->n_children, schema->field_count);
    }
    if (root->length < 0 || root->offset < 0 || root->length > INT32_MAX ||
        root->offset > INT32_MAX) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "a batch of %lld rows at offset %lld",
                         (long long)root->length, (long long)root->offset);
    }
    const uint8_t *validity = root->n_buffers > 0 ? root->buffers[0] : NULL;
    if (root->null_count != 0 && validity != NULL &&
        tide_bits_count_zero(validity, root->offset, root->length) > 0) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "a batch has rows that are null as a whole");
    }
    return TIDE_OK;
}

/* Checks all children; *movable says whether all have the engine's form. */
static tide_code check_children(const struct ArrowArray *root, const tide_schema *schema,
                                bool *movable, tide_error *err)
{
    *movable = root->offset == 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        child_rows rows = {.array = root->children[i], .field = &schema->fields[i]};
        TIDE_TRY(open_child(root, &rows, err));
        *movable = *movable && has_our_form(root, &rows);
    }
    return TIDE_OK;
}

static tide_code copy_children(const struct ArrowArray *root, tide_builder *builder,
                               tide_error *err)
{
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        child_rows rows = {.array = root->children[i], .field = &builder->schema->fields[i]};
        TIDE_TRY(open_child(root, &rows, err));
        TIDE_TRY(tide_column_append_range(&builder->columns[i], &rows.column, rows.begin, rows.end,
                                          err));
    }
    builder->row_count = root->length;
    return TIDE_OK;
}

static tide_code copy_batch(const struct ArrowArray *root, const tide_schema *schema,
                            tide_batch *out, tide_error *err)
{
    tide_builder builder;
    TIDE_TRY(tide_builder_init(&builder, schema, err));
    tide_code code = copy_children(root, &builder, err);
    if (code == TIDE_OK) {
        code = tide_builder_finish(&builder, out, err);
    }
    tide_builder_clear(&builder);
    return code;
}

tide_code tide_batch_import(struct ArrowArray *in, const tide_schema *schema, tide_batch *out,
                            tide_error *err)
{
    bool movable = false;
    tide_batch_init(out);
    if (in->release == NULL) {
        return TIDE_FAIL(err, TIDE_E_ARROW, "a batch that was already released");
    }
    tide_code code = check_root(in, schema, err);
    if (code == TIDE_OK) {
        code = check_children(in, schema, &movable, err);
    }
    if (code == TIDE_OK && movable) {
        out->schema = schema;
        out->array = *in;
        in->release = NULL;
        return TIDE_OK;
    }
    if (code == TIDE_OK) {
        code = copy_batch(in, schema, out, err);
    }
    in->release(in);
    in->release = NULL;
    return code;
}
