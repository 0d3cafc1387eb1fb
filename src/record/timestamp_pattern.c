/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "base/problem.h"
#include "record/timestamp_forms.h"

typedef struct named_pattern {
    const char *name;
    const char *pattern;
} named_pattern;

static const named_pattern names[] = {
    {"basic_date", "yyyyMMdd"},
    {"basic_date_time", "yyyyMMdd'T'HHmmss.SSSX"},
    {"basic_date_time_no_millis", "yyyyMMdd'T'HHmmssX"},
    {"date", "yyyy-MM-dd"},
    {"date_hour", "yyyy-MM-dd'T'HH"},
    {"date_hour_minute", "yyyy-MM-dd'T'HH:mm"},
    {"date_hour_minute_second", "yyyy-MM-dd'T'HH:mm:ss"},
    {"date_hour_minute_second_fraction", "yyyy-MM-dd'T'HH:mm:ss.SSS"},
    {"date_hour_minute_second_millis", "yyyy-MM-dd'T'HH:mm:ss.SSS"},
    {"date_time", "yyyy-MM-dd'T'HH:mm:ss.SSSX"},
    {"date_time_no_millis", "yyyy-MM-dd'T'HH:mm:ssX"},
    {"year", "yyyy"},
    {"year_month", "yyyy-MM"},
    {"year_month_day", "yyyy-MM-dd"},
};

/* What else a format may be called: for "did you mean". */
static const char *const other_names[] = {
    "iso8601",      "date_optional_time", "strict_date_optional_time",
    "epoch_millis", "epoch_seconds",      "epoch_second",
};

#define NAME_COUNT (sizeof names / sizeof names[0])
#define OTHER_COUNT (sizeof other_names / sizeof other_names[0])

const char *tide_time_pattern_named(tide_str name)
{
    static const char prefix[] = "strict_";
    if (tide_str_starts_with(name, prefix)) {
        name.data += sizeof prefix - 1;
        name.size -= sizeof prefix - 1;
    }
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (tide_str_equal_c(name, names[i].name)) {
            return names[i].pattern;
        }
    }
    return NULL;
}

const char *tide_time_format_nearest(const char *name)
{
    const char *candidates[NAME_COUNT + OTHER_COUNT];
    for (size_t i = 0; i < NAME_COUNT; i++) {
        candidates[i] = names[i].name;
    }
    memcpy(candidates + NAME_COUNT, other_names, sizeof other_names);
    return tide_text_nearest(name, candidates, NAME_COUNT + OTHER_COUNT);
}

static tide_code add_item(tide_time_pattern *pattern, char letter, char literal, size_t count,
                          tide_error *err)
{
    if (pattern->item_count == TIDE_TIME_PATTERN_ITEMS_MAX) {
        return TIDE_FAIL(err, TIDE_E_TYPE_WORD, "the pattern has more than %d parts",
                         TIDE_TIME_PATTERN_ITEMS_MAX);
    }
    pattern->items[pattern->item_count++] =
        (tide_time_item){.letter = letter, .literal = literal, .count = (int8_t)count};
    return TIDE_OK;
}

