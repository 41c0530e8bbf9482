/* SPDX-License-Identifier: MIT */
/* The executor of row `libuv`: one uv_loop_t per worker, its tasks run by a prepare handle. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "runtimes/libuv/libuv.h"
#include "runtimes/task/offload.h"

/*
 * uv_run() of libuv 1.44 goes round in this order: update the time, timers, pending, idle, prepare,
 * poll, check, closing. A turn is the prepare callback, so a task that a timer wakes runs in the same
 * iteration; one that a descriptor or another thread wakes runs in the next, after its timers. A handle
 * that a task closes in its turn has its close callback at the end of that iteration, and libuv does
 * not block in between.
 */
struct libuv_worker {
        struct worker base;
        uv_loop_t loop;
        uv_async_t wake;
        uv_prepare_t turn;
        uv_idle_t more; /* active while tasks are ready: the loop polls without blocking */
};

static struct libuv_worker *libuv_of(struct worker *w)
{
        return (struct libuv_worker *)w;
}

static void must(struct worker *w, const char *call, int status)
{
        if (status < 0)
                run_fail(w->run, "%s: %s", call, uv_strerror(status));
}

/* ---- timers -------------------------------------------------------------------------------------------- */

static uv_timer_t *timer_native(struct timer *t)
{
        _Static_assert(sizeof(uv_timer_t) <= TIMER_NATIVE_BYTES, "timer handle too large");
        return (uv_timer_t *)t->native;
}

static void timer_expired(uv_timer_t *handle);

/* A timeout counts in ms from the loop's idea of "now", which is from the start of the iteration; the
 * manual's way to count from the real one is uv_update_time(). */
static void timer_arm(struct timer *t, uint64_t after_ns)
{
        struct libuv_worker *u = libuv_of(t->task->worker);

        uv_update_time(&u->loop);
        must(&u->base, "uv_timer_start",
             uv_timer_start(timer_native(t), timer_expired, (after_ns + 999999) / 1000000, 0));
}

/* The loop's time is cut off to ms, so a timer may come up to 1 ms early. */
static void timer_expired(uv_timer_t *handle)
{
        struct timer *t = handle->data;
        uint64_t now_ns = run_now_ns();

        if (now_ns < t->deadline_ns)
                timer_arm(t, t->deadline_ns - now_ns);
        else
                timer_fired(t);
}

static void libuv_timer_start(struct timer *t, uint64_t after_ns)
{
        struct libuv_worker *u = libuv_of(t->task->worker);

        if (t->state == SOURCE_IDLE) {
                must(&u->base, "uv_timer_init", uv_timer_init(&u->loop, timer_native(t)));
                timer_native(t)->data = t;
        }
        timer_arm(t, after_ns); /* "If the timer is already active, it is simply updated." */
}

static void timer_closed(uv_handle_t *handle)
{
        timer_dropped(handle->data);
}

static enum drop libuv_timer_drop(struct timer *t)
{
        uv_close((uv_handle_t *)timer_native(t), timer_closed);
        return DROP_PENDING;
}

/* ---- watches ------------------------------------------------------------------------------------------- */

static uv_poll_t *watch_native(struct watch *w)
{
        _Static_assert(sizeof(uv_poll_t) <= WATCH_NATIVE_BYTES, "watch handle too large");
        return (uv_poll_t *)w->native;
}

static void watch_readable(uv_poll_t *handle, int status, int events)
{
        struct watch *w = handle->data;

        (void)events;
        must(w->task->worker, "uv_poll_t", status);
        watch_fired(w);
}

static void libuv_watch_start(struct watch *w)
{
        struct libuv_worker *u = libuv_of(w->task->worker);

        must(&u->base, "uv_poll_init", uv_poll_init(&u->loop, watch_native(w), w->fd));
        watch_native(w)->data = w;
        must(&u->base, "uv_poll_start", uv_poll_start(watch_native(w), UV_READABLE, watch_readable));
}

static void watch_closed(uv_handle_t *handle)
{
        watch_dropped(handle->data);
}

static enum drop libuv_watch_drop(struct watch *w)
{
        uv_close((uv_handle_t *)watch_native(w), watch_closed);
        return DROP_PENDING;
}

/* ---- blocking work -------------------------------------------------------------------------------------- */

static uv_work_t *job_native(struct job *job)
{
        _Static_assert(sizeof(uv_work_t) <= JOB_NATIVE_BYTES, "work request too large");
        return (uv_work_t *)job->native;
}

static void no_work(uv_work_t *request)
{
        (void)request;
}

static void no_work_done(uv_work_t *request, int status)
{
        (void)request;
        (void)status;
}

/* The pool starts, all threads at once, with the first request. That comes from a loop that ends with it, and not
 * from a worker, whose one processor they would inherit. */
static int pool_start_threads(void)
{
        uv_work_t request;
        uv_loop_t loop;
        int error = uv_loop_init(&loop);

        if (error)
                return error;
        error = uv_queue_work(&loop, &request, no_work, no_work_done);
        uv_run(&loop, UV_RUN_DEFAULT);
        uv_loop_close(&loop);
        return error;
}

