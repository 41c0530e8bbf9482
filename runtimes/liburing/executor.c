/* SPDX-License-Identifier: MIT */
/* Row `liburing`: one io_uring per worker; timers, readiness and wake-ups are requests and their completions. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtimes/liburing/ring.h"

/* What a completion carries: the kind of request that it ends (8 bits), and for timers and watches the slot
 * (24) and the generation (32) that was armed there. Each armed request has exactly one completion, so one
 * that does not find its own generation is an error, and none can reach memory that is gone. */
enum request {
        REQUEST_WAKE,    /* the read of the eventfd */
        REQUEST_MESSAGE, /* came from another worker's ring */
        REQUEST_SEND,    /* went to another worker's ring; completes only when it failed */
        REQUEST_CHANGE,  /* update or removal of another request; completes only when it failed */
        REQUEST_TIMER,
        REQUEST_WATCH,
};

enum { SLOTS = 1 << 24 };

struct liburing_slot {
        void *object; /* the timer or watch; NULL: free */
        uint32_t generation;
};

struct liburing_worker {
        struct worker base;
        struct io_uring ring;
        int wake_fd;
        uint64_t wakes; /* what the read of wake_fd fills */
        struct liburing_slot *slots;
        uint32_t slot_count, slot_free; /* slot_free: where to start to look */
};

/* The handle of a timer and of a watch. */
struct liburing_native {
        uint32_t slot;
        struct __kernel_timespec deadline; /* timer: read by the kernel when it takes the request */
};

static struct liburing_worker *liburing_of(struct worker *w)
{
        return (struct liburing_worker *)w;
}

/* liburing returns -errno and leaves errno alone. */
static void must(struct worker *w, const char *call, int result)
{
        if (result < 0)
                run_fail(w->run, "%s: %s", call, strerror(-result));
}

/* ---- requests ------------------------------------------------------------------------------------------- */

static uint64_t data_of(enum request request, uint32_t slot, uint32_t generation)
{
        return (uint64_t)generation << 32 | slot << 8 | request;
}

/* A place for a request; a full submission queue is handed to the kernel first. */
static struct io_uring_sqe *request_new(struct liburing_worker *u)
{
        struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

        if (!sqe) {
                must(&u->base, "io_uring_submit", io_uring_submit(&u->ring));
                sqe = io_uring_get_sqe(&u->ring);
        }
        if (!sqe)
                run_fail(u->base.run, "the submission queue of %d requests stays full", RING_ENTRIES);
        return sqe;
}

/* For requests whose success shows in another completion. */
static void request_quiet(struct io_uring_sqe *sqe, enum request request)
{
        io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
        io_uring_sqe_set_data64(sqe, request);
}

static void slots_grow(struct liburing_worker *u)
{
        uint32_t count = u->slot_count ? 2 * u->slot_count : 16;

        CHECK(u->base.run, count, <=, SLOTS);
        u->slots = realloc(u->slots, count * sizeof(*u->slots));
        if (!u->slots)
                run_fail(u->base.run, "no memory for %u requests", count);
        memset(u->slots + u->slot_count, 0, (count - u->slot_count) * sizeof(*u->slots));
        u->slot_count = count;
}

static uint32_t slot_take(struct liburing_worker *u, void *object)
{
        for (;; slots_grow(u))
                for (; u->slot_free < u->slot_count; u->slot_free++)
                        if (!u->slots[u->slot_free].object) {
                                u->slots[u->slot_free].object = object;
                                return u->slot_free++;
                        }
}

static void slot_release(struct liburing_worker *u, uint32_t slot)
{
        u->slots[slot].object = NULL;
        if (slot < u->slot_free)
                u->slot_free = slot;
}

/* The name under which the request that was last armed in SLOT can be found. */
static uint64_t slot_data(const struct liburing_worker *u, enum request request, uint32_t slot)
{
        return data_of(request, slot, u->slots[slot].generation);
}

/* ---- timers: one timeout request each ------------------------------------------------------------------- */

static struct liburing_native *timer_native(struct timer *t)
{
        _Static_assert(sizeof(struct liburing_native) <= TIMER_NATIVE_BYTES, "timer handle too large");
        return (struct liburing_native *)t->native;
}

static void timer_arm(struct liburing_worker *u, struct timer *t)
{
        struct liburing_native *native = timer_native(t);
        struct io_uring_sqe *sqe = request_new(u);

        u->slots[native->slot].generation++;
        io_uring_prep_timeout(sqe, &native->deadline, 0, IORING_TIMEOUT_ABS);
        io_uring_sqe_set_data64(sqe, slot_data(u, REQUEST_TIMER, native->slot));
}

