/* SPDX-License-Identifier: Apache-2.0 */
/* Zones, behind extern "C": the tz database is read by cctz. Only opening a zone allocates, so only
 * it can throw; it catches. Lookups are arithmetic on tables. */
#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>

extern "C" {
#include "base/calendar.h"
#include "base/memory.h"
#include "base/problem.h"
}

struct tide_zone {
    cctz::time_zone rules;
};

namespace {

using instant_seconds = cctz::time_point<cctz::seconds>;

/* The widest offset that ISO 8601 users write; the tz database stays within 16 hours. */
const int offset_hours_max = 18;

instant_seconds to_seconds(int64_t seconds) noexcept
{
    return instant_seconds(cctz::seconds(seconds));
}

int64_t floor_divide(int64_t value, int64_t by) noexcept
{
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

/* Days far outside of the range of instants end at its bounds. */
int64_t to_micros(instant_seconds seconds) noexcept
{
    int64_t micros;
    int64_t count = seconds.time_since_epoch().count();
    if (__builtin_mul_overflow(count, TIDE_MICROS_PER_SECOND, &micros)) {
        return count < 0 ? INT64_MIN : INT64_MAX;
    }
    return micros;
}

bool two_digits(const char *at, int *value) noexcept
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') {
        return false;
    }
    *value = (at[0] - '0') * 10 + (at[1] - '0');
    return true;
}

/* "+02:00", "-0330", "+05" */
bool parse_offset(const char *name, int *offset_seconds) noexcept
{
    size_t size = std::strlen(name);
    int hours = 0;
    int minutes = 0;
    if ((name[0] != '+' && name[0] != '-') || (size != 3 && size != 5 && size != 6) ||
        !two_digits(name + 1, &hours)) {
        return false;
    }
    if ((size == 5 && !two_digits(name + 3, &minutes)) ||
        (size == 6 && (name[3] != ':' || !two_digits(name + 4, &minutes)))) {
        return false;
    }
    if (minutes > 59 || hours * 60 + minutes > offset_hours_max * 60) {
        return false;
    }
    int seconds = (hours * 60 + minutes) * 60;
    *offset_seconds = name[0] == '-' ? -seconds : seconds;
    return true;
}

/* cctz would also open absolute paths and the zone of this machine, which are no names of the tz
 * database and differ from machine to machine. */
bool is_database_name(const char *name) noexcept
{
    if (name[0] == '\0' || name[0] == '/' || std::strstr(name, "..") != nullptr ||
        std::strcmp(name, "localtime") == 0) {
        return false;
    }
    for (const char *c = name; *c != '\0'; c++) {
        bool fine = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                    (*c >= '0' && *c <= '9') || std::strchr("/_+-", *c) != nullptr;
        if (!fine) {
            return false;
        }
    }
    return true;
}

/* Whether a file of the tz database could not be looked at, so that nobody knows if it is there. */
bool is_trouble(int sys_errno) noexcept
{
    return sys_errno == EMFILE || sys_errno == ENFILE || sys_errno == ENOMEM || sys_errno == EIO ||
           sys_errno == EACCES;
}

tide_code fail_unknown(const char *name, int sys_errno, tide_error *err)
{
    if (is_trouble(sys_errno)) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, sys_errno, "can't read the time zone \"%s\"", name);
    }
    return TIDE_FAIL(err, TIDE_E_TYPE_WORD,
                     "no time zone \"%s\": write a name of the tz database, such as "
                     "Europe/Warsaw or UTC, or an offset, such as +02:00",
                     name);
}

bool load_rules(const char *name, cctz::time_zone *rules)
{
    int offset_seconds = 0;
    if (parse_offset(name, &offset_seconds)) {
        *rules = cctz::fixed_time_zone(cctz::seconds(offset_seconds));
        return true;
    }
    return is_database_name(name) && cctz::load_time_zone(name, rules);
}

cctz::civil_second midnight_of(int32_t day) noexcept
{
    return cctz::civil_second(cctz::civil_day() + static_cast<cctz::diff_t>(day));
}

/* The first instant whose local date is `day` or later. */
instant_seconds begin_of(const cctz::time_zone &rules, int32_t day) noexcept
{
    cctz::time_zone::civil_lookup found = rules.lookup(midnight_of(day));
    return found.kind == cctz::time_zone::civil_lookup::SKIPPED ? found.trans : found.pre;
}

}  // namespace

extern "C" tide_code tide_zone_open(const char *name, tide_zone **zone, tide_error *err)
{
    *zone = nullptr;
    try {
        cctz::time_zone rules;
        errno = 0;
        if (!load_rules(name, &rules)) {
            return fail_unknown(name, errno, err);
        }
        void *memory = tide_alloc(sizeof(tide_zone));
        if (memory == nullptr) {
            return TIDE_FAIL_MEMORY(err, "a time zone");
        }
        *zone = new (memory) tide_zone{rules};
        return TIDE_OK;
    } catch (const std::bad_alloc &) {
        return TIDE_FAIL_MEMORY(err, "a time zone");
    } catch (const std::exception &e) {
        return TIDE_FAIL(err, TIDE_E_TYPE_WORD, "can't read the time zone \"%s\": %s", name,
                         e.what());
    } catch (...) {
        return TIDE_FAIL(err, TIDE_E_TYPE_WORD, "can't read the time zone \"%s\"", name);
    }
}

extern "C" void tide_zone_close(tide_zone *zone)
{
    if (zone != nullptr) {
        zone->~tide_zone();
        tide_free(zone);
    }
}

extern "C" tide_day_span tide_zone_span_of_day(const tide_zone *zone, int32_t day)
{
    tide_day_span span;
    span.day = day;
    span.begin = to_micros(begin_of(zone->rules, day));
    span.end = day == INT32_MAX ? INT64_MAX : to_micros(begin_of(zone->rules, day + 1));
    return span;
}

/* The date on the wall is the day, but for the minutes after a clock went back over midnight: they
 * show yesterday's date and belong to the day that has begun. */
extern "C" tide_day_span tide_zone_day_of(const tide_zone *zone, int64_t instant)
{
    int64_t seconds = floor_divide(instant, TIDE_MICROS_PER_SECOND);
    cctz::civil_second local = zone->rules.lookup(to_seconds(seconds)).cs;
    cctz::diff_t day = cctz::civil_day(local) - cctz::civil_day();
    tide_day_span span = tide_zone_span_of_day(zone, static_cast<int32_t>(day));
    while (instant >= span.end && span.end != INT64_MAX) {
        span = tide_zone_span_of_day(zone, span.day + 1);
    }
    return span;
}

/* For a skipped time, too, `pre` is the answer: by the offset before the gap, so 02:30 reads as
 * 03:30 after it. */
extern "C" int64_t tide_zone_instant_of(const tide_zone *zone, const tide_civil *civil)
{
    cctz::civil_second local(civil->year, civil->month, civil->day, civil->hour, civil->minute,
                             civil->second);
    return to_micros(zone->rules.lookup(local).pre) + civil->micros;
}

extern "C" tide_civil tide_zone_civil_of(const tide_zone *zone, int64_t instant)
{
    int64_t seconds = floor_divide(instant, TIDE_MICROS_PER_SECOND);
    cctz::civil_second local = zone->rules.lookup(to_seconds(seconds)).cs;
    tide_civil civil;
    civil.year = static_cast<int32_t>(local.year());
    civil.month = local.month();
    civil.day = local.day();
    civil.hour = local.hour();
    civil.minute = local.minute();
    civil.second = local.second();
    civil.micros = static_cast<int32_t>(instant - seconds * TIDE_MICROS_PER_SECOND);
    return civil;
}
