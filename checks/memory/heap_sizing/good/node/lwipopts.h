#define NO_SYS                0
#define TCPIP_THREAD_STACKSIZE  1024