/* An update that comes too late for the old deadline fails, quietly: timer_completed() sees that the timer is
 * not due. */
static void timer_update(struct liburing_worker *u, struct timer *t)
{
        struct liburing_native *native = timer_native(t);
        struct io_uring_sqe *sqe = request_new(u);

        io_uring_prep_timeout_update(sqe, &native->deadline, slot_data(u, REQUEST_TIMER, native->slot),
                                     IORING_TIMEOUT_ABS);
        request_quiet(sqe, REQUEST_CHANGE);
}

static void liburing_timer_start(struct timer *t, uint64_t after_ns)
{
        struct liburing_worker *u = liburing_of(t->task->worker);
        struct liburing_native *native = timer_native(t);

        (void)after_ns;
        native->deadline = (struct __kernel_timespec){ .tv_sec = (int64_t)(t->deadline_ns / 1000000000),
                                                       .tv_nsec = (int64_t)(t->deadline_ns % 1000000000) };
        if (t->state == SOURCE_IDLE)
                native->slot = slot_take(u, t);
        if (t->state == SOURCE_ARMED)
                timer_update(u, t);
        else
                timer_arm(u, t);
}

/* Over when the timeout's own completion has come, whether it was removed or had expired. */
static enum drop liburing_timer_drop(struct timer *t)
{
        struct liburing_worker *u = liburing_of(t->task->worker);
        uint32_t slot = timer_native(t)->slot;
        struct io_uring_sqe *sqe;

        if (t->state == SOURCE_FIRED) {
                slot_release(u, slot);
                return DROP_DONE;
        }
        sqe = request_new(u);
        io_uring_prep_timeout_remove(sqe, slot_data(u, REQUEST_TIMER, slot), 0);
        request_quiet(sqe, REQUEST_CHANGE);
        return DROP_PENDING;
}

static void timer_completed(struct liburing_worker *u, struct timer *t, int result)
{
        if (t->state == SOURCE_DROPPING) {
                slot_release(u, timer_native(t)->slot);
                timer_dropped(t);
        } else if (result != -ETIME) {
                run_fail(u->base.run, "a timeout ends with: %s", strerror(-result));
        } else if (run_now_ns() < t->deadline_ns) {
                timer_arm(u, t);
        } else {
                timer_fired(t);
        }
}

/* ---- watches: one-shot poll requests -------------------------------------------------------------------- */

static struct liburing_native *watch_native(struct watch *w)
{
        _Static_assert(sizeof(struct liburing_native) <= WATCH_NATIVE_BYTES, "watch handle too large");
        return (struct liburing_native *)w->native;
}

static void liburing_watch_start(struct watch *w)
{
        struct liburing_worker *u = liburing_of(w->task->worker);
        struct liburing_native *native = watch_native(w);
        struct io_uring_sqe *sqe = request_new(u);

        if (w->state == SOURCE_IDLE)
                native->slot = slot_take(u, w);
        u->slots[native->slot].generation++;
        io_uring_prep_poll_add(sqe, w->fd, POLLIN);
        io_uring_sqe_set_data64(sqe, slot_data(u, REQUEST_WATCH, native->slot));
}

static enum drop liburing_watch_drop(struct watch *w)
{
        struct liburing_worker *u = liburing_of(w->task->worker);
        uint32_t slot = watch_native(w)->slot;
        struct io_uring_sqe *sqe;

        if (w->state == SOURCE_FIRED) {
                slot_release(u, slot);
                return DROP_DONE;
        }
        sqe = request_new(u);
        io_uring_prep_poll_remove(sqe, slot_data(u, REQUEST_WATCH, slot));
        request_quiet(sqe, REQUEST_CHANGE);
        return DROP_PENDING;
}

static void watch_ended(struct liburing_worker *u, struct watch *w, int result)
{
        if (w->state == SOURCE_DROPPING) {
                slot_release(u, watch_native(w)->slot);
                watch_dropped(w);
        } else if (result < 0) {
                run_fail(u->base.run, "the poll of descriptor %d: %s", w->fd, strerror(-result));
        } else {
                watch_completed(w);
        }
}

/* ---- waking --------------------------------------------------------------------------------------------- */

/* Not O_NONBLOCK: the read stays armed until there is something to read. */
static void wake_arm(struct liburing_worker *u)
{
        struct io_uring_sqe *sqe = request_new(u);

        io_uring_prep_read(sqe, u->wake_fd, &u->wakes, sizeof(u->wakes), 0);
        io_uring_sqe_set_data64(sqe, REQUEST_WAKE);
}

