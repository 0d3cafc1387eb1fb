/* SPDX-License-Identifier: Apache-2.0 */
/* Splits grouped into tasks, and handed out: random plans, and simulated workers that read as long
 * as a split is heavy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/memory.h"
#include "run/split_queue.h"

#define SPLITS_MAX 500
#define WORKERS_MAX 9
#define PLANS 300

typedef struct scene {
    tide_split splits[SPLITS_MAX];
    bool skip[SPLITS_MAX];
    tide_source_plan plan;
    unsigned worker_count;
    tide_error err;
} scene;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Few or many, alike or from nothing to gigabytes, some of unknown size, some done before. */
static void make_scene(scene *s, uint64_t seed)
{
    uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
    memset(s, 0, sizeof *s);
    size_t count = next_random(&state) % (seed % 3 == 0 ? 12 : SPLITS_MAX);
    unsigned bits = 10 + (unsigned)(next_random(&state) % 24);
    bool skips = next_random(&state) % 2 == 0;
    for (size_t i = 0; i < count; i++) {
        unsigned shift = (unsigned)(next_random(&state) % bits);
        s->splits[i].byte_count = next_random(&state) % ((1ull << bits) >> shift);
        s->skip[i] = skips && next_random(&state) % 3 == 0;
    }
    s->plan.splits = s->splits;
    s->plan.split_count = count;
    s->worker_count = 1 + (unsigned)(next_random(&state) % WORKERS_MAX);
    tide_error_clear(&s->err);
}

static void name_seed(uint64_t seed)
{
    print_message("seed %llu\n", (unsigned long long)seed);
}

/* --- the grouping --- */

static uint64_t weight_of(const scene *s, const tide_tasks *tasks, size_t task)
{
    uint64_t weight = 0;
    for (size_t i = tasks->items[task].begin; i < tasks->items[task].end; i++) {
        weight += tide_split_weight(&s->splits[tasks->order[i]]);
    }
    return weight;
}

static uint64_t total_of(const scene *s)
{
    uint64_t total = 0;
    for (size_t i = 0; i < s->plan.split_count; i++) {
        total += s->skip[i] ? 0 : tide_split_weight(&s->splits[i]);
    }
    return total;
}

static bool holds_each_split_once(const scene *s, const tide_tasks *tasks)
{
    int seen[SPLITS_MAX] = {0};
    size_t end = 0;
    for (size_t t = 0; t < tasks->count; t++) {
        if (tasks->items[t].begin != end || tasks->items[t].end <= end) {
            return false;
        }
        end = tasks->items[t].end;
    }
    for (size_t i = 0; i < tasks->split_count; i++) {
        seen[tasks->order[i]]++;
    }
    for (size_t i = 0; i < s->plan.split_count; i++) {
        if (seen[i] != !s->skip[i]) {
            return false;
        }
    }
    return end == tasks->split_count;
}

/* Heaviest first; none heavier than its share but a split that is; no two that would be one. */
static bool is_balanced(const scene *s, const tide_tasks *tasks)
{
    uint64_t share = total_of(s) / ((uint64_t)TIDE_TASKS_PER_WORKER * s->worker_count);
    uint64_t most = share < TIDE_TASK_BYTES_MAX ? share : TIDE_TASK_BYTES_MAX;
    for (size_t t = 0; t < tasks->count; t++) {
        bool single = tasks->items[t].end - tasks->items[t].begin == 1;
        if (!single && weight_of(s, tasks, t) > most) {
            return false;
        }
        if (t > 0 && weight_of(s, tasks, t - 1) + weight_of(s, tasks, t) <= most) {
            return false;
        }
    }
    for (size_t i = 1; i < tasks->split_count; i++) {
        const tide_split *before = &s->splits[tasks->order[i - 1]];
        const tide_split *now = &s->splits[tasks->order[i]];
        bool in_order = tasks->order[i - 1] < tasks->order[i];
        if (tide_split_weight(before) < tide_split_weight(now) ||
            (tide_split_weight(before) == tide_split_weight(now) && !in_order)) {
            return false;
        }
    }
    return true;
}

static bool same_tasks(const tide_tasks *a, const tide_tasks *b)
{
    return a->count == b->count && a->split_count == b->split_count &&
           memcmp(a->order, b->order, a->split_count * sizeof *a->order) == 0 &&
           memcmp(a->items, b->items, a->count * sizeof *a->items) == 0;
}

static void each_split_is_in_one_balanced_task(void **state)
{
    (void)state;
    static scene s;
    for (uint64_t seed = 1; seed <= PLANS; seed++) {
        tide_tasks tasks, again;
        make_scene(&s, seed);
        assert_int_equal(tide_tasks_make(&tasks, &s.plan, s.skip, s.worker_count, &s.err), TIDE_OK);
        assert_int_equal(tide_tasks_make(&again, &s.plan, s.skip, s.worker_count, &s.err), TIDE_OK);
        bool good = holds_each_split_once(&s, &tasks) && is_balanced(&s, &tasks) &&
                    same_tasks(&tasks, &again);
        if (!good) {
            name_seed(seed);
        }
        assert_true(good);
        tide_tasks_clear(&tasks);
        tide_tasks_clear(&again);
    }
}

