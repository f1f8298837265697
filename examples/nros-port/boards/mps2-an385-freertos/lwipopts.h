/* lwIP for the MPS2-AN385 port: sockets, one TCP session, a router on the same link. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS                 0
#define LWIP_SOCKET            1
#define LWIP_TCP               1
#define LWIP_RAND()            ((u32_t) rand())
#define TCPIP_MBOX_SIZE        16
#define TCPIP_THREAD_STACKSIZE 1024
#define TCPIP_THREAD_PRIO      4

#endif
