/* SPDX-License-Identifier: Apache-2.0 */
#include "record/array_parts.h"

#include "base/memory.h"

/* What a child's private_data points to when it owns its buffers. */
typedef struct child_buffers {
    const void *buffers[3]; /* validity, data; or validity, offsets, data */
    void *owned[3];
} child_buffers;

struct tide_array_parts {
    size_t column_count;
    const void *root_buffers[1]; /* rows are never null */
    struct ArrowArray *children;
    struct ArrowArray **pointers;
    child_buffers *buffers; /* only for lending: given children have blocks of their own */
};

tide_array_parts *tide_array_parts_create(size_t column_count)
{
    tide_array_parts *parts = tide_alloc_zero(1, sizeof *parts);
    if (parts == NULL) {
        return NULL;
    }
    parts->column_count = column_count;
    parts->children = tide_alloc_zero(column_count, sizeof parts->children[0]);
    parts->pointers = tide_alloc_zero(column_count, sizeof parts->pointers[0]);
    parts->buffers = tide_alloc_zero(column_count, sizeof parts->buffers[0]);
    if (parts->children == NULL || parts->pointers == NULL || parts->buffers == NULL) {
        tide_array_parts_destroy(parts);
        return NULL;
    }
    for (size_t i = 0; i < column_count; i++) {
        parts->pointers[i] = &parts->children[i];
    }
    return parts;
}

void tide_array_parts_destroy(tide_array_parts *parts)
{
    if (parts != NULL) {
        tide_free(parts->children);
        tide_free(parts->pointers);
        tide_free(parts->buffers);
        tide_free(parts);
    }
}

static void release_children(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL) {
            array->children[i]->release(array->children[i]);
        }
    }
}

static void release_lent_child(struct ArrowArray *array)
{
    array->release = NULL;
}

static void release_lent(struct ArrowArray *array)
{
    release_children(array);
    array->release = NULL;
}

static void release_given_child(struct ArrowArray *array)
{
    child_buffers *block = array->private_data;
    for (size_t i = 0; i < 3; i++) {
        tide_free(block->owned[i]);
    }
    tide_free(block);
    array->release = NULL;
}

static void release_given(struct ArrowArray *array)
{
    release_children(array);
    tide_array_parts_destroy(array->private_data);
    array->release = NULL;
}

static void fill_child(struct ArrowArray *child, const tide_column_builder *column,
                       child_buffers *block)
{
    const void *validity = column->null_count > 0 ? column->validity : NULL;
    bool variable = tide_type_is_variable(column->type);
    block->buffers[0] = validity;
    block->buffers[1] = variable ? (const void *)column->offsets : column->data;
    block->buffers[2] = variable ? column->data : NULL;
    *child = (struct ArrowArray){
        .length = column->row_count,
        .null_count = column->null_count,
        .n_buffers = variable ? 3 : 2,
        .buffers = block->buffers,
        .private_data = block,
    };
}

static void fill_root(tide_array_parts *parts, int64_t row_count, struct ArrowArray *out)
{
    *out = (struct ArrowArray){
        .length = row_count,
        .n_buffers = 1,
        .n_children = (int64_t)parts->column_count,
        .buffers = parts->root_buffers,
        .children = parts->pointers,
        .private_data = parts,
    };
}

void tide_array_parts_lend(tide_array_parts *parts, const tide_column_builder *columns,
                           int64_t row_count, struct ArrowArray *out)
{
    for (size_t i = 0; i < parts->column_count; i++) {
        fill_child(&parts->children[i], &columns[i], &parts->buffers[i]);
        parts->children[i].release = release_lent_child;
    }
    fill_root(parts, row_count, out);
    out->release = release_lent;
}

static void give_child(struct ArrowArray *child, tide_column_builder *column, child_buffers *block)
{
    fill_child(child, column, block);
    block->owned[0] = column->validity;
    block->owned[1] = column->offsets;
    block->owned[2] = column->data;
    child->release = release_given_child;
    tide_column_builder_init(column, column->type);
}

tide_code tide_array_parts_give(tide_column_builder *columns, size_t column_count,
                                int64_t row_count, struct ArrowArray *out, tide_error *err)
{
    tide_array_parts *parts = tide_array_parts_create(column_count);
    if (parts == NULL) {
        return TIDE_FAIL_MEMORY(err, "a batch");
    }
    size_t made = 0;
    for (; made < column_count; made++) {
        parts->children[made].private_data = tide_alloc_zero(1, sizeof(child_buffers));
        if (parts->children[made].private_data == NULL) {
            break;
        }
    }
    if (made < column_count) {
        for (size_t i = 0; i < made; i++) {
            tide_free(parts->children[i].private_data);
        }
        tide_array_parts_destroy(parts);
        return TIDE_FAIL_MEMORY(err, "a batch");
    }
    for (size_t i = 0; i < column_count; i++) {
        give_child(&parts->children[i], &columns[i], parts->children[i].private_data);
    }
    fill_root(parts, row_count, out);
    out->release = release_given;
    return TIDE_OK;
}