/* As the many small indices of a pattern and one large one are. */
static void small_ones_are_grouped_behind_large_ones(void **state)
{
    (void)state;
    static scene s;
    make_scene(&s, 1);
    s.plan.split_count = 401;
    s.worker_count = 2;
    memset(s.skip, 0, sizeof s.skip);
    for (size_t i = 0; i < 401; i++) {
        s.splits[i].byte_count = i == 200 ? 1u << 30 : 5000 + i;
    }
    tide_tasks tasks;
    assert_int_equal(tide_tasks_make(&tasks, &s.plan, NULL, s.worker_count, &s.err), TIDE_OK);
    assert_int_equal(tasks.order[0], 200);
    assert_int_equal(tasks.items[0].end, 1);
    assert_true(tasks.count > 2 && tasks.count < 17);
    tide_tasks_clear(&tasks);
}

/* --- handing out --- */

typedef struct shift {
    tide_split_queue queue;
    uint64_t busy_until[WORKERS_MAX];
    int handed[SPLITS_MAX], expected[SPLITS_MAX];
    uint64_t longest;
} shift;

static unsigned first_free(const shift *w, unsigned count)
{
    unsigned first = 0;
    for (unsigned i = 1; i < count; i++) {
        first = w->busy_until[i] < w->busy_until[first] ? i : first;
    }
    return first;
}

/* Whoever is free first takes the next split; one in `failing` attempts has to be made again. */
static void work(shift *w, const scene *s, uint64_t seed, unsigned failing)
{
    uint64_t random = seed;
    memset(w, 0, sizeof *w);
    tide_error err;
    tide_error_clear(&err);
    assert_int_equal(tide_split_queue_init(&w->queue, &s->plan, s->skip, s->worker_count, &err),
                     TIDE_OK);
    for (size_t i = 0; i < s->plan.split_count; i++) {
        w->expected[i] = !s->skip[i];
    }
    for (;;) {
        unsigned worker = first_free(w, s->worker_count);
        uint32_t split = 0;
        if (!tide_split_queue_take(&w->queue, worker, &split)) {
            break;
        }
        uint64_t weight = tide_split_weight(&s->splits[split]);
        w->handed[split]++;
        w->busy_until[worker] += weight;
        w->longest = weight > w->longest ? weight : w->longest;
        if (failing > 0 && next_random(&random) % failing == 0) {
            w->expected[split]++;
            tide_split_queue_put_back(&w->queue, split);
        }
    }
    tide_split_queue_clear(&w->queue);
}

static void workers_end_within_one_split_of_each_other(void **state)
{
    (void)state;
    static scene s;
    static shift w;
    for (uint64_t seed = 1; seed <= PLANS; seed++) {
        make_scene(&s, seed);
        work(&w, &s, seed, 0);
        uint64_t last = 0, first = UINT64_MAX;
        for (unsigned i = 0; i < s.worker_count; i++) {
            last = w.busy_until[i] > last ? w.busy_until[i] : last;
            first = w.busy_until[i] < first ? w.busy_until[i] : first;
        }
        bool good = memcmp(w.handed, w.expected, sizeof w.handed) == 0 && last - first <= w.longest;
        if (!good) {
            name_seed(seed);
        }
        assert_true(good);
    }
}

static void what_is_put_back_is_handed_out_again(void **state)
{
    (void)state;
    static scene s;
    static shift w;
    for (uint64_t seed = 1; seed <= PLANS; seed++) {
        make_scene(&s, seed);
        work(&w, &s, seed, 2 + (unsigned)(seed % 5));
        bool good = memcmp(w.handed, w.expected, sizeof w.handed) == 0;
        if (!good) {
            name_seed(seed);
        }
        assert_true(good);
    }
}

/* A large split at the end of the plan is not what everybody waits for at the end. */
static void the_largest_is_taken_first(void **state)
{
    (void)state;
    static scene s;
    static shift w;
    make_scene(&s, 1);
    s.plan.split_count = 401;
    s.worker_count = 4;
    memset(s.skip, 0, sizeof s.skip);
    for (size_t i = 0; i < 401; i++) {
        s.splits[i].byte_count = i == 400 ? 100u << 20 : 1u << 20;
    }
    work(&w, &s, 1, 0);
    uint64_t small = tide_split_weight(&s.splits[0]), share = total_of(&s) / s.worker_count;
    for (unsigned i = 0; i < s.worker_count; i++) {
        assert_true(w.busy_until[i] + small >= share && w.busy_until[i] <= share + small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_split_is_in_one_balanced_task),
        cmocka_unit_test(small_ones_are_grouped_behind_large_ones),
        cmocka_unit_test(workers_end_within_one_split_of_each_other),
        cmocka_unit_test(what_is_put_back_is_handed_out_again),
        cmocka_unit_test(the_largest_is_taken_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
