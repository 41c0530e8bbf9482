/* SPDX-License-Identifier: MIT */
/* INT, TERM and HUP. */
#include "harness/driver/interrupt.h"

#include <unistd.h>

static volatile sig_atomic_t pending, guarded;

static int exit_code(int signal)
{
        return signal == SIGINT ? 130 : 143;
}

static void handle(int signal)
{
        if (pending) {
                if (guarded)
                        kill(-(pid_t)guarded, SIGKILL);
                _exit(exit_code(signal));
        }
        pending = signal;
}

static void signals(sigset_t *set)
{
        sigemptyset(set);
        sigaddset(set, SIGINT);
        sigaddset(set, SIGTERM);
        sigaddset(set, SIGHUP);
}

void interrupt_install(void)
{
        struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };

        signals(&action.sa_mask);
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        sigaction(SIGHUP, &action, NULL);
        signal(SIGPIPE, SIG_IGN);
}

int interrupt_pending(void)
{
        return pending;
}

int interrupt_exit_code(void)
{
        return exit_code(pending);
}

void interrupt_block(sigset_t *open)
{
        sigset_t set;

        signals(&set);
        sigprocmask(SIG_BLOCK, &set, open);
}

void interrupt_unblock(const sigset_t *open)
{
        sigprocmask(SIG_SETMASK, open, NULL);
}

void interrupt_guard(pid_t group)
{
        guarded = group;
}
