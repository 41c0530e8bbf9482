/* SPDX-License-Identifier: MIT */
/* Workload `future-set`: many users of one async lock in one task, or each in a task of its own. */
#include <errno.h>
#include <stdlib.h>

#include "harness/mutant.h"
#include "runtimes/runtime.h"
#include "runtimes/task/sync.h"
#include "workloads/workload.h"

struct future_set;

/* Locks, adds one, unlocks. */
struct user {
        struct task task; /* when it has one of its own */
        struct future_set *set;
        struct waiter waiter;
        bool ended;
};

/* Holds the lock until all of them have asked for it; drives those that have no task of their own. */
struct owner {
        struct task task;
        struct future_set *set;
        struct waiter waiter;
        enum { OWNER_LOCKS, OWNER_HOLDS, OWNER_WAITS } at;
};

struct future_set {
        struct run *run;
        struct tally *tally;
        bool spawns;
        unsigned count, ended; /* users */
        struct user *users;
        struct owner owner;
        struct async_mutex mutex;
        uint64_t counter; /* under the lock */
        uint64_t polls, own_tasks;
        uint64_t start_ns, elapsed_ns;
};

/* ---- users, all on one worker ------------------------------------------------------------------------------- */

static void use(struct user *u)
{
        struct future_set *set = u->set;

        set->counter += !MUTANT("lose-update") || set->ended != 7;
        async_mutex_unlock(&set->mutex);
        u->ended = true;
        set->ended++;
        set->elapsed_ns = run_now_ns() - set->start_ns;
        tally_add(set->tally, MUTANT("update-twice") && set->ended == 7 ? 2 : 1);
}

static void user_drive(struct user *u, struct task *task)
{
        u->set->polls++;
        if (async_mutex_lock(&u->set->mutex, task, &u->waiter) == POLL_READY)
                use(u);
}

static enum step step_user(struct task *task)
{
        struct user *u = (struct user *)task;

        u->set->own_tasks += !u->waiter.object;
        user_drive(u, task);
        return u->ended ? STEP_DONE : STEP_WAIT;
}

static void drive_all(struct future_set *set)
{
        for (unsigned i = 0; !set->spawns && i < set->count; i++)
                if (!set->users[i].ended)
                        user_drive(&set->users[i], &set->owner.task);
}

/* Nobody cancels the task, so that its wait names one of those that may wake it. */
static enum step step_owner(struct task *task)
{
        struct owner *owner = (struct owner *)task;
        struct future_set *set = owner->set;

        if (owner->at == OWNER_LOCKS) {
                set->start_ns = run_now_ns();
                CHECK(set->run, async_mutex_lock(&set->mutex, task, &owner->waiter), ==, POLL_READY);
                owner->at = OWNER_HOLDS;
                drive_all(set);
        }
        if (owner->at == OWNER_HOLDS) {
                if (atomic_load(&set->mutex.queued) < set->count)
                        return STEP_YIELD;
                async_mutex_unlock(&set->mutex);
                owner->at = OWNER_WAITS;
        }
        drive_all(set);
        return set->spawns || set->ended == set->count ? STEP_DONE : STEP_WAIT;
}

/* ---- the sample ------------------------------------------------------------------------------------------------ */

static int future_set_run(const struct executor *ex, struct run *run)
{
        struct future_set set = { .run = run,
                                  .tally = run_tallies(run, 1),
                                  .spawns = run_variant_is(run, "spawned") != MUTANT("other-variant"),
                                  .count = (unsigned)run_param(run, "users"),
                                  .owner.task.step = step_owner };
        struct crew *crew;

        set.users = calloc(set.count, sizeof(*set.users));
        if (!set.users)
                return -ENOMEM;
        set.owner.set = &set;
        async_mutex_init(&set.mutex, false);
        crew = crew_open(ex, run, 1);
        crew_spawn(crew, &set.owner.task, 0);
        for (unsigned i = 0; i < set.count; i++) {
                set.users[i].set = &set;
                set.users[i].task.step = step_user;
                if (set.spawns)
                        crew_spawn(crew, &set.users[i].task, 0);
        }
        crew_start(crew);
        crew_join(crew, NULL);
        run_count(run, "counter", set.counter);
        run_count(run, "polls", set.polls);
        run_count(run, "own_tasks", set.own_tasks);
        run_count(run, "elapsed_ns", set.elapsed_ns);
        async_mutex_destroy(&set.mutex);
        free(set.users);
        return 0;
}

