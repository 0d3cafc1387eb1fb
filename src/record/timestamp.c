/* SPDX-License-Identifier: Apache-2.0 */
#include "record/timestamp.h"

#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "record/timestamp_forms.h"

#define DATE_BYTES 10 /* 2024-03-31 */

typedef enum form_kind { FORM_ISO, FORM_EPOCH, FORM_PATTERN } form_kind;

typedef struct form {
    form_kind kind;
    int64_t micros_per_unit; /* of an epoch */
    tide_time_pattern pattern;
} form;

struct tide_time_parser {
    const tide_zone *zone; /* borrowed */
    form *forms;           /* owned */
    size_t form_count;
    size_t form_capacity;
    bool truncate;
    bool iso_first;
    char last_date[DATE_BYTES]; /* events are near each other: the date is often the last one */
    int64_t last_date_micros;
};

static bool is_iso_name(tide_str name)
{
    return tide_str_equal_c(name, "iso8601") || tide_str_equal_c(name, "date_optional_time") ||
           tide_str_equal_c(name, "strict_date_optional_time") ||
           tide_str_equal_c(name, "strict_date_optional_time_nanos");
}

static bool is_epoch_name(tide_str name, int64_t *micros_per_unit)
{
    if (tide_str_equal_c(name, "epoch_millis")) {
        *micros_per_unit = 1000;
        return true;
    }
    *micros_per_unit = TIDE_MICROS_PER_SECOND;
    return tide_str_equal_c(name, "epoch_seconds") || tide_str_equal_c(name, "epoch_second");
}

/* A word of lower case and underscores is meant as a name: patterns have other characters. */
static bool looks_like_name(tide_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '_') {
            return true;
        }
    }
    return false;
}

static tide_code unknown_name(tide_str name, tide_error *err)
{
    char word[64] = "";
    memcpy(word, name.data, name.size < sizeof word ? name.size : sizeof word - 1);
    const char *nearest = tide_time_format_nearest(word);
    if (nearest != NULL) {
        return TIDE_FAIL(err, TIDE_E_TYPE_WORD,
                         "no date format is called `%.*s`: did you mean `%s`?", TIDE_STR_ARG(name),
                         nearest);
    }
    return TIDE_FAIL(err, TIDE_E_TYPE_WORD,
                     "no date format is called `%.*s`: use iso8601, epoch_millis, epoch_seconds or "
                     "a pattern such as yyyy-MM-dd HH:mm:ss",
                     TIDE_STR_ARG(name));
}

static tide_code compile_form(form *out, tide_str text, tide_error *err)
{
    if (text.size == 0) {
        return TIDE_FAIL(err, TIDE_E_TYPE_WORD, "an alternative of the date format is empty");
    }
    if (is_iso_name(text)) {
        out->kind = FORM_ISO;
        return TIDE_OK;
    }
    if (is_epoch_name(text, &out->micros_per_unit)) {
        out->kind = FORM_EPOCH;
        return TIDE_OK;
    }
    out->kind = FORM_PATTERN;
    const char *named = tide_time_pattern_named(text);
    if (named == NULL && looks_like_name(text)) {
        return unknown_name(text, err);
    }
    return tide_time_pattern_compile(&out->pattern, named == NULL ? text : tide_str_of(named), err);
}

static tide_code add_form(tide_time_parser *parser, tide_str text, tide_error *err)
{
    void *forms = parser->forms;
    TIDE_TRY(tide_grow(&forms, &parser->form_capacity, parser->form_count + 1,
                       sizeof parser->forms[0], err));
    parser->forms = forms;
    TIDE_TRY(compile_form(&parser->forms[parser->form_count], text, err));
    parser->form_count++;
    return TIDE_OK;
}

static tide_code add_forms(tide_time_parser *parser, const char *format, tide_error *err)
{
    if (format == NULL) {
        format = "strict_date_optional_time||epoch_millis";
    }
    const char *bar;
    while ((bar = strstr(format, "||")) != NULL) {
        TIDE_TRY(add_form(parser, (tide_str){format, (size_t)(bar - format)}, err));
        format = bar + 2;
    }
    TIDE_TRY(add_form(parser, tide_str_of(format), err));
    parser->iso_first = parser->forms[0].kind == FORM_ISO;
    return TIDE_OK;
}

