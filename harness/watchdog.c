/* SPDX-License-Identifier: MIT */
/* The watchdog of a sample: two looks at all threads prove a deadlock. */
#include "harness/watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "harness/look.h"
#include "harness/protocol.h"
#include "harness/run_private.h"

enum {
        TICK_MS = 50,          /* how often it looks */
        QUIET_MS = 100,        /* without progress before the first try at a proof */
        PASS_APART_MS = 20,    /* between two looks of one proof */
        AFTER_WINDOW_MS = 300, /* time for a proof once run_window() has woken */
        THREADS_MAX = 1 << 16,
        EARLY_MAX = 64,
        NAMED_MAX = 8, /* threads that one sentence names */
        TEXT_BYTES = 4096,
        LINE_BYTES = 2 * TEXT_BYTES + 256, /* every character escaped, and the record around it */
};

/* One look at all threads that count. */
struct pass {
        size_t count;   /* in looks[] */
        unsigned rings; /* kernel threads of a ring, left out */
        int error;      /* the list of threads could not be read */
        struct look looks[THREADS_MAX];
};

struct watchdog {
        struct run *run;
        pthread_t thread;
        sem_t stop;
        uint64_t stall_ns;
        uint64_t operations, progress_ns; /* the last sum of the tallies, and when it was new */
        char evidence[TEXT_BYTES];
        char line[LINE_BYTES];
        struct pass first, second;
        pid_t tids[THREADS_MAX];
};

static pid_t early_tids[EARLY_MAX];
static size_t early_count;

static void *does_nothing(void *arg)
{
        return arg;
}

/* TSan starts its own thread with the program's first one. */
static void start_sanitizer_threads(void)
{
        pthread_t thread;

        if (AB_SANITIZE[0] && pthread_create(&thread, NULL, does_nothing, NULL) == 0)
                pthread_join(thread, NULL);
}

void watchdog_note_early_threads(void)
{
        ssize_t n;

        start_sanitizer_threads();
        n = look_list(early_tids, EARLY_MAX);
        early_count = n < 0 ? 0 : n > EARLY_MAX ? EARLY_MAX : (size_t)n;
}

static bool is_early(pid_t tid)
{
        for (size_t i = 0; i < early_count; i++)
                if (early_tids[i] == tid && tid != getpid())
                        return true;
        return false;
}

/* ---- text: no allocation, no lock ---------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3))) say(struct watchdog *w, const char *format, ...)
{
        size_t used = strlen(w->evidence);
        va_list args;

        va_start(args, format);
        vsnprintf(w->evidence + used, sizeof(w->evidence) - used, format, args);
        va_end(args);
}

/* What to call thread I of a pass: what it was named, or its place among those without a name. */
static void say_thread(struct watchdog *w, const struct pass *p, size_t i)
{
        const char *inherited = "";
        size_t place = 1;

        if (p->looks[i].tid == getpid()) {
                say(w, "main");
                return;
        }
        for (size_t j = 0; j < p->count; j++)
                if (p->looks[j].tid == getpid())
                        inherited = p->looks[j].name;
        if (strcmp(p->looks[i].name, inherited) != 0) {
                say(w, "%s", p->looks[i].name);
                return;
        }
        for (size_t j = 0; j < i; j++)
                if (p->looks[j].tid != getpid() && strcmp(p->looks[j].name, inherited) == 0)
                        place++;
        say(w, "thread %zu", place);
}

static void say_call(struct watchdog *w, const struct look *l)
{
        if (l->call)
                say(w, "%s", l->call);
        else if (l->number >= 0)
                say(w, "system call %ld", l->number);
        else
                say(w, "no system call");
}

/* ---- looking -------------------------------------------------------------------------------------------- */

static void pass_take(struct watchdog *w, struct pass *p)
{
        ssize_t n = look_list(w->tids, THREADS_MAX);

        p->count = p->rings = 0;
        p->error = n < 0 ? (int)-n : n > THREADS_MAX ? EOVERFLOW : 0;
        for (ssize_t i = 0; !p->error && i < n; i++) {
                struct look *l = &p->looks[p->count];

                if (w->tids[i] == gettid() || is_early(w->tids[i]))
                        continue;
                look_at(l, w->tids[i]);
                if (l->of_ring)
                        p->rings++;
                else
                        p->count++;
        }
}

/* Is L a worker of the executor, and what is armed there? */
static bool is_worker(struct watchdog *w, const struct look *l, unsigned *armed)
{
        struct run_private *p = w->run->private;
        bool worker = false;

        pthread_mutex_lock(&p->watch_lock);
        if (p->threads.worker)
                worker = p->threads.worker(p->threads.arg, l->tid, armed);
        pthread_mutex_unlock(&p->watch_lock);
        return worker;
}

