#pragma once

#define NO_SYS 0
#define LWIP_SOCKET 1
#define TCPIP_THREAD_STACKSIZE 1024
#define TCPIP_THREAD_PRIO 2
