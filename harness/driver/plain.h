/* SPDX-License-Identifier: MIT */
/* Text from elsewhere made fit for a terminal, for JSON and for CSV. */
#ifndef AB_PLAIN_H
#define AB_PLAIN_H

/* Replace in TEXT what is neither printable ASCII nor a line end by '?'. */
static inline void plain_text(char *text)
{
        for (; *text; text++)
                if ((*text < ' ' || *text > '~') && *text != '\n')
                        *text = '?';
}

#endif
