#pragma once

#define NO_SYS 0
#define TCPIP_THREAD_PRIO 4
