/* SPDX-License-Identifier: Apache-2.0 */
#include "run/run_plan.h"

#include <string.h>

#include "base/problem.h"
#include "run/yaml.h"

void tide_run_plan_init(tide_run_plan *plan)
{
    *plan = (tide_run_plan){.horizon = INT64_MAX};
    tide_arena_init(&plan->arena);
    tide_read_mark_list_init(&plan->marks);
}

void tide_run_plan_clear(tide_run_plan *plan)
{
    tide_arena_clear(&plan->arena);
    tide_read_mark_list_clear(&plan->marks);
}

/* How a file with a registry is to be read; others are read whole. */
static void print_range(const tide_member *member, tide_text *out)
{
    if (member->mark == NULL) {
        return;
    }
    tide_text_append(out, ",\"mark\":");
    tide_text_append_json_string(out, tide_str_of(member->mark));
    int64_t known = member->known_bytes == UINT64_MAX ? -1 : (int64_t)member->known_bytes;
    tide_text_append_format(out, ",\"sure\":%zu", member->mark_sure);
    tide_text_append_format(out, ",\"reason\":%d,\"begin\":%lld,\"end\":%lld,\"known\":%lld",
                            (int)member->reason, (long long)member->begin, (long long)member->end,
                            (long long)known);
    if (member->left_end > 0) {
        tide_text_append_format(out, ",\"left_end\":%lld,\"left_horizon\":%lld",
                                (long long)member->left_end, (long long)member->left_horizon);
    }
}

void tide_run_plan_print(const tide_run_plan *plan, const tide_source_plan *source, tide_text *out)
{
    tide_text_append_format(out, "{\"version\":1,\"horizon_micros\":%lld,\"by_marks\":%d",
                            (long long)plan->horizon, (int)plan->by_marks);
    tide_text_append_format(out, ",\"replaces\":%d", (int)plan->replaces);
    tide_text_append(out, plan->covers_rows ? ",\"covers\":1" : "");
    if (plan->fingerprint != NULL) {
        tide_text_append_format(out,
                                ",\"pipeline\":\"%s\",\"registry\":%d,\"again\":%d,\"stages\":%d",
                                plan->fingerprint, (int)plan->keeps_registry,
                                (int)plan->appends_again, (int)plan->stages);
    }
    if (plan->has_cursor) {
        tide_text_append_format(out,
                                ",\"cursor_low\":%lld,\"cursor_high\":%lld,\"cursor_known\":%lld",
                                (long long)plan->cursor_low, (long long)plan->cursor_high,
                                (long long)plan->cursor_known);
    }
    if (plan->has_cursor && plan->cursor_field != NULL) {
        tide_text_append(out, ",\"cursor_field\":");
        tide_text_append_json_string(out, tide_str_of(plan->cursor_field));
    }
    tide_text_append(out, ",\"members\":[");
    for (size_t i = 0; i < source->member_count; i++) {
        const tide_member *member = &source->members[i];
        tide_text_append(out, i == 0 ? "{\"name\":" : ",{\"name\":");
        tide_text_append_json_string(out, tide_str_of(member->name));
        tide_text_append(out, ",\"identity\":");
        tide_text_append_json_string(out, tide_str_of(member->identity));
        print_range(member, out);
        tide_text_append_char(out, '}');
    }
    tide_text_append(out, "],\"marks\":[");
    for (size_t i = 0; i < source->marks.count; i++) {
        tide_text_append(out, i == 0 ? "{\"name\":" : ",{\"name\":");
        tide_text_append_json_string(out, tide_str_of(source->marks.items[i].name));
        tide_text_append(out, ",\"mark\":");
        tide_text_append_json_string(out, tide_str_of(source->marks.items[i].value));
        tide_text_append_char(out, '}');
    }
    tide_text_append(out, "]}");
}

static tide_code read_marks(tide_run_plan *plan, const tide_yaml *list, tide_error *err)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        tide_read_mark mark = {.name = tide_yaml_text(tide_yaml_get(list->values[i], "name")),
                               .value = tide_yaml_text(tide_yaml_get(list->values[i], "mark"))};
        if (mark.name == NULL || mark.value == NULL) {
            return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED, "a mark without name or value");
        }
        TIDE_TRY(tide_read_mark_list_add(&plan->marks, &mark, err));
    }
    return TIDE_OK;
}

