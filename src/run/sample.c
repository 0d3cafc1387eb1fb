/* SPDX-License-Identifier: Apache-2.0 */
#include "run/sample.h"

#include <errno.h>
#include <inttypes.h>

#include "base/calendar.h"

void tide_sample_defaults(tide_sample_options *options)
{
    *options = (tide_sample_options){
        .seed = 1,
        .row_count = 10000,
        .customer_count = 500,
        .day_count = 60,
        .first_day = tide_day_of_civil(2024, 3, 1),
    };
}

/* SplitMix64 (Steele, Lea, Flood 2014): a row's numbers depend on seed and row alone, so that rows
 * can be made in any order. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t below(uint64_t *state, int64_t bound)
{
    return (int64_t)(next_random(state) % (uint64_t)bound);
}

/* What is drawn for one document, in this order. */
typedef struct sample_event {
    int64_t customer, offer, instant, cents, shop, items, street;
    uint64_t event_id, device;
    const char *channel, *city, *system;
    bool first_use;
} sample_event;

static sample_event draw_event(const tide_sample_options *options, uint64_t *random)
{
    static const char *const channels[] = {"app", "web", "till", "partner"};
    static const char *const cities[] = {"Warszawa", "Kraków", "Łódź", "Gdańsk", "Wrocław"};
    static const char *const systems[] = {"android 14", "ios 17.4", "none"};
    sample_event e;
    /* The smaller of two draws: some customers are busy, most are not. */
    int64_t a = below(random, options->customer_count);
    int64_t b = below(random, options->customer_count);
    e.customer = a < b ? a : b;
    int64_t second = below(random, options->day_count * 86400);
    e.instant = (options->first_day * INT64_C(86400) + second) * TIDE_MICROS_PER_SECOND +
                below(random, 1000) * 1000;
    e.cents = below(random, 20000) - 2000;
    e.offer = below(random, 200);
    e.channel = channels[below(random, 4)];
    e.shop = below(random, 900) + 100;
    e.city = cities[below(random, 5)];
    e.items = below(random, 12) + 1;
    e.first_use = below(random, 10) == 0;
    e.event_id = next_random(random);
    e.device = next_random(random);
    e.system = systems[below(random, 3)];
    e.street = below(random, 90) + 1;
    return e;
}

static void append_document(const tide_sample_options *options, uint64_t *random, int64_t row,
                            tide_text *out)
{
    char when[48];
    sample_event e = draw_event(options, random);
    int64_t cents = e.cents < 0 ? -e.cents : e.cents;
    tide_format_instant(e.instant, when);
    tide_text_append_format(
        out,
        "{\"event_id\":\"%016" PRIx64 "\",\"customer_id\":\"C%06" PRId64
        "\",\"offer_id\":\"O%04" PRId64
        "\",\"ts\":\"%s\",\"channel\":\"%s\","
        "\"payment\":{\"amount\":%s%" PRId64 ".%02" PRId64
        ",\"currency\":\"PLN\",\"method\":\"card\"},\"shop\":{\"id\":%" PRId64
        ",\"city\":\"%s\",\"street\":\"ul. Przykładowa %" PRId64 "\"},\"items\":%" PRId64
        ",\"first_use\":%s,\"device\":{\"id\":\"%016" PRIx64
        "\",\"system\":\"%s\"},\"campaign\":\"spring\",\"note\":\"row %" PRId64
        ": the offer was shown at the till and used once\"}",
        e.event_id, e.customer, e.offer, when, e.channel, e.cents < 0 ? "-" : "", cents / 100,
        cents % 100, e.shop, e.city, e.street, e.items, e.first_use ? "true" : "false", e.device,
        e.system, row);
}

void tide_sample_row(const tide_sample_options *options, int64_t row, tide_text *out)
{
    uint64_t random = options->seed * UINT64_C(0x2545f4914f6cdd1d) + (uint64_t)row;
    if (options->hits) {
        uint64_t id = next_random(&random);
        tide_text_append_format(
            out, "{\"_index\":\"promo-uses\",\"_id\":\"%016" PRIx64 "\",\"_source\":", id);
    }
    append_document(options, &random, row, out);
    if (options->hits) {
        tide_text_append_char(out, '}');
    }
}

tide_code tide_sample_write(const tide_sample_options *options, FILE *file, tide_error *err)
{
    tide_text line;
    tide_text_init(&line);
    tide_code code = TIDE_OK;
    for (int64_t row = 0; code == TIDE_OK && row < options->row_count; row++) {
        tide_text_reset(&line);
        tide_sample_row(options, row, &line);
        tide_text_append_char(&line, '\n');
        if (tide_text_failed(&line)) {
            code = TIDE_FAIL_MEMORY(err, "writing sample events");
        } else if (fwrite(line.data, 1, line.size, file) != line.size) {
            code = TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't write the sample events");
        }
    }
    tide_text_clear(&line);
    return code;
}
