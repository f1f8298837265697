#ifndef TX_USER_H
#define TX_USER_H

#define TX_TIMER_TICKS_PER_SECOND 100
#define TX_MAX_PRIORITIES 32

#endif
