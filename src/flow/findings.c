/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/findings.h"

#include <stdio.h>

#include "base/calendar.h"
#include "base/memory.h"

/* A second is what a machine with a time service never shows. */
#define SKEW_WARNING_MICROS TIDE_MICROS_PER_SECOND
/* As much as a lease lives. */
#define SKEW_FAILURE_MICROS (60 * TIDE_MICROS_PER_SECOND)

const char *tide_verdict_name(tide_verdict verdict)
{
    static const char *const names[] = {
        [TIDE_FINE] = "fine", [TIDE_WARNING] = "warning", [TIDE_FAILURE] = "failure"};
    return names[verdict];
}

void tide_findings_init(tide_findings *findings)
{
    *findings = (tide_findings){.subject = ""};
    tide_arena_init(&findings->arena);
}

void tide_findings_clear(tide_findings *findings)
{
    tide_arena_clear(&findings->arena);
    tide_free(findings->items);
    findings->items = NULL;
    findings->count = findings->capacity = 0;
}

static tide_finding *next_item(tide_findings *findings)
{
    tide_error ignored;
    void *items = findings->items;
    tide_error_clear(&ignored);
    if (tide_grow(&items, &findings->capacity, findings->count + 1, sizeof *findings->items,
                  &ignored) != TIDE_OK) {
        return NULL;
    }
    findings->items = items;
    return &findings->items[findings->count];
}

void tide_findings_add(tide_findings *findings, tide_verdict verdict, const char *topic,
                       const char *advice, const char *format, ...)
{
    char text[TIDE_ERROR_MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tide_finding *item = next_item(findings);
    const char *subject = tide_arena_copy_string(&findings->arena, findings->subject);
    const char *kept = tide_arena_copy_string(&findings->arena, text);
    if (item == NULL || subject == NULL || kept == NULL) {
        findings->lost = true;
        return;
    }
    *item = (tide_finding){verdict, subject, topic, kept, advice};
    findings->count++;
}

const char *tide_findings_explain(tide_findings *findings, const tide_error *err)
{
    return err->number == 0
               ? NULL
               : tide_arena_format(&findings->arena, "`tidemill explain E%d`", err->number);
}

tide_verdict tide_findings_worst(const tide_findings *findings)
{
    tide_verdict worst = findings->lost ? TIDE_FAILURE : TIDE_FINE;
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].verdict > worst) {
            worst = findings->items[i].verdict;
        }
    }
    return worst;
}

void tide_findings_add_clock(tide_findings *findings, int64_t before, int64_t server, int64_t after)
{
    /* Only what the question's own way does not explain. */
    int64_t skew = server < before ? server - before : server > after ? server - after : 0;
    int64_t size = skew < 0 ? -skew : skew;
    if (size < SKEW_WARNING_MICROS) {
        tide_findings_add(findings, TIDE_FINE, "clock", NULL, "agrees with this machine's");
        return;
    }
    tide_findings_add(findings, size < SKEW_FAILURE_MICROS ? TIDE_WARNING : TIDE_FAILURE, "clock",
                      "run a time service (chrony, systemd-timesyncd) on both machines; until then "
                      "`grace` and `lag` should be larger than the difference",
                      "%.1f s %s this machine's", (double)size / TIDE_MICROS_PER_SECOND,
                      skew < 0 ? "behind" : "ahead of");
}