/* The pool is the process's, and reads its size when it starts. */
static void libuv_pool_open(struct run *run, unsigned threads)
{
        static unsigned started;
        char size[16];
        int error;

        if (started && started != threads)
                run_fail(run, "libuv's pool has %u threads, and %u are asked for", started, threads);
        started = threads;
        snprintf(size, sizeof(size), "%u", threads);
        if (setenv("UV_THREADPOOL_SIZE", size, 1))
                run_fail(run, "setenv: %s", strerror(errno));
        error = pool_start_threads();
        if (error)
                run_fail(run, "cannot start the thread pool: %s", uv_strerror(error));
}

static void job_work(uv_work_t *request)
{
        struct job *job = request->data;

        job->work(job);
}

/* On the loop's thread, also with UV_ECANCELED. */
static void job_after(uv_work_t *request, int status)
{
        (void)status;
        job_ended(request->data);
}

static void libuv_job_start(struct job *job)
{
        struct libuv_worker *u = libuv_of(job->task->worker);

        job_native(job)->data = job;
        must(&u->base, "uv_queue_work", uv_queue_work(&u->loop, job_native(job), job_work, job_after));
}

static bool libuv_job_withdraw(struct job *job)
{
        return uv_cancel((uv_req_t *)job_native(job)) == 0;
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

/* The handle has no other end than to keep the poll from blocking. */
static void more_idle(uv_idle_t *handle)
{
        (void)handle;
}

static void turn_prepare(uv_prepare_t *handle)
{
        struct libuv_worker *u = handle->data;

        switch (worker_turn(&u->base)) {
        case TURN_MORE:
                uv_idle_start(&u->more, more_idle);
                break;
        case TURN_IDLE:
                uv_idle_stop(&u->more);
                break;
        case TURN_STOP:
                uv_stop(&u->loop);
                break;
        }
}

static bool fd_is(int fd, const char *kind)
{
        char path[32], target[64] = "";

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        return readlink(path, target, sizeof(target) - 1) > 0 && strcmp(target, kind) == 0;
}

/* libuv has no call that names its backend, and releases from 1.45 on may put an io_uring beside it: the
 * kernel knows what its descriptors are. */
static void backend_prove(struct libuv_worker *u)
{
        DIR *dir = opendir("/proc/self/fd");
        struct dirent *entry;

        if (!dir || !fd_is(uv_backend_fd(&u->loop), "anon_inode:[eventpoll]"))
                run_fail(u->base.run, "libuv's backend cannot be seen to be epoll");
        while ((entry = readdir(dir)))
                if (fd_is(atoi(entry->d_name), "anon_inode:[io_uring]"))
                        run_fail(u->base.run, "libuv uses io_uring beside epoll");
        closedir(dir);
        worker_backend(&u->base, "epoll");
}

static int libuv_open(struct worker *w)
{
        struct libuv_worker *u = libuv_of(w);
        int error = uv_loop_init(&u->loop);

        if (error)
                return error;
        error = uv_async_init(&u->loop, &u->wake, NULL); /* that the loop comes round is all it is for */
        if (error) {
                uv_loop_close(&u->loop);
                return error;
        }
        uv_idle_init(&u->loop, &u->more);
        uv_prepare_init(&u->loop, &u->turn);
        u->turn.data = u;
        uv_prepare_start(&u->turn, turn_prepare);
        backend_prove(u);
        return 0;
}

static void libuv_loop(struct worker *w)
{
        uv_run(&libuv_of(w)->loop, UV_RUN_DEFAULT);
}

/* Here and not at TURN_STOP: until all workers have left their loops another may still send to `wake`. */
static void libuv_close(struct worker *w)
{
        struct libuv_worker *u = libuv_of(w);
        int error;

        uv_close((uv_handle_t *)&u->wake, NULL);
        uv_close((uv_handle_t *)&u->turn, NULL);
        uv_close((uv_handle_t *)&u->more, NULL);
        /* until the last handle is closed, which takes one iteration; a request that was left may take for ever */
        uv_run(&u->loop, w->jobs_left ? UV_RUN_NOWAIT : UV_RUN_DEFAULT);
        error = uv_loop_close(&u->loop);
        if (error != UV_EBUSY || !w->jobs_left)
                must(w, "uv_loop_close", error);
}

static void libuv_notify(struct worker *to, struct worker *from)
{
        (void)from;
        must(to, "uv_async_send", uv_async_send(&libuv_of(to)->wake));
}

const struct executor libuv_executor = {
        .worker_bytes = sizeof(struct libuv_worker),
        .open = libuv_open,
        .loop = libuv_loop,
        .close = libuv_close,
        .notify = libuv_notify,
        .timer_start = libuv_timer_start,
        .timer_drop = libuv_timer_drop,
        .watch_start = libuv_watch_start,
        .watch_drop = libuv_watch_drop,
        .pool_open = libuv_pool_open,
        .job_start = libuv_job_start,
        .job_withdraw = libuv_job_withdraw,
};