/* Each asks once and is told once. What one task's budget or a set's own rules make it ask more is reported. */
static void future_set_verify(struct run *run, unsigned traits)
{
        uint64_t users = run_param(run, "users"), polls = run_counted(run, "polls");
        bool spawned = run_variant_is(run, "spawned");

        run_metric(run, "user_ns", "ns", (double)run_counted(run, "elapsed_ns") / (double)users);
        run_metric(run, "polls_per_user", "1/op", (double)polls / (double)users);
        run_check_equal(run, "users counted", run_operations(run), users);
        run_check_equal(run, "updates under the lock", run_counted(run, "counter"), users);
        run_check_equal(run, "users in tasks of their own", run_counted(run, "own_tasks"),
                        spawned ? users : 0);
        if (spawned || !(traits & TRAIT_BUDGET))
                run_check_equal(run, "polls: one that waits, one that has the lock", polls, 2 * users);
        else
                run_check(run, "each has waited", polls >= 2 * users, "%llu polls",
                          (unsigned long long)polls);
}

/* ---- the tables -------------------------------------------------------------------------------------------------- */

static const char *future_set_absent(const struct variant *v, unsigned traits)
{
        (void)v;
        if (traits & TRAIT_NEVER_SUSPENDS)
                return "nothing to wait on";
        if (!(traits & TRAIT_TASKS_SHARE_WORKER))
                return "each user has a stack of its own: there is no set of them in one task";
        return NULL;
}

static const struct variant variants[] = {
        { .name = "spawned",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .text = "each user of the lock is a task of its own" },
        { .name = "set",
          .role = ROLE_ALTERNATIVE,
          .against = "spawned",
          .rounds = ROUNDS_OUTCOME,
          .text = "the users of the lock are futures in one set, or entries of one array, in one task" },
        { 0 },
};

static const struct param params[] = {
        { .name = "users",
          .unit = "",
          .smoke = "100",
          .quick = "1000,2000,4000,8000",
          .publish = "10000,20000,40000,80000",
          .min = 8,
          .max = 100000,
          .text = "of one lock, which all of them ask for while it is held" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "user_ns",
          .unit = "ns",
          .headline = true,
          .text = "from before the first asks for the lock to when the last has had it, divided by the "
                  "users" },
        { .name = "polls_per_user", .unit = "1/op", .text = "how often a user was polled; twice is enough" },
        { 0 },
};

static const struct curve curves[] = {
        { .param = "users",
          .variants = "spawned,set",
          .metric = "user_ns",
          .text = "the time for each stays the same, so that twice as many users take twice as long; at an "
                  "exponent of 1 they "
                  "would take four times as long" },
        { 0 },
};

const struct workload workload_future_set = {
        .name = "future-set",
        .question = "Does the time that many users of one lock take grow faster than their number when one "
                    "task drives "
                    "them all?",
        .operation = "one user: ask for the lock, wait, have it, give it back",
        .method = "The lock is held until the users have asked for it, in a set until as many have as the "
                  "budget "
                  "of one task lets; then it goes from one to the next. On Tokio spawning and joining the "
                  "tasks is "
                  "part of the time, on the C rows they are there before. The number of users is what is "
                  "swept: "
                  "where the time for each stays the same, all of them take linear time.",
        .expected = "linear in both forms on current libraries; on the C rows by construction, since an "
                    "array that is gone "
                    "through once per wake-up has no budget to run out of. A set that goes on when the "
                    "budget of its "
                    "task is "
                    "spent polls all its futures for every 128 that make progress, and takes four times as "
                    "long for "
                    "twice as many: futures-rs did until the end of 2021 "
                    "(github.com/rust-lang/futures-rs/issues/2526). C loops have no budget.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .absent = future_set_absent,
        .run = future_set_run,
        .expect = workload_completes,
        .verify = future_set_verify,
};
