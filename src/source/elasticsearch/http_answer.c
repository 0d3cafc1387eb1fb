/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/http_answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "record/json_decoder.h"

#define FIRST_ANSWER_BYTES (64u << 10)
/* Longer waits are all the same: nobody sits them out. */
#define RETRY_AFTER_SECONDS_MAX 86400

void tide_http_answer_init(tide_http_answer *answer, tide_budget *budget)
{
    memset(answer, 0, sizeof *answer);
    answer->budget = budget;
    answer->retry_after_ms = -1;
}

void tide_http_answer_clear(tide_http_answer *answer)
{
    tide_budget_give_back(answer->budget, (int64_t)answer->capacity);
    tide_free(answer->data);
    tide_http_answer_init(answer, answer->budget);
}

tide_str tide_http_answer_text(const tide_http_answer *answer)
{
    return (tide_str){answer->data, answer->size};
}

static bool reserve(tide_http_answer *answer, size_t bytes)
{
    size_t needed = answer->size + bytes + TIDE_JSON_PADDING;
    if (needed <= answer->capacity) {
        return true;
    }
    size_t capacity = answer->capacity > 0 ? answer->capacity : FIRST_ANSWER_BYTES;
    while (capacity < needed) {
        capacity += capacity / 2;
    }
    char *data = tide_resize(answer->data, capacity);
    if (data == NULL) {
        return false;
    }
    memset(data + answer->size, 0, capacity - answer->size);
    tide_budget_force(answer->budget, (int64_t)(capacity - answer->capacity));
    answer->data = data;
    answer->capacity = capacity;
    return true;
}

void tide_http_answer_reset(tide_http_answer *answer)
{
    answer->status = 0;
    answer->size = 0;
    answer->retry_after_ms = -1;
    answer->elastic_product = false;
    answer->wire_bytes = 0;
}

bool tide_http_answer_append(tide_http_answer *answer, const char *data, size_t bytes)
{
    if (!reserve(answer, bytes)) {
        return false;
    }
    memcpy(answer->data + answer->size, data, bytes);
    answer->size += bytes;
    return true;
}

/* The value of the header when `line` is that header, else NULL. */
static const char *header_value(const char *line, size_t size, const char *name)
{
    size_t name_size = strlen(name);
    if (size <= name_size || line[name_size] != ':' || strncasecmp(line, name, name_size) != 0) {
        return NULL;
    }
    return line + name_size + 1;
}

static int64_t retry_after_ms(long seconds)
{
    return 1000 * (int64_t)(seconds < RETRY_AFTER_SECONDS_MAX ? seconds : RETRY_AFTER_SECONDS_MAX);
}

void tide_http_answer_read_header(tide_http_answer *answer, tide_str header)
{
    char line[256];
    size_t kept = header.size < sizeof line ? header.size : sizeof line - 1;
    memcpy(line, header.data, kept);
    line[kept] = '\0';
    if (header_value(line, kept, "x-elastic-product") != NULL) {
        answer->elastic_product = true;
    }
    const char *wait = header_value(line, kept, "retry-after");
    if (wait != NULL) {
        wait += strspn(wait, " \t");
        /* Only the form in seconds; a date is left to our own pause. */
        answer->retry_after_ms =
            *wait >= '0' && *wait <= '9' ? retry_after_ms(strtol(wait, NULL, 10)) : -1;
    }
}
