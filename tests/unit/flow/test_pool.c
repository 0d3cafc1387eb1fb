/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/pool.h"

static void without_a_pool_nobody_waits(void **state)
{
    (void)state;
    tide_pool_member member;
    tide_error err;
    tide_pool_join(NULL, &member);
    assert_int_equal(tide_pool_take(&member, NULL, &err), TIDE_OK);
    assert_int_equal(tide_pool_take(NULL, NULL, &err), TIDE_OK);
    assert_int_equal(tide_pool_take_free(&member, 7), 7);
    tide_pool_give_back(&member, 8);
    tide_pool_leave(&member);
}

/* A pool of two members. */
static void make_two(tide_pool *pool, unsigned size, tide_pool_member *a, tide_pool_member *b)
{
    tide_pool_init(pool, size);
    tide_pool_join(pool, a);
    tide_pool_join(pool, b);
}

static void end_two(tide_pool *pool, tide_pool_member *a, tide_pool_member *b)
{
    tide_pool_leave(a);
    tide_pool_leave(b);
    tide_pool_clear(pool);
}

static void a_member_without_a_place_gets_one_although_all_are_taken(void **state)
{
    (void)state;
    tide_pool pool;
    tide_pool_member large;
    tide_pool_member small;
    make_two(&pool, 3, &large, &small);
    assert_int_equal(tide_pool_take_free(&large, 5), 3);
    assert_int_equal(tide_pool_take_free(&small, 5), 1);
    /* Overdrawn: what is given back is not free yet. */
    tide_pool_give_back(&large, 1);
    assert_int_equal(tide_pool_take_free(&large, 1), 0);
    tide_pool_give_back(&large, 1);
    assert_int_equal(tide_pool_take_free(&large, 5), 1);
    tide_pool_give_back(&large, 2);
    tide_pool_give_back(&small, 1);
    end_two(&pool, &large, &small);
}

/* Threads of two members that take a place for each of their tasks. */
enum { THREADS_EACH = 4, TASKS = 3000, POOL_SIZE = 3 };

typedef struct worker {
    tide_pool_member *member;
    const tide_cancel *cancel;
    tide_atomic *at_work, *most, *done;
    tide_thread thread;
    tide_code code;
} worker;

static void work(void *argument)
{
    worker *w = argument;
    tide_error err;
    tide_error_clear(&err);
    for (int i = 0; i < TASKS && w->code == TIDE_OK; i++) {
        w->code = tide_pool_take(w->member, w->cancel, &err);
        if (w->code == TIDE_OK) {
            int64_t now = tide_atomic_add(w->at_work, 1);
            int64_t most = tide_atomic_get(w->most);
            while (now > most && !tide_atomic_swap_if(w->most, most, now)) {
                most = tide_atomic_get(w->most);
            }
            (void)tide_atomic_add(w->done, 1);
            (void)tide_atomic_add(w->at_work, -1);
            tide_pool_give_back(w->member, 1);
        }
    }
}

typedef struct crew {
    tide_pool pool;
    tide_pool_member members[2];
    tide_cancel cancel;
    tide_atomic at_work, most, done;
    worker workers[2 * THREADS_EACH];
} crew;

static void start(crew *c)
{
    tide_error err;
    *c = (crew){0};
    tide_pool_init(&c->pool, POOL_SIZE);
    tide_cancel_init(&c->cancel);
    tide_pool_join(&c->pool, &c->members[0]);
    tide_pool_join(&c->pool, &c->members[1]);
    for (int i = 0; i < 2 * THREADS_EACH; i++) {
        c->workers[i] = (worker){.member = &c->members[i % 2],
                                 .cancel = &c->cancel,
                                 .at_work = &c->at_work,
                                 .most = &c->most,
                                 .done = &c->done};
        assert_int_equal(tide_thread_start(&c->workers[i].thread, work, &c->workers[i], &err),
                         TIDE_OK);
    }
}

static void end(crew *c)
{
    for (int i = 0; i < 2 * THREADS_EACH; i++) {
        tide_thread_join(&c->workers[i].thread);
    }
    assert_int_equal(c->pool.taken, 0);
    tide_pool_leave(&c->members[0]);
    tide_pool_leave(&c->members[1]);
    tide_pool_clear(&c->pool);
}

static void no_more_work_than_there_are_places_and_one_for_each_member(void **state)
{
    (void)state;
    crew c;
    start(&c);
    end(&c);
    assert_int_equal(tide_atomic_get(&c.done), 2 * THREADS_EACH * TASKS);
    assert_true(tide_atomic_get(&c.most) <= POOL_SIZE + 1);
}

/* The pool is full with a member's own places, so its next worker can only be cancelled. */
static void one_who_waits_hears_the_cancel(void **state)
{
    (void)state;
    tide_pool pool;
    tide_pool_member member;
    tide_cancel cancel;
    tide_error err;
    tide_error_clear(&err);
    tide_pool_init(&pool, 1);
    tide_pool_join(&pool, &member);
    tide_cancel_init(&cancel);
    assert_int_equal(tide_pool_take(&member, &cancel, &err), TIDE_OK);
    tide_cancel_raise(&cancel, TIDE_STOPPING);
    assert_int_equal(tide_pool_take(&member, &cancel, &err), TIDE_CANCELLED);
    tide_pool_give_back(&member, 1);
    tide_pool_leave(&member);
    tide_pool_clear(&pool);
}

/* A free place is for the member that has fewer. */
static void the_one_with_fewer_places_is_next(void **state)
{
    (void)state;
    tide_pool pool;
    tide_pool_member a;
    tide_pool_member b;
    make_two(&pool, 4, &a, &b);
    assert_int_equal(tide_pool_take_free(&a, 3), 3);
    assert_int_equal(tide_pool_take_free(&b, 1), 1);
    tide_pool_give_back(&a, 1);
    b.waiting = 1; /* as in tide_pool_take: 1 of b against 2 of a */
    assert_int_equal(tide_pool_take_free(&a, 1), 0);
    assert_int_equal(tide_pool_take_free(&b, 1), 1);
    tide_pool_give_back(&a, 1);
    assert_int_equal(tide_pool_take_free(&b, 1), 1); /* nobody waits with fewer */
    b.waiting = 0;
    tide_pool_give_back(&a, 1);
    tide_pool_give_back(&b, 3);
    end_two(&pool, &a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_pool_nobody_waits),
        cmocka_unit_test(a_member_without_a_place_gets_one_although_all_are_taken),
        cmocka_unit_test(no_more_work_than_there_are_places_and_one_for_each_member),
        cmocka_unit_test(one_who_waits_hears_the_cancel),
        cmocka_unit_test(the_one_with_fewer_places_is_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
