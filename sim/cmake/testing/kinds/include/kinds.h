#ifndef KINDS_H
#define KINDS_H

/* Whether a library's code has schedule points. */
int inner_is_instrumented(void);
int within_moving_is_instrumented(void);
int fixed_is_instrumented(void);
int pieces_is_instrumented(void);
int linked_is_instrumented(void);
int moving_is_instrumented(void);
int headers_is_instrumented(void);
int chosen_is_instrumented(void);
int built_is_instrumented(void);
int needed_is_instrumented(void);
int made_is_instrumented(void);
int plain_is_instrumented(void);
int plugin_is_instrumented(void);

/* Of `moving`. The mistake: it reads and writes in two steps. */
void count(void);
int counted(void);

#endif
