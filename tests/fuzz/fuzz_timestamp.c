/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses a format, or has the text be one. What is read is within the years, and is
 * read again from how it is printed. */
#include "fuzz.h"

#include <string.h>

#include "record/timestamp.h"

static tide_time_parser *open_parser(const char *format, bool truncate)
{
    static tide_zone *zone;
    static tide_error err;
    tide_time_parser *parser = NULL;
    FUZZ_CHECK(zone != NULL || tide_zone_open("Europe/Warsaw", &zone, &err) == TIDE_OK);
    tide_time_options options = {.format = format, .zone = zone, .truncate = truncate};
    tide_code code = tide_time_parser_create(&options, &parser, &err);
    FUZZ_CHECK(code == TIDE_OK || code == TIDE_BAD_CONFIG);
    return parser;
}

static void check_instant(int64_t instant)
{
    char printed[48];
    int64_t again = 0;
    FUZZ_CHECK(instant >= tide_day_of_civil(-9999, 1, 1) * TIDE_MICROS_PER_DAY);
    FUZZ_CHECK(instant < tide_day_of_civil(10000, 1, 1) * TIDE_MICROS_PER_DAY);
    tide_time_parser *parser = open_parser(NULL, false);
    tide_str text = {printed, tide_format_instant(instant, printed)};
    FUZZ_CHECK(tide_time_parse(parser, text, false, &again) == TIDE_TIME_OK);
    FUZZ_CHECK(again == instant);
    tide_time_parser_destroy(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {NULL, "epoch_seconds", "basic_date_time||yyyy/M/d",
                                          "dd/MMM/yyyy:HH:mm:ss Z",
                                          "yyyy-MM-dd hh:mm:ss.SSSSSSSSS a"};
    if (size == 0) {
        return 0;
    }
    unsigned choice = data[0] % 6;
    tide_str text = {(const char *)data + 1, size - 1};
    char format[256] = "";
    memcpy(format, text.data, text.size < sizeof format ? text.size : sizeof format - 1);
    tide_time_parser *parser =
        open_parser(choice < 5 ? formats[choice] : format, (data[0] & 0x80) != 0);
    int64_t instant = 0;
    int32_t day = 0;
    bool is_number = (data[0] & 0x40) != 0;
    if (parser != NULL && tide_time_parse(parser, text, is_number, &instant) == TIDE_TIME_OK) {
        check_instant(instant);
    }
    if (parser != NULL && tide_time_parse_date(parser, text, is_number, &day) == TIDE_TIME_OK) {
        FUZZ_CHECK(day >= tide_day_of_civil(-9999, 1, 1) && day <= tide_day_of_civil(9999, 12, 31));
    }
    tide_time_parser_destroy(parser);
    return 0;
}