/* Some libraries sleep for a long time where they mean for ever. */
static bool is_for_ever(struct watchdog *w, const struct look *l)
{
        struct run_private *p = w->run->private;
        unsigned idle_ms;

        pthread_mutex_lock(&p->watch_lock);
        idle_ms = p->threads.idle_wait_ms;
        pthread_mutex_unlock(&p->watch_lock);
        return !l->timed || (idle_ms > 0 && l->timeout_ms >= (int64_t)idle_ms);
}

enum objection { NONE, RUNNING, CALL, TIMED_LOCK, TIMED_LOOP, ARMED, NO_WORKER, UNKNOWN, GONE };

/* What stands against the thread being asleep until another one wakes it? */
static enum objection objection_to(struct watchdog *w, const struct look *l, unsigned *armed)
{
        *armed = 0;
        switch (l->state) {
        case LOOK_GONE:
                return GONE;
        case LOOK_UNKNOWN:
                return UNKNOWN;
        case LOOK_RUNNING:
                return RUNNING;
        case LOOK_OTHER:
                return CALL;
        case LOOK_LOCK:
                return l->timed ? TIMED_LOCK : NONE;
        case LOOK_LOOP:
                break;
        }
        if (!is_worker(w, l, armed))
                return NO_WORKER;
        if (*armed > 0)
                return ARMED;
        return is_for_ever(w, l) ? NONE : TIMED_LOOP;
}

static void say_objection(struct watchdog *w, const struct pass *p, size_t i, enum objection o,
                          unsigned armed)
{
        const struct look *l = &p->looks[i];

        say_thread(w, p, i);
        say(w, o == RUNNING ? " is running" : o == GONE ? " has ended" : " sleeps in ");
        if (o == RUNNING || o == GONE)
                return;
        if (o == UNKNOWN) {
                say(w, "an unknown wait, /proc/self/task/TID/syscall cannot be read here");
                return;
        }
        say_call(w, l);
        if (o == TIMED_LOCK || o == TIMED_LOOP)
                say(w, " with a timeout");
        else if (o == ARMED)
                say(w, " with %u %s armed", armed, armed == 1 ? "timer or watch" : "timers or watches");
        else if (o == NO_WORKER)
                say(w, " and is no worker of the runtime");
}

/* Nothing must stand against any thread of P; else the evidence says what does. */
static bool pass_sleeps(struct watchdog *w, const struct pass *p)
{
        size_t against = 0;
        unsigned armed;

        if (p->error) {
                say(w, "the list of threads cannot be used: %s", strerrordesc_np(p->error));
                return false;
        }
        for (size_t i = 0; i < p->count; i++) {
                enum objection o = objection_to(w, &p->looks[i], &armed);

                if (o == NONE || against++ >= NAMED_MAX)
                        continue;
                say(w, against > 1 ? ", " : "");
                say_objection(w, p, i, o, armed);
        }
        if (against > NAMED_MAX)
                say(w, " and %zu more", against - NAMED_MAX);
        return against == 0;
}

/* A ring's kernel threads may finish what a worker has armed. */
static bool rings_are_idle(struct watchdog *w, const struct pass *p)
{
        for (size_t i = 0; p->rings > 0 && i < p->count; i++) {
                unsigned armed = 0;

                if (is_worker(w, &p->looks[i], &armed) && armed > 0) {
                        say(w, "a kernel thread of ");
                        say_thread(w, p, i);
                        say(w, "'s ring may still finish what is armed");
                        return false;
                }
        }
        return true;
}

static bool passes_agree(struct watchdog *w)
{
        const struct pass *a = &w->first, *b = &w->second;
        size_t i;

        for (i = 0; i < a->count && i < b->count && a->looks[i].tid == b->looks[i].tid; i++)
                if (a->looks[i].switches != b->looks[i].switches) {
                        say_thread(w, b, i);
                        say(w, " ran between two looks");
                        return false;
                }
        if (i == a->count && i == b->count)
                return true;
        say(w, "a thread began or ended between two looks");
        return false;
}

/* ---- the proof -------------------------------------------------------------------------------------------- */

/* Sleep for MS. True when the sample has ended in the meantime. */
static bool stopped_within(struct watchdog *w, unsigned ms)
{
        uint64_t at_ns = run_now_ns() + ms * UINT64_C(1000000);
        struct timespec at = { .tv_sec = (time_t)(at_ns / 1000000000),
                               .tv_nsec = (long)(at_ns % 1000000000) };
        int n;

        do
                n = sem_clockwait(&w->stop, CLOCK_MONOTONIC, &at);
        while (n < 0 && errno == EINTR);
        return n == 0;
}

/* Is the process deadlocked? The evidence then begins with nothing; else with what stands against it. */
static bool is_proved(struct watchdog *w)
{
        w->evidence[0] = '\0';
        pass_take(w, &w->first);
        if (!pass_sleeps(w, &w->first) || !rings_are_idle(w, &w->first))
                return false;
        if (stopped_within(w, PASS_APART_MS)) {
                sem_post(&w->stop); /* for whoever asks next */
                say(w, "the sample has ended");
                return false;
        }
        pass_take(w, &w->second);
        return pass_sleeps(w, &w->second) && rings_are_idle(w, &w->second) && passes_agree(w);
}

