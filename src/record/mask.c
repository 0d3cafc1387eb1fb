/* SPDX-License-Identifier: Apache-2.0 */
#include "record/mask.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "record/decimal.h"
#include "record/mask_truncate.h"
#include "record/uuid.h"

struct tide_masker {
    const tide_mask *mask; /* borrowed */
    tide_type type;
    tide_keyed_hash *hash; /* owned; kind hash only */
    tide_mask_span span;   /* of the last timestamp that was truncated */
};

bool tide_mask_fits(tide_mask_kind kind, tide_type type)
{
    switch (kind) {
        case TIDE_MASK_HASH:
            return type.id != TIDE_JSON;
        case TIDE_MASK_TRUNCATE:
            return type.id != TIDE_BOOL && type.id != TIDE_BYTES && type.id != TIDE_UUID &&
                   type.id != TIDE_JSON;
        default:
            return true;
    }
}

tide_type tide_mask_type(tide_mask_kind kind, tide_type type)
{
    const tide_type text = {.id = TIDE_TEXT};
    return kind == TIDE_MASK_HASH && type.id != TIDE_UUID ? text : type;
}

bool tide_mask_makes_null(tide_mask_kind kind, tide_type type)
{
    return kind == TIDE_MASK_NULL || (kind == TIDE_MASK_REDACT && type.id != TIDE_TEXT);
}

tide_code tide_masker_create(const tide_mask *mask, tide_type type, tide_masker **masker,
                             tide_error *err)
{
    *masker = NULL;
    tide_masker *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a mask");
    }
    created->mask = mask;
    created->type = type;
    if (mask->kind == TIDE_MASK_HASH) {
        tide_code code = tide_keyed_hash_create(mask->key, &created->hash, err);
        if (code != TIDE_OK) {
            tide_free(created);
            return code;
        }
    }
    *masker = created;
    return TIDE_OK;
}

void tide_masker_destroy(tide_masker *masker)
{
    if (masker != NULL) {
        tide_keyed_hash_destroy(masker->hash);
        tide_free(masker);
    }
}

/* For the longest: a decimal has at most 48 bytes. */
#define VALUE_BYTES_MAX 64

/* A whole number as an integer of the same value; else as it is shown. */
static size_t print_double(double value, char buffer[VALUE_BYTES_MAX])
{
    const double whole_max = 9007199254740992.0; /* 2^53 */
    return value > -whole_max && value < whole_max && value == (double)(int64_t)value
               ? (size_t)snprintf(buffer, VALUE_BYTES_MAX, "%" PRId64, (int64_t)value)
               : tide_double_format(value, buffer);
}

/* The value as text: in `buffer`, or where it lies. */
static tide_str text_of(const tide_column *column, int64_t row, char buffer[VALUE_BYTES_MAX])
{
    size_t size = 0;
    switch (column->type.id) {
        case TIDE_BOOL:
            return tide_column_bool(column, row) ? TIDE_STR("true") : TIDE_STR("false");
        case TIDE_INT32:
            size = (size_t)snprintf(buffer, VALUE_BYTES_MAX, "%" PRId32,
                                    tide_column_int32(column, row));
            break;
        case TIDE_INT64:
            size = (size_t)snprintf(buffer, VALUE_BYTES_MAX, "%" PRId64,
                                    tide_column_int64(column, row));
            break;
        case TIDE_DOUBLE:
            size = print_double(tide_column_double(column, row), buffer);
            break;
        case TIDE_DECIMAL:
            size =
                tide_decimal_format(tide_column_decimal(column, row), column->type.scale, buffer);
            break;
        case TIDE_DATE:
            size = tide_format_day(tide_column_int32(column, row), buffer);
            break;
        case TIDE_TIMESTAMP:
            size = tide_format_instant(tide_column_int64(column, row), buffer);
            break;
        case TIDE_UUID:
            size = tide_uuid_format(tide_column_uuid(column, row), buffer);
            break;
        default:
            return tide_column_str(column, row);
    }
    return (tide_str){buffer, size};
}

/* RFC 9562: version 8 is whoever's own, the variant says that the RFC is meant. */
static tide_code append_uuid_hash(tide_masker *masker, tide_str text, tide_column_builder *out,
                                  tide_error *err)
{
    uint8_t bytes[TIDE_KEYED_HASH_BYTES];
    TIDE_TRY(tide_keyed_hash_of(masker->hash, text, bytes, err));
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x80);
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    return tide_append_uuid(out, bytes, err);
}

static tide_code append_hash(tide_masker *masker, const tide_column *clear, int64_t row,
                             tide_column_builder *out, tide_error *err)
{
    char buffer[VALUE_BYTES_MAX];
    char digits[TIDE_KEYED_HASH_CHARS];
    tide_str text = text_of(clear, row, buffer);
    if (masker->type.id == TIDE_UUID) {
        return append_uuid_hash(masker, text, out, err);
    }
    TIDE_TRY(tide_keyed_hash_hex(masker->hash, text, digits, err));
    return tide_append_str(out, (tide_str){digits, sizeof digits}, err);
}

tide_code tide_masker_append(tide_masker *masker, const tide_column *clear, int64_t row,
                             tide_column_builder *out, tide_error *err)
{
    switch (masker->mask->kind) {
        case TIDE_MASK_HASH:
            return append_hash(masker, clear, row, out, err);
        case TIDE_MASK_TRUNCATE:
            return tide_mask_append_truncated(masker->mask, &masker->span, clear, row, out, err);
        default:
            return tide_mask_makes_null(masker->mask->kind, masker->type)
                       ? tide_append_null(out, err)
                       : tide_append_str(out, TIDE_STR("***"), err);
    }
}
