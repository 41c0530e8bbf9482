/* SPDX-License-Identifier: MIT */
/* Every process that a sample has left behind, whatever it did to hide. */
#ifndef AB_TREE_H
#define AB_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Descendants are found by their parents' ids. The driver is a subreaper, so that a daemon that left its
 * process group and session becomes its child when its parents end. The driver has one sample at a time:
 * all its descendants belong to it. */

/* Make this process the subreaper. 0 or -errno. */
int tree_adopt_orphans(void);

/* Send SIGNAL to every descendant. */
void tree_signal(int signal);

/* Reap what has ended. Is a child of this process still there? */
bool tree_alive(void);

/* Kill and reap every descendant. False when one is still there after two seconds. */
bool tree_kill(void);

/* Kill the processes of this user whose environment has AB_SESSION=NONCE: what a driver that was itself
 * killed could not clean up. Returns how many. */
unsigned tree_kill_session(const char *nonce);

/* What the threads of PID are doing, in a line: "1234 worker S futex_wait_queue; ..." */
void tree_describe(pid_t pid, char *text, size_t bytes);

#endif