static void message_send(struct liburing_worker *to, struct liburing_worker *from)
{
        struct io_uring_sqe *sqe = request_new(from);

        io_uring_prep_msg_ring(sqe, to->ring.ring_fd, 0, REQUEST_MESSAGE, 0);
        request_quiet(sqe, REQUEST_SEND);
        must(&from->base, "io_uring_submit of a message", io_uring_submit(&from->ring));
}

/* A ring has a single issuer: whoever has none of his own cannot send. */
static void liburing_notify(struct worker *to, struct worker *from)
{
        uint64_t one = 1;

        if (from)
                message_send(liburing_of(to), liburing_of(from));
        else if (write(liburing_of(to)->wake_fd, &one, sizeof(one)) != sizeof(one))
                run_fail(to->run, "write to the eventfd: %s", strerror(errno));
}

/* ---- the loop ------------------------------------------------------------------------------------------- */

static void *slot_find(struct liburing_worker *u, uint64_t data)
{
        uint32_t slot = (uint32_t)data >> 8;

        CHECK(u->base.run, slot, <, u->slot_count);
        CHECK(u->base.run, u->slots[slot].generation, ==, data >> 32);
        CHECK(u->base.run, u->slots[slot].object != NULL, ==, true);
        return u->slots[slot].object;
}

static void completion(struct liburing_worker *u, uint64_t data, int result)
{
        switch ((enum request)(data & 0xff)) {
        case REQUEST_WAKE:
                must(&u->base, "read of the eventfd", result);
                wake_arm(u);
                break;
        case REQUEST_MESSAGE: /* the inbox is drained at the start of each turn */
                break;
        case REQUEST_SEND:
                must(&u->base, "a message to another ring", result);
                break;
        case REQUEST_CHANGE: /* too late: what it was to change has ended */
                if (result != -ENOENT && result != -EALREADY)
                        must(&u->base, "update or removal of a request", result);
                break;
        case REQUEST_TIMER:
                timer_completed(u, slot_find(u, data), result);
                break;
        case REQUEST_WATCH:
                watch_ended(u, slot_find(u, data), result);
                break;
        }
}

static void completions_drain(struct liburing_worker *u)
{
        struct io_uring_cqe *cqe;
        unsigned head, count = 0;

        if (io_uring_cq_has_overflow(&u->ring))
                run_fail(u->base.run, "more than %d completions at once", RING_COMPLETIONS);
        io_uring_for_each_cqe(&u->ring, head, cqe)
        {
                completion(u, io_uring_cqe_get_data64(cqe), cqe->res);
                count++;
        }
        io_uring_cq_advance(&u->ring, count);
}

/* With DEFER_TASKRUN completions appear only when the kernel is entered to get events, which both calls do. */
static void liburing_loop(struct worker *w)
{
        struct liburing_worker *u = liburing_of(w);
        enum turn turn;

        while ((turn = worker_turn(w)) != TURN_STOP) {
                unsigned requests = io_uring_sq_ready(&u->ring);
                int taken = turn == TURN_MORE ? io_uring_submit_and_get_events(&u->ring)
                                              : io_uring_submit_and_wait(&u->ring, 1);

                if (taken != -EINTR) {
                        must(w, "io_uring_enter", taken);
                        CHECK(w->run, taken, ==, requests);
                }
                completions_drain(u);
        }
}

/* On its worker's own thread, which is its only issuer from now on. */
static int liburing_open(struct worker *w)
{
        struct liburing_worker *u = liburing_of(w);
        int error = ring_open(&u->ring, RING_ENTRIES, RING_COMPLETIONS);

        if (error)
                return error;
        u->wake_fd = eventfd(0, EFD_CLOEXEC);
        if (u->wake_fd < 0) {
                error = -errno;
                io_uring_queue_exit(&u->ring);
                return error;
        }
        if ((u->ring.flags & RING_FLAGS) != RING_FLAGS || !(u->ring.features & IORING_FEAT_NODROP))
                run_fail(w->run, "the ring has flags %#x and features %#x", u->ring.flags, u->ring.features);
        worker_backend(w, "io_uring single-issuer defer-taskrun");
        wake_arm(u);
        return 0;
}

/* The end of the ring takes the armed read back. */
static void liburing_close(struct worker *w)
{
        struct liburing_worker *u = liburing_of(w);

        io_uring_queue_exit(&u->ring);
        close(u->wake_fd);
        free(u->slots);
}

const struct executor liburing_executor = {
        .worker_bytes = sizeof(struct liburing_worker),
        .open = liburing_open,
        .loop = liburing_loop,
        .close = liburing_close,
        .notify = liburing_notify,
        .timer_start = liburing_timer_start,
        .timer_drop = liburing_timer_drop,
        .watch_start = liburing_watch_start,
        .watch_drop = liburing_watch_drop,
};
