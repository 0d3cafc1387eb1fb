/* SPDX-License-Identifier: Apache-2.0 */
#include "record/schema.h"

#include <string.h>

#include "base/memory.h"

void tide_schema_init(tide_schema *schema)
{
    *schema = (tide_schema){NULL, 0, 0};
}

void tide_schema_clear(tide_schema *schema)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        tide_free(schema->fields[i].name);
    }
    tide_free(schema->fields);
    tide_schema_init(schema);
}

tide_code tide_schema_add(tide_schema *schema, const char *name, tide_type type, bool not_null,
                          tide_error *err)
{
    void *fields = schema->fields;
    TIDE_TRY(tide_grow(&fields, &schema->field_capacity, schema->field_count + 1,
                       sizeof schema->fields[0], err));
    schema->fields = fields;
    char *copy = tide_copy_string(name);
    if (copy == NULL) {
        return TIDE_FAIL_MEMORY(err, "a schema");
    }
    schema->fields[schema->field_count++] = (tide_field){copy, type, not_null};
    return TIDE_OK;
}

tide_code tide_schema_copy(const tide_schema *from, tide_schema *to, tide_error *err)
{
    tide_schema_init(to);
    for (size_t i = 0; i < from->field_count; i++) {
        const tide_field *field = &from->fields[i];
        tide_code code = tide_schema_add(to, field->name, field->type, field->not_null, err);
        if (code != TIDE_OK) {
            tide_schema_clear(to);
            return code;
        }
    }
    return TIDE_OK;
}

size_t tide_schema_find(const tide_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (strcmp(schema->fields[i].name, name) == 0) {
            return i;
        }
    }
    return TIDE_NO_FIELD;
}

bool tide_schema_equal(const tide_schema *a, const tide_schema *b)
{
    if (a->field_count != b->field_count) {
        return false;
    }
    for (size_t i = 0; i < a->field_count; i++) {
        const tide_field *x = &a->fields[i];
        const tide_field *y = &b->fields[i];
        if (strcmp(x->name, y->name) != 0 || !tide_type_equal(x->type, y->type) ||
            x->not_null != y->not_null) {
            return false;
        }
    }
    return true;
}