tide_code tide_time_parser_create(const tide_time_options *options, tide_time_parser **parser,
                                  tide_error *err)
{
    *parser = NULL;
    tide_time_parser *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a timestamp parser");
    }
    created->zone = options->zone;
    created->truncate = options->truncate;
    memcpy(created->last_date, "1970-01-01", DATE_BYTES);
    tide_code code = add_forms(created, options->format, err);
    if (code != TIDE_OK) {
        tide_time_parser_destroy(created);
        return code;
    }
    *parser = created;
    return TIDE_OK;
}

void tide_time_parser_destroy(tide_time_parser *parser)
{
    if (parser != NULL) {
        tide_free(parser->forms);
        tide_free(parser);
    }
}

static bool is_two_digits(const char *at)
{
    return (unsigned)(at[0] - '0') <= 9 && (unsigned)(at[1] - '0') <= 9;
}

static int two_digits(const char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

/* "2024-03-31", by the last one or by arithmetic. */
static bool fast_date(tide_time_parser *parser, const char *at, int64_t *micros)
{
    if (memcmp(at, parser->last_date, DATE_BYTES) == 0) {
        *micros = parser->last_date_micros;
        return true;
    }
    int32_t day;
    if (!tide_parse_day((tide_str){at, DATE_BYTES}, &day)) {
        return false;
    }
    *micros = day * TIDE_MICROS_PER_DAY;
    memcpy(parser->last_date, at, DATE_BYTES);
    parser->last_date_micros = *micros;
    return true;
}

/* "12:34:56" */
static bool fast_clock(const char *at, int64_t *micros)
{
    if (!is_two_digits(at) || at[2] != ':' || !is_two_digits(at + 3) || at[5] != ':' ||
        !is_two_digits(at + 6)) {
        return false;
    }
    int hour = two_digits(at), minute = two_digits(at + 3), second = two_digits(at + 6);
    *micros = ((hour * 60 + minute) * 60 + second) * TIDE_MICROS_PER_SECOND;
    return hour <= 23 && minute <= 59 && second <= 59;
}

/* 2024-03-31T12:34:56Z, also with .789 or .789012: what nearly all documents hold. False for all
 * else, right or wrong: the general reader decides. */
static bool fast_instant(tide_time_parser *parser, tide_str text, int64_t *instant)
{
    const char *at = text.data;
    int64_t date, clock, fraction = 0;
    if ((text.size != 24 && text.size != 20 && text.size != 27) || at[10] != 'T' ||
        at[text.size - 1] != 'Z' || !fast_date(parser, at, &date) || !fast_clock(at + 11, &clock)) {
        return false;
    }
    if (text.size > 20) {
        if (at[19] != '.' || !is_two_digits(at + 20) || (unsigned)(at[22] - '0') > 9) {
            return false;
        }
        fraction = (two_digits(at + 20) * 10 + (at[22] - '0')) * INT64_C(1000);
    }
    if (text.size == 27) {
        if (!is_two_digits(at + 23) || (unsigned)(at[25] - '0') > 9) {
            return false;
        }
        fraction += two_digits(at + 23) * 10 + (at[25] - '0');
    }
    *instant = date + clock + fraction;
    return true;
}

static tide_time_fit parse_form(const tide_time_parser *parser, const form *with, tide_str text,
                                tide_moment *moment)
{
    switch (with->kind) {
        case FORM_ISO:
            return tide_time_parse_iso(text, parser->truncate, moment);
        case FORM_EPOCH:
            return tide_time_parse_epoch(text, with->micros_per_unit, parser->truncate, moment);
        case FORM_PATTERN:
            break;
    }
    return tide_time_parse_pattern(&with->pattern, text, parser->truncate, moment);
}

/* The first form that fits; else the finding that says most. With only_epoch, epochs only. */
static tide_time_fit parse_forms(const tide_time_parser *parser, tide_str text, bool only_epoch,
                                 tide_moment *moment)
{
    tide_time_fit result = TIDE_TIME_SYNTAX;
    for (size_t i = 0; i < parser->form_count; i++) {
        if (only_epoch && parser->forms[i].kind != FORM_EPOCH) {
            continue;
        }
        tide_time_fit fit = parse_form(parser, &parser->forms[i], text, moment);
        if (fit == TIDE_TIME_OK) {
            return fit;
        }
        if (result == TIDE_TIME_SYNTAX) {
            result = fit;
        }
    }
    return result;
}

static tide_time_fit parse_moment(const tide_time_parser *parser, tide_str text, bool is_number,
                                  tide_moment *moment)
{
    tide_time_fit as_epoch = TIDE_TIME_SYNTAX;
    if (is_number) {
        as_epoch = parse_forms(parser, text, true, moment);
        if (as_epoch == TIDE_TIME_OK) {
            return as_epoch;
        }
    }
    tide_time_fit fit = parse_forms(parser, text, false, moment);
    return fit == TIDE_TIME_SYNTAX ? as_epoch : fit;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

static int64_t instant_in_zone(const tide_zone *zone, int64_t local_micros)
{
    int64_t day = floor_divide(local_micros, TIDE_MICROS_PER_DAY);
    int64_t rest = local_micros - day * TIDE_MICROS_PER_DAY;
    int64_t second = rest / TIDE_MICROS_PER_SECOND;
    tide_civil civil = {
        .hour = (int)(second / 3600),
        .minute = (int)(second / 60 % 60),
        .second = (int)(second % 60),
        .micros = (int32_t)(rest % TIDE_MICROS_PER_SECOND),
    };
    tide_civil_of_day((int32_t)day, &civil.year, &civil.month, &civil.day);
    return tide_zone_instant_of(zone, &civil);
}

/* An offset may lead out of the years. */
static tide_time_fit check_years(int64_t instant)
{
    const int64_t first = (int64_t)tide_day_of_civil(-9999, 1, 1) * TIDE_MICROS_PER_DAY;
    const int64_t end = (int64_t)tide_day_of_civil(10000, 1, 1) * TIDE_MICROS_PER_DAY;
    return instant >= first && instant < end ? TIDE_TIME_OK : TIDE_TIME_RANGE;
}

tide_time_fit tide_time_parse(tide_time_parser *parser, tide_str text, bool is_number,
                              int64_t *instant)
{
    if (parser->iso_first && fast_instant(parser, text, instant)) {
        return TIDE_TIME_OK;
    }
    tide_moment moment;
    tide_time_fit fit = parse_moment(parser, text, is_number, &moment);
    if (fit != TIDE_TIME_OK) {
        return fit;
    }
    if (moment.has_offset) {
        *instant = moment.local_micros - moment.offset_seconds * TIDE_MICROS_PER_SECOND;
        return check_years(*instant);
    }
    if (parser->zone == NULL) {
        return TIDE_TIME_ZONE;
    }
    *instant = instant_in_zone(parser->zone, moment.local_micros);
    return check_years(*instant);
}

tide_time_fit tide_time_parse_date(tide_time_parser *parser, tide_str text, bool is_number,
                                   int32_t *day)
{
    if (parser->iso_first && text.size == DATE_BYTES && tide_parse_day(text, day)) {
        return TIDE_TIME_OK;
    }
    tide_moment moment;
    tide_time_fit fit = parse_moment(parser, text, is_number, &moment);
    if (fit != TIDE_TIME_OK) {
        return fit;
    }
    int64_t midnight;
    if (moment.is_epoch && parser->zone != NULL) {
        tide_day_span span = tide_zone_day_of(parser->zone, moment.local_micros);
        *day = span.day;
        midnight = span.begin;
    } else {
        *day = (int32_t)floor_divide(moment.local_micros, TIDE_MICROS_PER_DAY);
        midnight = *day * TIDE_MICROS_PER_DAY;
    }
    return midnight == moment.local_micros || parser->truncate ? TIDE_TIME_OK : TIDE_TIME_OF_DAY;
}