static bool read_number(const tide_yaml *node, const char *name, int64_t *value)
{
    return tide_yaml_int(tide_yaml_get(node, name), value);
}

static bool read_bool(const tide_yaml *node, const char *name)
{
    int64_t value = 0;
    return read_number(node, name, &value) && value != 0;
}

/* Not in plans of before, nor where nothing was left. */
static void read_left(const tide_yaml *node, tide_member *member)
{
    int64_t end;
    int64_t horizon;
    int64_t sure;
    if (read_number(node, "sure", &sure) && sure > 0 && (size_t)sure < member->mark_sure) {
        member->mark_sure = (size_t)sure;
    }
    if (read_number(node, "left_end", &end) && read_number(node, "left_horizon", &horizon)) {
        member->left_end = (uint64_t)end;
        member->left_horizon = horizon;
    }
}

static bool read_range(const tide_yaml *node, tide_member *member)
{
    int64_t reason;
    int64_t begin;
    int64_t end;
    int64_t known;
    member->mark = tide_yaml_text(tide_yaml_get(node, "mark"));
    if (member->mark == NULL) {
        return true;
    }
    bool whole = read_number(node, "reason", &reason) && read_number(node, "begin", &begin) &&
                 read_number(node, "end", &end) && read_number(node, "known", &known);
    if (whole) {
        member->reason = (tide_member_reason)reason;
        member->begin = (uint64_t)begin;
        member->end = (uint64_t)end;
        member->known_bytes = known < 0 ? UINT64_MAX : (uint64_t)known;
        member->mark_sure = strlen(member->mark);
        read_left(node, member);
    }
    return whole;
}

static tide_code read_members(tide_run_plan *plan, const tide_yaml *list, tide_error *err)
{
    plan->members = tide_arena_alloc_zero(&plan->arena, list->count + 1, sizeof *plan->members);
    if (plan->members == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading the plan of a run");
    }
    for (size_t i = 0; i < list->count; i++) {
        tide_member *member = &plan->members[plan->member_count++];
        member->name = tide_yaml_text(tide_yaml_get(list->values[i], "name"));
        member->identity = tide_yaml_text(tide_yaml_get(list->values[i], "identity"));
        if (member->name == NULL || member->identity == NULL ||
            !read_range(list->values[i], member)) {
            return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED, "a member without name, identity or range");
        }
    }
    return TIDE_OK;
}

tide_code tide_run_plan_parse(tide_run_plan *plan, const char *json, tide_error *err)
{
    const tide_yaml *root;
    if (tide_yaml_parse(tide_str_of(json), "plan", &plan->arena, &root, err) != TIDE_OK) {
        err->code = TIDE_BAD_DATA;
        return TIDE_BAD_DATA;
    }
    const tide_yaml *members = tide_yaml_get(root, "members");
    if (members == NULL || members->kind != TIDE_YAML_SEQUENCE ||
        !tide_yaml_int(tide_yaml_get(root, "horizon_micros"), &plan->horizon)) {
        return TIDE_FAIL(err, TIDE_E_STATE_DAMAGED,
                         "the recorded plan of the run can't be read; close it with run --new");
    }
    plan->by_marks = read_bool(root, "by_marks");
    plan->replaces = read_bool(root, "replaces");
    plan->covers_rows = read_bool(root, "covers");
    plan->knows_mode = tide_yaml_get(root, "replaces") != NULL;
    plan->fingerprint = tide_yaml_text(tide_yaml_get(root, "pipeline"));
    plan->keeps_registry = read_bool(root, "registry");
    plan->appends_again = read_bool(root, "again");
    plan->stages = read_bool(root, "stages");
    plan->knows_stages = tide_yaml_get(root, "stages") != NULL;
    plan->has_cursor = read_number(root, "cursor_low", &plan->cursor_low) &&
                       read_number(root, "cursor_high", &plan->cursor_high) &&
                       read_number(root, "cursor_known", &plan->cursor_known);
    plan->cursor_field = tide_yaml_text(tide_yaml_get(root, "cursor_field"));
    TIDE_TRY(read_marks(plan, tide_yaml_get(root, "marks"), err));
    return read_members(plan, members, err);
}
