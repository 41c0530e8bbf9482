/* SPDX-License-Identifier: MIT */
/* A row's server by itself, for whatever client. */
#ifndef AB_SERVE_MAIN_H
#define AB_SERVE_MAIN_H

/* The command `serve` of asyncbench-NAME with its words, see protocol.h. Returns the exit status. */
int serve_main(const char *name, int argc, char **argv);

#endif
