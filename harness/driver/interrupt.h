/* SPDX-License-Identifier: MIT */
/* INT, TERM and HUP: the first asks the driver to stop in good order, the second ends it at once. */
#ifndef AB_INTERRUPT_H
#define AB_INTERRUPT_H

#include <signal.h>
#include <sys/types.h>

/* Handle the signals from now on. */
void interrupt_install(void);

/* The signal that has come, or 0. */
int interrupt_pending(void);

/* What the process has to exit with after it: 130 for INT, else 143. */
int interrupt_exit_code(void);

/* Hold the signals back, and put into *OPEN the mask under which ppoll() lets them in. */
void interrupt_block(sigset_t *open);
void interrupt_unblock(const sigset_t *open);

/* The process group that a second signal kills, or 0. */
void interrupt_guard(pid_t group);

#endif