static void say_proof(struct watchdog *w)
{
        const struct pass *p = &w->second;

        say(w, "no thread ran for %d ms and none can wake another: ", PASS_APART_MS);
        for (size_t i = 0; i < p->count && i < NAMED_MAX; i++) {
                say(w, i ? ", " : "");
                say_thread(w, p, i);
                if (p->looks[i].state == LOOK_LOOP)
                        say(w, " sleeps in its loop (%s) with nothing armed", p->looks[i].call);
                else
                        say(w, " sleeps in a %s wait without a timeout", p->looks[i].call);
        }
        if (p->count > NAMED_MAX)
                say(w, " and %zu more likewise", p->count - NAMED_MAX);
}

static void say_explanation(struct watchdog *w)
{
        struct run_private *p = w->run->private;
        char text[TEXT_BYTES / 4] = "";

        pthread_mutex_lock(&p->watch_lock);
        if (p->explain)
                p->explain(p->explain_arg, text, sizeof(text));
        pthread_mutex_unlock(&p->watch_lock);
        if (text[0])
                say(w, "; %s", text);
}

/* ---- the verdict ------------------------------------------------------------------------------------------- */

/* TEXT inside quotes, as JSON wants it. Bytes that are no ASCII become '?': half a character may stand
 * at the end. */
static size_t escape(char *to, const char *text)
{
        size_t length = 0;

        for (; *text; text++) {
                if (*text == '"' || *text == '\\')
                        to[length++] = '\\';
                to[length++] = *text >= ' ' && *text <= '~' ? *text : '?';
        }
        return length;
}

/* One write of a line that was put together without malloc. Returns only when another thread is writing
 * a record at this moment, which is no hang. */
static void end_sample(struct watchdog *w, enum outcome outcome, const char *opening)
{
        size_t length;
        ssize_t n;

        length = (size_t)snprintf(w->line, sizeof(w->line),
                                  "{\"record\":\"outcome\",\"outcome\":\"%s\",\"evidence\":\"%s",
                                  outcome_word(outcome), opening);
        length += escape(w->line + length, w->evidence);
        memcpy(w->line + length, "\"}\n", 3);
        length += 3;
        if (pthread_mutex_trylock(&w->run->private->line_lock))
                return;
        n = write(w->run->private->fd, w->line, length);
        _exit(n == (ssize_t)length ? PROTOCOL_MEASURED : PROTOCOL_CHECK_FAILED);
}

static bool has_progress(struct watchdog *w)
{
        uint64_t operations = run_operations(w->run);
        uint64_t since_ns = atomic_load(&w->run->private->ready_at_ns);

        if (since_ns > w->progress_ns)
                w->progress_ns = since_ns;
        if (operations == w->operations)
                return false;
        w->operations = operations;
        w->progress_ns = run_now_ns();
        return true;
}

static bool is_stalled(const struct watchdog *w)
{
        uint64_t now_ns = run_now_ns();
        uint64_t window_end_ns = atomic_load(&w->run->private->window_end_ns);

        return now_ns - w->progress_ns >= w->stall_ns &&
               now_ns >= window_end_ns + AFTER_WINDOW_MS * UINT64_C(1000000);
}

static void judge(struct watchdog *w)
{
        char opening[128];

        if (has_progress(w) || run_now_ns() - w->progress_ns < QUIET_MS * UINT64_C(1000000))
                return;
        if (is_proved(w)) {
                say_proof(w);
                say_explanation(w);
                end_sample(w, OUTCOME_DEADLOCK, "");
        } else if (!has_progress(w) && is_stalled(w)) {
                snprintf(opening, sizeof(opening),
                         "no operation finished for %llu ms and a deadlock is not proved: ",
                         (unsigned long long)w->stall_ns / 1000000);
                say_explanation(w);
                end_sample(w, OUTCOME_STALLED, opening);
        }
}

static void *watchdog_main(void *arg)
{
        struct watchdog *w = arg;

        pthread_setname_np(pthread_self(), "watchdog");
        while (!stopped_within(w, TICK_MS))
                judge(w);
        return NULL;
}

/* Memory that is not malloc's and costs nothing until a thread is looked at. */
struct watchdog *watchdog_start(struct run *run)
{
        struct watchdog *w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        int error;

        if (w == MAP_FAILED)
                run_fail(run, "no memory for the watchdog: %s", strerror(errno));
        w->run = run;
        w->stall_ns = run_param(run, "stall_ms") * 1000000;
        w->progress_ns = run_now_ns();
        sem_init(&w->stop, 0, 0);
        error = pthread_create(&w->thread, NULL, watchdog_main, w);
        if (error)
                run_fail(run, "cannot start the watchdog: %s", strerror(error));
        return w;
}

void watchdog_stop(struct watchdog *w)
{
        sem_post(&w->stop);
        pthread_join(w->thread, NULL);
        sem_destroy(&w->stop);
        munmap(w, sizeof(*w));
}