/* How often each letter may stand: "yu" 1, 2 or 4 times, ... */
static bool count_fits(char letter, size_t count)
{
    switch (letter) {
        case 'y':
        case 'u':
            return count == 1 || count == 2 || count == 4;
        case 'M':
            return count <= 3;
        case 'd':
        case 'H':
        case 'h':
        case 'm':
        case 's':
            return count <= 2;
        case 'a':
            return count == 1;
        case 'S':
            return count <= 9;
        case 'X':
        case 'x':
        case 'Z':
            return count <= 3;
        default:
            return false;
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 'text' is text, '' is a quote, within quotes too. *at is behind the opening quote. */
static tide_code compile_quoted(tide_time_pattern *pattern, tide_str text, size_t *at,
                                tide_error *err)
{
    size_t begin = *at;
    for (size_t i = begin; i < text.size; i++) {
        if (text.data[i] == '\'') {
            bool doubled = i + 1 < text.size && text.data[i + 1] == '\'';
            if (!doubled && i > begin) {
                *at = i + 1;
                return TIDE_OK;
            }
            if (!doubled) {
                *at = i + 1;
                return add_item(pattern, 0, '\'', 1, err);
            }
            i++;
        }
        TIDE_TRY(add_item(pattern, 0, text.data[i], 1, err));
    }
    return TIDE_FAIL(err, TIDE_E_TYPE_WORD, "the pattern `%.*s` has an open quote",
                     TIDE_STR_ARG(text));
}

static tide_code compile_letters(tide_time_pattern *pattern, tide_str text, size_t *at,
                                 tide_error *err)
{
    char letter = text.data[*at];
    size_t begin = *at;
    while (*at < text.size && text.data[*at] == letter) {
        (*at)++;
    }
    size_t count = *at - begin;
    if (!count_fits(letter, count)) {
        return TIDE_FAIL(err, TIDE_E_TYPE_WORD,
                         "`%.*s` in the pattern `%.*s` is not known: use yyyy uuuu MM MMM dd HH hh "
                         "a mm ss SSS X XXX x xxx Z and 'quoted text'",
                         (int)count, text.data + begin, TIDE_STR_ARG(text));
    }
    return add_item(pattern, letter, 0, count, err);
}

static tide_code check_has_year(const tide_time_pattern *pattern, tide_str text, tide_error *err)
{
    for (size_t i = 0; i < pattern->item_count; i++) {
        if (pattern->items[i].letter == 'y' || pattern->items[i].letter == 'u') {
            return TIDE_OK;
        }
    }
    return TIDE_FAIL(err, TIDE_E_TYPE_WORD, "the pattern `%.*s` has no year", TIDE_STR_ARG(text));
}

tide_code tide_time_pattern_compile(tide_time_pattern *pattern, tide_str text, tide_error *err)
{
    pattern->item_count = 0;
    size_t at = 0;
    while (at < text.size) {
        char c = text.data[at];
        if (c == '\'') {
            at++;
            TIDE_TRY(compile_quoted(pattern, text, &at, err));
        } else if (is_letter(c)) {
            TIDE_TRY(compile_letters(pattern, text, &at, err));
        } else if (strchr("[]{}#", c) != NULL) {
            return TIDE_FAIL(err, TIDE_E_TYPE_WORD,
                             "the pattern `%.*s` has `%c`: write the alternatives out, separated "
                             "by ||",
                             TIDE_STR_ARG(text), c);
        } else {
            TIDE_TRY(add_item(pattern, 0, c, 1, err));
            at++;
        }
    }
    return check_has_year(pattern, text, err);
}

static bool read_month_name(tide_time_cursor *cursor, int *month)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (int i = 0; i < 12; i++) {
        if (cursor->end - cursor->at >= 3 && strncasecmp(cursor->at, months[i], 3) == 0) {
            cursor->at += 3;
            *month = i + 1;
            return true;
        }
    }
    return false;
}

static bool read_year(tide_time_cursor *cursor, int count, int *year)
{
    if (count == 2) {
        bool fine = tide_time_read_digits(cursor, 2, 2, year);
        *year += 2000;
        return fine;
    }
    bool negative = cursor->at < cursor->end && *cursor->at == '-';
    if (negative) {
        cursor->at++;
    }
    bool fine = tide_time_read_digits(cursor, count == 4 ? 4 : 1, 4, year);
    if (negative) {
        *year = -*year;
    }
    return fine;
}

/* AM = 0, PM = 1, noted aside as it may stand before the hour. */
static bool read_half(tide_time_cursor *cursor, int *half)
{
    if (cursor->end - cursor->at < 2 || (cursor->at[1] | 0x20) != 'm') {
        return false;
    }
    char first = (char)(cursor->at[0] | 0x20);
    *half = first == 'p' ? 1 : 0;
    cursor->at += 2;
    return first == 'p' || first == 'a';
}

static bool read_offset_item(tide_time_cursor *cursor, char letter, tide_moment_fields *fields)
{
    bool zulu = cursor->at < cursor->end && *cursor->at == 'Z';
    fields->has_offset = true;
    return !(zulu && letter == 'x') && tide_time_read_offset(cursor, &fields->offset_seconds);
}

static bool read_item(const tide_time_item *item, tide_time_cursor *cursor,
                      tide_moment_fields *fields, int *half)
{
    int digits_min = item->count == 1 ? 1 : 2;
    switch (item->letter) {
        case 'y':
        case 'u':
            return read_year(cursor, item->count, &fields->year);
        case 'M':
            return item->count == 3 ? read_month_name(cursor, &fields->month)
                                    : tide_time_read_digits(cursor, digits_min, 2, &fields->month);
        case 'd':
            return tide_time_read_digits(cursor, digits_min, 2, &fields->day);
        case 'H':
        case 'h':
            return tide_time_read_digits(cursor, digits_min, 2, &fields->hour);
        case 'm':
            return tide_time_read_digits(cursor, digits_min, 2, &fields->minute);
        case 's':
            return tide_time_read_digits(cursor, digits_min, 2, &fields->second);
        case 'S':
            return tide_time_read_fraction(cursor, item->count, item->count, &fields->nanos);
        case 'a':
            return read_half(cursor, half);
        default:
            return read_offset_item(cursor, item->letter, fields);
    }
}

static bool read_items(const tide_time_pattern *pattern, tide_time_cursor *cursor,
                       tide_moment_fields *fields, int *half)
{
    for (size_t i = 0; i < pattern->item_count; i++) {
        const tide_time_item *item = &pattern->items[i];
        if (item->letter == 0) {
            if (cursor->at == cursor->end || *cursor->at != item->literal) {
                return false;
            }
            cursor->at++;
        } else if (!read_item(item, cursor, fields, half)) {
            return false;
        }
    }
    return cursor->at == cursor->end;
}

tide_time_fit tide_time_parse_pattern(const tide_time_pattern *pattern, tide_str text,
                                      bool truncate, tide_moment *out)
{
    tide_time_cursor cursor = {text.data, text.data + text.size};
    tide_moment_fields fields = {.year = 1970, .month = 1, .day = 1};
    int half = -1;
    if (text.size == 0 || !read_items(pattern, &cursor, &fields, &half)) {
        return TIDE_TIME_SYNTAX;
    }
    if (half >= 0) {
        if (fields.hour < 1 || fields.hour > 12) {
            return TIDE_TIME_RANGE;
        }
        fields.hour = fields.hour % 12 + 12 * half;
    }
    return tide_moment_of_fields(&fields, truncate, out);
}
